"""Keep look-up tables, which turn a postcode into areas: constituencies, districts, wards.

Boundaries change on a day. So a table of one name may be there several times, each from a day on,
and the latest that has begun counts.

A table is written in many short transactions, so that nobody who writes a letter waits for it, and
counts from the one that makes it current.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from letters.campaigns.area_pages import Directory, areas_on, names_on
from letters.record import COMMAND_LINE, Actor, Deed, record
from letters.storage.database import Database
from letters.storage.schema import area_page, area_table
from letters.text.postcodes import Postcode

_PAGES_TOGETHER: Final = 64
_CUT_SHORT_AFTER: Final = timedelta(hours=6)
ALWAYS: Final = date.min
"""From when a table counts that says no day."""

# Built once: to look a postcode up takes less time than to build its statement.
_BEGUN: Final = (
    select(area_table.c.id, area_table.c.starts)
    .where(
        area_table.c.name == bindparam("table"),
        area_table.c.loaded_at.is_not(None),
        area_table.c.starts <= bindparam("day"),
    )
    .order_by(area_table.c.starts.desc())
    .limit(1)
)
_PAGE: Final = (
    select(area_page.c.content)
    .where(area_page.c.table_id == bindparam("id"), area_page.c.first <= bindparam("code"))
    .order_by(area_page.c.first.desc())
    .limit(1)
)


class UnknownTable(Exception):
    """There is no look-up table of this name."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a look-up table says about a postcode on a day."""

    areas: tuple[str, ...]
    """None: it does not know the postcode."""
    starts: date | None
    """Since when the table that was asked counts. None: none had begun on that day."""


@dataclass(frozen=True, slots=True)
class AreaTable:
    """A table as it is kept."""

    name: str
    starts: date
    postcodes: int
    areas: int


def write(database: Database, name: str, starts: date, directory: Directory, now: datetime) -> int:
    """Write a table beside the current ones; return its id. It counts for nobody yet.

    Raises StorageUnavailable; what was written then stays behind, and `clear` takes it away.
    """
    with database.write() as connection:
        table_id: int = connection.execute(
            insert(area_table)
            .values(name=name, starts=starts, began_at=now, areas=len(directory.names), postcodes=0)
            .returning(area_table.c.id)
        ).scalar_one()
    pages, postcodes = directory.pages(), 0
    while some := list(islice(pages, _PAGES_TOGETHER)):
        with database.write() as connection:
            connection.execute(
                insert(area_page),
                [{"table_id": table_id, "first": p.first, "content": p.content} for p in some],
            )
        postcodes += sum(page.postcodes for page in some)
    with database.write() as connection:
        connection.execute(
            update(area_table).where(area_table.c.id == table_id).values(postcodes=postcodes)
        )
    return table_id


def make_current(
    connection: Connection, table_id: int, now: datetime, by: Actor = COMMAND_LINE
) -> AreaTable:
    """Let a table count, in the place of one of its name that began on the same day."""
    row = connection.execute(select(area_table).where(area_table.c.id == table_id)).one()
    connection.execute(
        update(area_table)
        .where(area_table.c.name == row.name, area_table.c.starts == row.starts)
        .values(loaded_at=None, began_at=now - _CUT_SHORT_AFTER)
        .where(area_table.c.loaded_at.is_not(None))
    )
    connection.execute(update(area_table).where(area_table.c.id == table_id).values(loaded_at=now))
    since = "" if row.starts == ALWAYS else f" from {row.starts}"
    detail = f"{row.name}{since}: {row.postcodes} postcodes"
    record(connection, Deed.AREAS, now, by=by, detail=detail)
    return AreaTable(row.name, row.starts, row.postcodes, row.areas)


def clear(database: Database, now: datetime) -> None:
    """Take away what counts no more, and what was cut short. Raises StorageUnavailable."""
    with database.read() as connection:
        gone = connection.execute(
            select(area_table.c.id).where(
                area_table.c.loaded_at.is_(None),
                area_table.c.began_at <= now - _CUT_SHORT_AFTER,
            )
        ).scalars()
        ids = list(gone)
    for table_id in ids:
        while _clear_some(database, table_id):
            pass
        with database.write() as connection:
            connection.execute(delete(area_table).where(area_table.c.id == table_id))


def _clear_some(database: Database, table_id: int) -> bool:
    with database.write() as connection:
        firsts = list(
            connection.execute(
                select(area_page.c.first)
                .where(area_page.c.table_id == table_id)
                .limit(_PAGES_TOGETHER)
            ).scalars()
        )
        connection.execute(
            delete(area_page).where(area_page.c.table_id == table_id, area_page.c.first.in_(firsts))
        )
    return bool(firsts)


def find(connection: Connection, name: str, postcode: str, on: date) -> Found:
    """Return the areas of a postcode on a day; raise UnknownTable.

    A table may know a postcode as a whole or only its ZIP code or district; the whole goes first.
    """
    row = connection.execute(_BEGUN, {"table": name, "day": on}).first()
    if row is None:
        if not exists(connection, name):
            raise UnknownTable(name)
        return Found((), None)
    for code in Postcode.typed(postcode).wider:
        content = connection.execute(_PAGE, {"id": row.id, "code": code.encode()}).scalar()
        areas = areas_on(content, code) if content and code else ()
        if areas:
            return Found(areas, row.starts)
    return Found((), row.starts)


def exists(connection: Connection, name: str) -> bool:
    """Tell whether there is a look-up table of this name, from whatever day on."""
    return bool(
        connection.execute(
            select(func.count())
            .select_from(area_table)
            .where(area_table.c.name == name, area_table.c.loaded_at.is_not(None))
        ).scalar()
    )


def names(connection: Connection) -> list[str]:
    """Return the names of all look-up tables."""
    return list(
        connection.execute(
            select(area_table.c.name)
            .where(area_table.c.loaded_at.is_not(None))
            .distinct()
            .order_by(area_table.c.name)
        ).scalars()
    )


def all_areas(connection: Connection, name: str) -> list[str]:
    """Return all areas that the tables of a name have, from whatever day on; reads every page."""
    contents = connection.execute(
        select(area_page.c.content)
        .join(area_table)
        .where(area_table.c.name == name, area_table.c.loaded_at.is_not(None))
    ).scalars()
    return sorted({area for content in contents for area in names_on(content)})
