"""Sweep: find in the database what a crash, a lost wake-up or the calendar left behind."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, delete, exists, or_, select, update

from letters import addressees, erasure
from letters.campaign import ResendUnknown
from letters.settings import Settings
from letters.states import NOT_LEFT, Cause, State
from letters.storage.campaigns import hold, pacing_of
from letters.storage.changes import Happening, apply
from letters.storage.claims import LEAD
from letters.storage.database import Database
from letters.storage.due import next_due
from letters.storage.schema import (
    HAS_QUEUED,
    account,
    campaign,
    is_in,
    letter,
    target,
    throttle,
    writing,
)
from worker.notify import notify

CONFIRM_WITHIN: Final = timedelta(days=7)
_SLACK: Final = timedelta(seconds=20)
_A_DAY: Final = timedelta(days=1)  # the longest period of a limit
_MOST: Final = 1_000
_MOST_ERASED: Final = 100
_MOST_RESENDS: Final = 3
_COUNT_RESEND: Final = (
    update(letter).where(letter.c.id == bindparam("letter_id")).values(resends=letter.c.resends + 1)
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found."""

    due_at: datetime | None
    """When the next letter may leave; None: none waits."""
    found: int
    """How many letters changed their state."""


def sweep(database: Database, settings: Settings, now: datetime) -> Swept:
    """Put right what nobody else will. Raises StorageUnavailable."""
    with database.read() as connection:
        happenings = [
            *_abandoned(connection, settings, now),
            *_unconfirmed(connection, now),
            *_over(connection, now),
            *_proven_lost(connection, settings, now),
            *_undecided(connection, now),
        ]
        left_office = _left_office(connection, now)
        keep = timedelta(days=settings.retention_days)
        old = erasure.due(connection, now - keep, _MOST_ERASED)
        old_notices = erasure.due_notices(connection, now, keep, _MOST)
        is_stale = bool(
            connection.execute(select(exists().where(throttle.c.at < now - _A_DAY))).scalar()
        )
        due_at = next_due(connection, now)
    if old or old_notices or is_stale:
        with database.write() as connection:
            for submission_id in old:
                erasure.erase(connection, submission_id, now)
            erasure.erase_notices(connection, old_notices)
            connection.execute(delete(throttle).where(throttle.c.at < now - _A_DAY))
        erasure.forget_pages(database)
        if old:
            _log.info("erased %d submissions whose time to be kept was over", len(old))
    if happenings or left_office:
        with database.write() as connection:
            changes = apply(connection, happenings)
            again = [{"letter_id": c.letter_id} for c in changes if c.cause is Cause.AGAIN]
            if again:
                connection.execute(_COUNT_RESEND, again)
            expired = [c.letter_id for c in changes if c.after is State.EXPIRED]
            # What never left may be written anew.
            connection.execute(
                update(writing).where(writing.c.letter_id.in_(expired)).values(once=None)
            )
            for target_id in left_office:
                hold(connection, target_id, now)
        if changes:
            _log.info("swept %d letters", len(changes))
        notify(database, settings, now)
        return Swept(now, len(changes))
    return Swept(now if notify(database, settings, now) else due_at, 0)


def _abandoned(connection: Connection, settings: Settings, now: datetime) -> list[Happening]:
    """Find claims whose worker must be dead: no request takes so long."""
    patience = timedelta(seconds=settings.send_timeout_seconds) + LEAD + _SLACK
    rows = connection.execute(
        select(letter.c.id, letter.c.attempt_id)
        .where(is_in(State.SENDING), letter.c.state_at < now - patience)
        .limit(_MOST)
    )
    return [
        Happening(i, Cause.LOST, now, attempt_id, "its worker stopped") for i, attempt_id in rows
    ]


def _unconfirmed(connection: Connection, now: datetime) -> list[Happening]:
    ids = connection.execute(
        select(letter.c.id)
        .where(is_in(State.UNCONFIRMED), letter.c.state_at < now - CONFIRM_WITHIN)
        .limit(_MOST)
    ).scalars()
    return [Happening(i, Cause.EXPIRE, now) for i in ids]


def _over(connection: Connection, now: datetime) -> list[Happening]:
    ids = connection.execute(
        select(letter.c.id)
        .select_from(letter.join(campaign))
        .where(
            campaign.c.ends_at <= now,
            letter.c.kind == "letter",
            letter.c.state.in_([str(state) for state in NOT_LEFT]),
        )
        .limit(_MOST)
    ).scalars()
    return [Happening(i, Cause.EXPIRE, now) for i in ids]


def _undecided(connection: Connection, now: datetime) -> list[Happening]:
    return [Happening(i, Cause.EXPIRE, now) for i in addressees.undecided(connection, now, _MOST)]


def _left_office(connection: Connection, now: datetime) -> list[int]:
    return list(
        connection.execute(
            select(target.c.id).where(
                HAS_QUEUED,
                or_(
                    target.c.valid_before <= now,
                    target.c.withdrawn,
                    target.c.held_reason.is_not(None),
                ),
            )
        ).scalars()
    )


def _proven_lost(connection: Connection, settings: Settings, now: datetime) -> list[Happening]:
    """Find unknown letters that may go again.

    Their campaign asks for it, the grace is over, and events of later sends have come in since, so
    that an event of theirs would have come too.
    """
    events_until = connection.execute(select(account.c.events_until)).scalar()
    if events_until is None:
        return []
    grace = timedelta(seconds=settings.unknown_grace_seconds)
    rows = connection.execute(
        select(letter.c.id, letter.c.resends, campaign.c.definition, writing.c.body.is_(None))
        .select_from(letter.join(campaign).join(writing))
        .where(
            letter.c.kind == "letter",
            is_in(State.UNKNOWN),
            letter.c.state_at < now - grace,
            letter.c.state_at < events_until,
        )
        .limit(_MOST)
    )
    return [
        Happening(
            i,
            # Of an erased letter nothing is left that could go again.
            Cause.GIVE_UP if is_erased or resends >= _MOST_RESENDS else Cause.AGAIN,
            now,
            detail="events of later letters came, and none of this one",
        )
        for i, resends, definition, is_erased in rows
        if pacing_of(definition).resend_unknown is ResendUnknown.WHEN_PROVEN
    ]
