"""Record what became of requests: letters, attempts, slots and the account, in one transaction."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, update

from letters.books.changes import Taken, apply
from letters.books.happenings import Happening
from letters.offices import mailbox
from letters.reasons import Reason
from letters.sending import gate, taken
from letters.sending.claiming.claimed import Claim
from letters.sending.claiming.paced import settle_slots
from letters.states import Cause
from letters.storage.batch import given, moment_of, run_with, text_at, written
from letters.storage.schema import attempt


class Answer(StrEnum):
    """What became of a request."""

    TAKEN = "taken"
    SLOW_DOWN = "slow_down"
    """Not taken; nobody may send for a while."""
    KEY_REFUSED = "key_refused"
    """Not taken; our key or our account is refused, and not this letter."""
    UNREACHABLE = "unreachable"
    """Not taken; the request never left."""
    GIVEN_BACK = "given_back"
    """Not taken; the request was never begun: its time had passed, or we had to stop."""
    REFUSED = "refused"
    """Not taken, and never will be."""
    UNKNOWN = "unknown"
    """It left, and may have been taken."""


@dataclass(frozen=True)  # no slots: without them it goes from process to process in half the time
class Outcome:
    """The answer to one request."""

    answer: Answer
    left_at: datetime | None
    """When the request left; None: it certainly did not."""
    detail: str | None = None
    """SendGrid's own words."""
    wait_seconds: float = 0.0
    reason: Reason | None = None


_CAUSES: Final = {
    Answer.TAKEN: Cause.TAKEN,
    Answer.SLOW_DOWN: Cause.NOT_TAKEN,
    Answer.KEY_REFUSED: Cause.NOT_TAKEN,
    Answer.UNREACHABLE: Cause.NOT_TAKEN,
    Answer.GIVEN_BACK: Cause.NOT_TAKEN,
    Answer.REFUSED: Cause.REFUSED,
    Answer.UNKNOWN: Cause.LOST,
}

_END_ATTEMPTS: Final = (
    update(attempt)
    .where(attempt.c.id == text_at(0))
    .values(
        ended_at=moment_of("now"),
        outcome=text_at(1),
        reason=text_at(2),
        detail=text_at(3),
    )
)


def record(
    connection: Connection, outcomes: Sequence[tuple[Claim, Outcome]], now: datetime
) -> None:
    """Record outcomes. Safe to repeat: what was recorded of letters already changes nothing.

    The account hears of it again, and may wait longer, or open sooner, by one answer.
    """
    left = [
        (claim.slot, outcome.left_at)
        for claim, outcome in outcomes
        if claim.slot is not None and outcome.left_at is not None
    ]
    happenings = [
        Happening(
            claim.letter_id,
            _CAUSES[outcome.answer],
            now,
            claim.attempt_id,
            outcome.detail,
            outcome.reason,
        )
        for claim, outcome in outcomes
    ]
    offices = {slot.office_id for slot, _ in left}
    sitting = mailbox.targets_at(connection, offices)
    erased: set[str] = set()

    def note_erased(it: Taken) -> list[Happening]:
        erased.update(it.erased)
        return []

    changes = apply(connection, happenings, offices=offices, targets=sitting, then=note_erased)
    settle_slots(connection, left)
    taken.forget(connection, changes)
    ended = given(
        (
            claim.attempt_id,
            outcome.answer,
            outcome.reason,
            None if claim.letter_id in erased else outcome.detail,
        )
        for claim, outcome in outcomes
    )
    run_with(connection, _END_ATTEMPTS, {**ended, "now": written(now)})
    _tell_account(connection, outcomes, now)


def _tell_account(
    connection: Connection, outcomes: Sequence[tuple[Claim, Outcome]], now: datetime
) -> None:
    if any(outcome.answer is Answer.TAKEN for _, outcome in outcomes):
        gate.recover(connection)
    for claim, outcome in outcomes:
        match outcome.answer:
            case Answer.SLOW_DOWN:
                gate.wait_until(connection, now + timedelta(seconds=outcome.wait_seconds))
            case Answer.KEY_REFUSED:
                gate.refuse(connection, outcome.detail or "", now, outcome.reason)
            case Answer.UNREACHABLE:
                gate.back_off(
                    connection,
                    outcome.reason or Reason.BROKEN,
                    now,
                    probe=claim.is_probe,
                    jitter=random.random(),  # noqa: S311 - spreads workers, guards nothing
                )
            case _:
                pass
