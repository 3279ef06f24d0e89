"""Keep mailings: one text to many, released by an organiser and delivered in steps by the sweep.

An update or an outcome is written at the desk; an office's one answer to everybody comes by its own
page. What they say goes out as a notice to each, which belongs to the mailing.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from letters.books import locks
from letters.record import Actor, Deed, record
from letters.states import State
from letters.storage.identity import new_id
from letters.storage.schema import letter, mailing
from letters.tokens import digest


class UnknownMailing(Exception):
    """The campaign has no such mailing, or none in the state that this needs."""


class ChangedSince(Exception):
    """The draft is not the one that was shown."""


class Sort(StrEnum):
    """What a mailing is."""

    UPDATE = "update"
    """News of the campaign while it goes on."""
    OUTCOME = "outcome"
    """How it ended."""
    ANSWER = "answer"
    """An office's one answer to everybody who wrote to it."""


class Audience(StrEnum):
    """Whom it is for."""

    WRITERS = "writers"
    """Those who wrote, and whose address is theirs for sure."""
    NEWS = "news"
    """Those who agreed to hear more."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A mailing as an organiser writes it."""

    sort: Sort
    audience: Audience
    subject: str
    text: str
    includes_later: bool
    """Who joins later gets it too."""

    @property
    def seen(self) -> str:
        """Return what tells whether this is still what was shown."""
        said = [self.sort, self.audience, str(self.includes_later), self.subject, self.text]
        return digest("\0".join(said))


@dataclass(frozen=True, slots=True)
class Mailing:
    """A mailing as it is kept."""

    id: str
    campaign_id: int
    draft: Draft
    target_id: int | None
    """Of an office's answer, whose it is."""
    written_at: datetime
    released_at: datetime | None
    paused_at: datetime | None
    done_at: datetime | None
    """When everybody had been given it; None: there may be more to come."""


def find(connection: Connection, campaign_id: int, mailing_id: str) -> Mailing:
    """Return a campaign's mailing; raise UnknownMailing."""
    row = connection.execute(
        select(mailing).where(mailing.c.id == mailing_id, mailing.c.campaign_id == campaign_id)
    ).first()
    if row is None:
        raise UnknownMailing(mailing_id)
    return read(row)


def of_campaign(connection: Connection, campaign_id: int) -> list[Mailing]:
    """Return a campaign's mailings, the newest first."""
    wanted = select(mailing).where(mailing.c.campaign_id == campaign_id)
    return [read(row) for row in connection.execute(wanted.order_by(mailing.c.id.desc()))]


def read(row: Row[*tuple[object, ...]]) -> Mailing:
    """Return the mailing that a row keeps."""
    return Mailing(
        row.id,
        row.campaign_id,
        Draft(
            Sort(row.sort), Audience(row.audience), row.subject, row.text or "", row.includes_later
        ),
        row.target_id,
        row.written_at,
        row.released_at,
        row.paused_at,
        row.done_at,
    )


def counts(connection: Connection, mailing_ids: Collection[str]) -> dict[str, Counter[State]]:
    """Return how many notices of each mailing are in each state."""
    found: dict[str, Counter[State]] = {i: Counter() for i in mailing_ids}
    for mailing_id, state, number in connection.execute(
        select(letter.c.mailing_id, letter.c.state, func.count())
        .where(letter.c.mailing_id.in_(mailing_ids))
        .group_by(letter.c.mailing_id, letter.c.state)
    ):
        found[mailing_id][State(state)] = number
    return found


def keep(
    connection: Connection, campaign_id: int, mailing_id: str | None, draft: Draft, now: datetime
) -> str:
    """Keep a draft, in place of another if one is named; return its id. Raises UnknownMailing."""
    written = {
        "sort": str(draft.sort),
        "audience": str(draft.audience),
        "subject": draft.subject,
        "text": draft.text,
        "includes_later": draft.includes_later,
    }
    if mailing_id is None:
        mailing_id = new_id(now)
        connection.execute(
            insert(mailing).values(
                id=mailing_id, campaign_id=campaign_id, written_at=now, **written
            )
        )
        return mailing_id
    _lock(connection, campaign_id)
    changed = connection.execute(
        update(mailing)
        .where(
            mailing.c.id == mailing_id,
            mailing.c.campaign_id == campaign_id,
            mailing.c.released_at.is_(None),
        )
        .values(**written)
    )
    if not changed.rowcount:
        raise UnknownMailing(mailing_id)
    return mailing_id


def throw_away(connection: Connection, campaign_id: int, mailing_id: str) -> None:
    """Delete a draft; raise UnknownMailing."""
    _lock(connection, campaign_id)
    gone = connection.execute(
        delete(mailing).where(
            mailing.c.id == mailing_id,
            mailing.c.campaign_id == campaign_id,
            mailing.c.released_at.is_(None),
        )
    )
    if not gone.rowcount:
        raise UnknownMailing(mailing_id)


def release(
    connection: Connection, campaign_id: int, mailing_id: str, seen: str, now: datetime, by: Actor
) -> None:
    """Let a draft go to everybody it is for; raise UnknownMailing.

    Raises ChangedSince where `seen`, of the draft that was shown, is not this one's.
    """
    _lock(connection, campaign_id)
    found = find(connection, campaign_id, mailing_id)
    if found.released_at is not None:
        raise UnknownMailing(mailing_id)
    if found.draft.seen != seen:
        raise ChangedSince
    connection.execute(update(mailing).where(mailing.c.id == mailing_id).values(released_at=now))
    detail = f"{mailing_id}: {found.draft.sort}, {found.draft.audience}"
    record(connection, Deed.UPDATE_SENT, now, by=by, campaign_id=campaign_id, detail=detail)


def pause(
    connection: Connection, campaign_id: int, mailing_id: str, now: datetime, by: Actor
) -> None:
    """Let nothing more of a mailing leave, until it is resumed; raise UnknownMailing."""
    _change(connection, campaign_id, mailing_id, mailing.c.paused_at.is_(None), paused_at=now)
    deed = Deed.UPDATE_PAUSED
    record(connection, deed, now, by=by, campaign_id=campaign_id, detail=mailing_id)


def resume(
    connection: Connection, campaign_id: int, mailing_id: str, now: datetime, by: Actor
) -> None:
    """Let a paused mailing go on; raise UnknownMailing."""
    _change(connection, campaign_id, mailing_id, mailing.c.paused_at.is_not(None), paused_at=None)
    deed = Deed.UPDATE_RESUMED
    record(connection, deed, now, by=by, campaign_id=campaign_id, detail=mailing_id)


def leave_out_later(
    connection: Connection, campaign_id: int, mailing_id: str, now: datetime, by: Actor
) -> None:
    """Give a mailing to nobody who joins from now on; raise UnknownMailing."""
    _change(
        connection,
        campaign_id,
        mailing_id,
        mailing.c.includes_later & mailing.c.done_at.is_(None),
        includes_later=False,
    )
    deed = Deed.UPDATE_CLOSED
    record(connection, deed, now, by=by, campaign_id=campaign_id, detail=mailing_id)


def _change(
    connection: Connection,
    campaign_id: int,
    mailing_id: str,
    where: ColumnElement[bool],
    **values: object,
) -> None:
    _lock(connection, campaign_id)
    changed = connection.execute(
        update(mailing)
        .where(
            mailing.c.id == mailing_id,
            mailing.c.campaign_id == campaign_id,
            mailing.c.released_at.is_not(None),
            where,
        )
        .values(**values)
    )
    if not changed.rowcount:
        raise UnknownMailing(mailing_id)


def _lock(connection: Connection, campaign_id: int) -> None:
    """Wait for whoever changes, delivers or ends something of this campaign's mailings."""
    locks.take(connection, campaigns=[campaign_id])
