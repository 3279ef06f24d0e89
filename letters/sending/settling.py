"""Take a person's word about a letter that nobody else can decide about."""

from collections.abc import Set as AbstractSet
from datetime import datetime
from enum import Enum, StrEnum, auto
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, select

from letters.books import locks
from letters.books.changes import apply
from letters.books.happenings import Happening
from letters.books.together import WITH_COMPANIONS
from letters.campaigns import store, targets
from letters.reasons import Reason
from letters.record import COMMAND_LINE, Actor, Deed, record
from letters.sending import taken
from letters.sending.claiming.relays import IS_SETTLED
from letters.states import Cause, State
from letters.storage.batch import fetch, given
from letters.storage.schema import letter, writing


class Doubt(Enum):
    """Why a letter cannot be decided about."""

    NO_LETTER = auto()
    """There is none with this id."""
    NOT_IN_STATE = auto()
    """It is in `state`, so that there is nothing to decide."""
    ERASED = auto()
    """Its text has been erased, so that it cannot be sent again."""
    SEEN_EARLIER = auto()
    """It has been sent since by another attempt than the one that was looked at."""


class CannotSettle(Exception):
    """The letter is not in a state to be decided about. The doors say why."""

    def __init__(self, doubt: Doubt, state: State | None = None) -> None:
        super().__init__(doubt.name)
        self.doubt, self.state = doubt, state


class Word(StrEnum):
    """What a person says of an unknown letter."""

    SENT = "sent"
    AGAIN = "again"
    FAILED = "failed"


_CAUSES: Final = MappingProxyType(
    {Word.SENT: Cause.TAKEN, Word.AGAIN: Cause.AGAIN, Word.FAILED: Cause.GIVE_UP}
)


AGAIN_FROM: Final = frozenset({State.FAILED, State.DROPPED, State.BOUNCED})
"""What a person can queue once more."""


def settle(
    connection: Connection,
    letter_id: str,
    word: Word,
    now: datetime,
    by: Actor = COMMAND_LINE,
    *,
    seen: str | None = None,
) -> None:
    """Settle an unknown letter; raise CannotSettle.

    `seen` is the latest attempt that was looked at, empty where there was none: a word on what was
    seen before somebody else's would send it twice. None: whoever speaks looks at this moment.
    """
    campaign_id = _decide(connection, letter_id, {State.UNKNOWN}, _CAUSES[word], now, seen)
    detail = f"{letter_id}: {word}"
    record(connection, Deed.DECIDED, now, by=by, campaign_id=campaign_id, detail=detail)


def again(
    connection: Connection,
    letter_id: str,
    now: datetime,
    by: Actor = COMMAND_LINE,
    *,
    seen: str | None = None,
) -> None:
    """Queue a letter once more that failed, was dropped or bounced; raise CannotSettle.

    `seen` is as for :func:`settle`.
    """
    campaign_id = _decide(connection, letter_id, AGAIN_FROM, Cause.AGAIN, now, seen)
    detail = f"{letter_id}: queue-again"
    record(connection, Deed.DECIDED, now, by=by, campaign_id=campaign_id, detail=detail)


def again_to(
    connection: Connection, slug: str, email: str, now: datetime, by: Actor = COMMAND_LINE
) -> int:
    """Queue once more all letters to a target that failed, were dropped or bounced.

    Returns how many are queued: what has been erased is not. Raises UnknownCampaign and
    CannotDecide.
    """
    found = targets.find(connection, slug, email)
    ids = connection.execute(
        select(letter.c.id)
        .select_from(letter.join(writing))
        .where(
            letter.c.target_id == found.id,
            letter.c.state.in_([str(state) for state in AGAIN_FROM]),
            writing.c.body.is_not(None),
        )
    ).scalars()
    changes = apply(
        connection,
        [Happening(i, Cause.AGAIN, now, reason=Reason.PERSONS_WORD) for i in ids],
    )
    queued = sum(change.cause is Cause.AGAIN for change in changes)
    campaign_id = store.find(connection, slug).id
    detail = f"{found.target.email}: queue-again ({queued})"
    record(connection, Deed.DECIDED, now, by=by, campaign_id=campaign_id, detail=detail)
    return queued


def _decide(
    connection: Connection,
    letter_id: str,
    wanted: AbstractSet[State],
    cause: Cause,
    now: datetime,
    seen: str | None,
) -> int:
    latest = select(letter.c.attempt_id).where(letter.c.id == letter_id)
    before = connection.execute(latest).scalar()
    together = fetch(connection, WITH_COMPANIONS, given([(letter_id, None)]))
    locks.take(connection, letters=[row[0] for row in together])
    row = connection.execute(
        select(letter.c.state, letter.c.attempt_id, letter.c.campaign_id, writing.c.body)
        .select_from(letter.join(writing))
        .where(letter.c.id == letter_id, IS_SETTLED)
    ).first()
    if row is None:
        raise CannotSettle(Doubt.NO_LETTER)
    if row.state not in wanted:
        raise CannotSettle(Doubt.NOT_IN_STATE, State(row.state))
    if row.attempt_id != before or (seen is not None and seen != (before or "")):
        raise CannotSettle(Doubt.SEEN_EARLIER)
    if row.body is None and cause is Cause.AGAIN:
        raise CannotSettle(Doubt.ERASED)
    happening = Happening(letter_id, cause, now, reason=Reason.PERSONS_WORD)
    taken.forget(connection, apply(connection, [happening]))
    campaign_id: int = row.campaign_id
    return campaign_id


def campaign_of(connection: Connection, letter_id: str) -> int | None:
    """Return the id of the campaign that a letter belongs to; None: there is no such letter."""
    found: int | None = connection.execute(
        select(letter.c.campaign_id).where(letter.c.id == letter_id, IS_SETTLED)
    ).scalar()
    return found
