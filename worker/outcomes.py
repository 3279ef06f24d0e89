"""Record what became of requests: letters, attempts, slots and the account, in one transaction."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, update

from letters.states import Cause
from letters.storage import account
from letters.storage.batch import given, text_at
from letters.storage.changes import Happening, apply, lock
from letters.storage.claims import Claim, settle_slots
from letters.storage.schema import attempt
from worker.sendgrid import Answer, Outcome

_CAUSES: Final = {
    Answer.TAKEN: Cause.TAKEN,
    Answer.SLOW_DOWN: Cause.NOT_TAKEN,
    Answer.KEY_REFUSED: Cause.NOT_TAKEN,
    Answer.UNREACHABLE: Cause.NOT_TAKEN,
    Answer.REFUSED: Cause.REFUSED,
    Answer.UNKNOWN: Cause.LOST,
}

_END_ATTEMPTS: Final = (
    update(attempt)
    .where(attempt.c.id == text_at(0))
    .values(
        ended_at=bindparam("now", type_=attempt.c.ended_at.type),
        outcome=text_at(1),
        detail=text_at(2),
    )
)

GIVEN_BACK: Final = "given back"
"""The detail of a claim whose request was never begun: its time had passed, or we had to stop."""


def record(
    connection: Connection, outcomes: Sequence[tuple[Claim, Outcome]], now: datetime
) -> None:
    """Record outcomes. Safe to repeat: what was recorded already changes nothing."""
    left = [
        (claim.slot, outcome.left_at)
        for claim, outcome in outcomes
        if claim.slot is not None and outcome.left_at is not None
    ]
    if left:  # targets come after letters and before tallies
        lock(connection, [claim.letter_id for claim, _ in outcomes])
        settle_slots(connection, left)
    apply(
        connection,
        [
            Happening(
                claim.letter_id,
                _CAUSES[outcome.answer],
                now,
                claim.attempt_id,
                outcome.detail,
            )
            for claim, outcome in outcomes
        ],
    )
    ended = given(
        (claim.attempt_id, outcome.answer.name.lower(), outcome.detail)
        for claim, outcome in outcomes
    )
    connection.execute(_END_ATTEMPTS, {**ended, "now": now})
    _tell_account(connection, outcomes, now)


def _tell_account(
    connection: Connection, outcomes: Sequence[tuple[Claim, Outcome]], now: datetime
) -> None:
    if any(outcome.answer is Answer.TAKEN for _, outcome in outcomes):
        account.recover(connection)
    for claim, outcome in outcomes:
        words = outcome.detail or ""
        match outcome.answer:
            case Answer.SLOW_DOWN:
                account.wait_until(connection, now + timedelta(seconds=outcome.wait_seconds))
            case Answer.KEY_REFUSED:
                account.refuse(connection, words, now)
            case Answer.UNREACHABLE if words != GIVEN_BACK:
                account.back_off(
                    connection,
                    words,
                    now,
                    probe=claim.is_probe,
                    jitter=random.random(),  # noqa: S311 - spreads workers, guards nothing
                )
            case _:
                pass
