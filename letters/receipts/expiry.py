"""Let letters expire: not confirmed, not decided about or not sent in time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select, update

from letters.books.changes import apply
from letters.books.happenings import Happening
from letters.campaign import Status
from letters.receipts import successors
from letters.states import NOT_LEFT, Cause, State
from letters.storage.schema import campaign, is_in, letter, tally, target, writing

CONFIRM_WITHIN: Final = timedelta(days=7)
_MOST: Final = 1_000


def due(connection: Connection, keep: timedelta, now: datetime) -> list[str]:
    """Return letters whose time is over; what waits for a person does so for `keep` at most."""
    return [
        *_unconfirmed(connection, now),
        *_over(connection, now),
        *_forgotten(connection, now - keep),
        *successors.undecided(connection, now, _MOST),
    ]


def expire(connection: Connection, letter_ids: Sequence[str], now: datetime) -> int:
    """Let letters expire; return how many did. What never left may be written anew."""
    changes = apply(connection, [Happening(i, Cause.EXPIRE, now) for i in letter_ids])
    expired = [c.letter_id for c in changes if c.after is State.EXPIRED]
    connection.execute(
        update(writing).where(writing.c.letter_id.in_(expired)).values(writer_key=None)
    )
    return len(changes)


def next_end(connection: Connection, now: datetime) -> datetime | None:
    """Return when the next campaign is over, on whose minute what waits expires; None: never."""
    ends = select(func.min(campaign.c.ends_at)).where(campaign.c.ends_at > now)
    return connection.execute(ends).scalar()


def _unconfirmed(connection: Connection, now: datetime) -> list[str]:
    return list(
        connection.execute(
            select(letter.c.id)
            .where(is_in(State.UNCONFIRMED), letter.c.state_at < now - CONFIRM_WITHIN)
            .limit(_MOST)
        ).scalars()
    )


def _forgotten(connection: Connection, before: datetime) -> list[str]:
    """Find letters that nobody has decided about: else their writers would be kept for ever."""
    waits = is_in(State.HELD) | (
        is_in(State.QUEUED)
        & campaign.c.status.in_([str(status) for status in (Status.PAUSED, Status.DRAFT)])
    )
    return list(
        connection.execute(
            select(letter.c.id)
            .select_from(letter.join(campaign))
            .where(waits, letter.c.kind == "letter", letter.c.state_at < before)
            .limit(_MOST)
        ).scalars()
    )


def _over(connection: Connection, now: datetime) -> list[str]:
    """Find what has not left of campaigns that are over.

    The tallies say where there is any: a join would look at every letter of them, in each sweep.
    """
    left_over = connection.execute(
        select(target.c.campaign_id, tally.c.state)
        .select_from(tally.join(target).join(campaign))
        .where(
            campaign.c.ends_at <= now,
            tally.c.state.in_([str(state) for state in NOT_LEFT]),
            tally.c.letters > 0,
        )
        .distinct()
    ).all()
    found: list[str] = []
    for campaign_id, state in left_over:
        found += connection.execute(
            select(letter.c.id)
            .where(
                letter.c.campaign_id == campaign_id,
                letter.c.state == state,
                letter.c.kind == "letter",
            )
            .order_by(letter.c.state_at)
            .limit(_MOST)
        ).scalars()
    return found[:_MOST]
