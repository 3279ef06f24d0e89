"""Keep what somebody typed about a campaign that cannot be stored as one yet."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from letters.storage.identity import new_id
from letters.storage.schema import unfinished

Fields = list[tuple[str, str]]
"""A form as posted: names and what was typed, in order."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Something begun and not finished."""

    id: str
    title: str
    fields: Fields
    kept_at: datetime


def keep(
    connection: Connection,
    organiser_id: int,
    unfinished_id: str,
    title: str,
    fields: Fields,
    now: datetime,
) -> str:
    """Keep what was typed in place of what was kept under `unfinished_id`; return its id."""
    values = {"title": title, "fields": [list(pair) for pair in fields], "kept_at": now}
    kept = connection.execute(
        update(unfinished)
        .where(unfinished.c.id == unfinished_id, unfinished.c.organiser_id == organiser_id)
        .values(**values)
    )
    if kept.rowcount:
        return unfinished_id
    made = new_id(now)
    connection.execute(insert(unfinished).values(id=made, organiser_id=organiser_id, **values))
    return made


def find(connection: Connection, organiser_id: int, unfinished_id: str) -> Unfinished | None:
    """Return what somebody began, if it is theirs."""
    found = [one for one in of_organiser(connection, organiser_id) if one.id == unfinished_id]
    return found[0] if found else None


def of_organiser(connection: Connection, organiser_id: int) -> list[Unfinished]:
    """Return what somebody began, the latest first."""
    rows = connection.execute(
        select(unfinished)
        .where(unfinished.c.organiser_id == organiser_id)
        .order_by(unfinished.c.kept_at.desc(), unfinished.c.id)
    )
    return [
        Unfinished(row.id, row.title, [(name, text) for name, text in row.fields], row.kept_at)
        for row in rows
    ]


def drop(connection: Connection, organiser_id: int, unfinished_id: str) -> None:
    """Forget what somebody began."""
    connection.execute(
        delete(unfinished).where(
            unfinished.c.id == unfinished_id, unfinished.c.organiser_id == organiser_id
        )
    )
