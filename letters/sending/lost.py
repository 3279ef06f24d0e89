"""Find what a crash left behind, and letters whose fate stays unknown."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, select, true, update

from letters.books.changes import apply
from letters.books.happenings import Happening
from letters.campaign import ResendUnknown
from letters.campaigns.kept import pacing_of
from letters.reasons import Reason
from letters.sending.claiming.claimed import LEAD
from letters.sending.claiming.relays import IS_SETTLED
from letters.settings import Settings
from letters.states import Cause, State
from letters.storage.schema import account, campaign, is_in, letter, writing

_SLACK: Final = timedelta(seconds=20)
_MOST: Final = 1_000
_MOST_RESENDS: Final = 3
_COUNT_RESEND: Final = (
    update(letter).where(letter.c.id == bindparam("letter_id")).values(resends=letter.c.resends + 1)
)


def find(connection: Connection, settings: Settings, now: datetime) -> list[Happening]:
    """Return what happens to claims of dead workers, and to unknown letters that may go again."""
    return [*_abandoned(connection, settings, now), *_proven_lost(connection, settings, now)]


def settle(connection: Connection, happenings: Sequence[Happening]) -> int:
    """Let it happen; return how many letters changed."""
    changes = apply(connection, happenings)
    again = [{"letter_id": c.letter_id} for c in changes if c.cause is Cause.AGAIN]
    if again:
        connection.execute(_COUNT_RESEND, again)
    return len(changes)


def _abandoned(connection: Connection, settings: Settings, now: datetime) -> list[Happening]:
    """Find claims whose worker must be dead: no request takes so long."""
    patience = timedelta(seconds=settings.send_timeout_seconds) + LEAD + _SLACK
    rows = connection.execute(
        select(letter.c.id, letter.c.attempt_id)
        .where(is_in(State.SENDING), letter.c.state_at < now - patience)
        .limit(_MOST)
    )
    return [
        Happening(i, Cause.LOST, now, attempt_id, reason=Reason.WORKER_STOPPED)
        for i, attempt_id in rows
    ]


def _proven_lost(connection: Connection, settings: Settings, now: datetime) -> list[Happening]:
    """Find unknown letters that may go again.

    Their campaign asks for it, the grace is over, and events of later sends have come in since, so
    that an event of theirs would have come too. Of what was there when a backup was put back it may
    have come before that, and is forgotten.
    """
    events_until, restored_at = connection.execute(
        select(account.c.events_until, account.c.restored_at)
    ).one()
    if events_until is None:
        return []
    is_our_own = true() if restored_at is None else letter.c.state_at > restored_at
    grace = timedelta(seconds=settings.unknown_grace_seconds)
    rows = connection.execute(
        select(letter.c.id, letter.c.resends, campaign.c.definition, writing.c.body.is_(None))
        .select_from(letter.join(campaign).join(writing))
        .where(
            IS_SETTLED,
            is_in(State.UNKNOWN),
            is_our_own,
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
            reason=Reason.NO_NEWS,
        )
        for i, resends, definition, is_erased in rows
        if pacing_of(definition).resend_unknown is ResendUnknown.WHEN_PROVEN
    ]
