"""Erase a writer: text and personal data go, the totals stay and the books still reconcile."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, and_, bindparam, delete, exists, func, or_, select, update

from letters.books import locks
from letters.books.changes import apply
from letters.books.happenings import Happening
from letters.notices.post import NOTICE_EVERY, Purpose
from letters.receipts import consent
from letters.states import FINAL, NOT_LEFT, Cause, State
from letters.storage.batch import fetch, given, run_with, text_at
from letters.storage.database import Database
from letters.storage.identity import new_id
from letters.storage.schema import (
    NOTICE_IS_KEPT,
    answer,
    attempt,
    event,
    history,
    letter,
    notice,
    repeat,
    submission,
    writing,
)

_OVERLAP: Final = timedelta(minutes=1)
_AT_ONCE: Final = 5_000
_ENDED: Final = [str(state) for state in (*FINAL, State.ACCEPTED, State.DEFERRED)]

_GIVEN: Final = select(text_at(0))
_LETTERS: Final = select(letter.c.id, letter.c.state).where(letter.c.submission_id.in_(_GIVEN))
_ERASE_WORDS: Final = tuple(
    update(table)
    .where(table.c.letter_id.in_(_GIVEN), table.c.detail.is_not(None))
    .values(detail=None)
    for table in (attempt, event, history)
)
# Over all that is given at once, and only where there is something to erase: a row that is written
# anew costs more than one that is read.
_ERASE_LETTERS: Final = (
    update(writing)
    .where(
        writing.c.letter_id.in_(_GIVEN),
        func.coalesce(
            writing.c.writer_key,
            writing.c.to_name,
            writing.c.to_email,
            writing.c.subject,
            writing.c.body,
        ).is_not(None),
    )
    .values(writer_key=None, to_name=None, to_email=None, subject=None, body=None),
    update(answer)
    .where(answer.c.letter_id.in_(_GIVEN), answer.c.digest.is_not(None))
    .values(digest=None),
    # Whoever erases and writes again brings no further mail on the address in the same day.
    update(notice).where(notice.c.letter_id.in_(_GIVEN)).values(purpose=str(Purpose.ERASED)),
    *_ERASE_WORDS,
)
_DROP_REPEATS: Final = delete(repeat).where(repeat.c.submission_id.in_(_GIVEN))
_ERASE_SUBMISSIONS: Final = (
    update(submission)
    .where(submission.c.id.in_(_GIVEN))
    .values(
        address=None,
        name=None,
        email=None,
        postcode=None,
        reason=None,
        points=[],
        opt_in_wording=None,
        opt_in_at=None,
        opt_in_ended_at=None,
        token_id=submission.c.id,  # its form may bring something new
        remind_at=None,
        erased_at=bindparam("now", type_=submission.c.erased_at.type),
        erased_on_wish=bindparam("is_wish", type_=submission.c.erased_on_wish.type),
    )
)


class StillLeaving(Exception):
    """A letter of this submission is leaving at this moment; ask again in a minute."""


def erase(connection: Connection, submission_id: str, now: datetime) -> None:
    """Withdraw what has not left, then erase a submission everywhere.

    Raises StillLeaving while a letter or notice is being sent.
    """
    erase_all(connection, [submission_id], now)


def erase_all(
    connection: Connection, submission_ids: Sequence[str], now: datetime, *, is_wish: bool = True
) -> None:
    """Erase several submissions at once: all of them, or none.

    Where it is somebody's wish, their consents end with it; where their time here is over, whoever
    was told of a consent may go by it.
    """
    theirs = given([i] for i in submission_ids)
    locks.take(connection, letters=[row[0] for row in fetch(connection, _LETTERS, theirs)])
    # Asked again: an answer that was being taken has added its relay, and from now on none can.
    rows = fetch(connection, _LETTERS, theirs)
    if any(state == State.SENDING for _, state in rows):
        raise StillLeaving
    apply(connection, [Happening(i, Cause.CANCEL, now) for i, s in rows if State(s) in NOT_LEFT])
    letters = given([i] for i, _ in rows)
    for statement in _ERASE_LETTERS:
        run_with(connection, statement, letters)
    locks.take(connection, submissions=submission_ids)
    for submission_id in submission_ids if is_wish else ():
        if not is_erased(connection, submission_id):
            consent.take_back(connection, submission_id, now)
    run_with(connection, _DROP_REPEATS, theirs)
    connection.execute(_ERASE_SUBMISSIONS, {**theirs, "now": now, "is_wish": is_wish})


def erase_notices(connection: Connection, notice_ids: Sequence[str]) -> None:
    """Erase what notices said and to whom, and what was said of them."""
    connection.execute(
        update(writing)
        .where(writing.c.letter_id.in_(notice_ids))
        .values(to_email=None, subject=None, body=None)
    )
    connection.execute(
        update(notice).where(notice.c.letter_id.in_(notice_ids)).values(address=None)
    )
    letters = given([i] for i in notice_ids)
    for statement in _ERASE_WORDS:
        run_with(connection, statement, letters)


def due(connection: Connection, before: datetime, most: int) -> list[str]:
    """Return submissions whose every letter came to its last state before `before`."""
    # Of a letter that has left no news may ever come: silence for as long is an end too. A notice
    # is none of the letters; it only has to have left. A mailing may stay paused for ever, and what
    # waits of it is withdrawn.
    unfinished = (
        exists()
        .where(letter.c.submission_id == submission.c.id)
        .where(
            or_(
                letter.c.state == str(State.SENDING),
                and_(letter.c.state == str(State.QUEUED), letter.c.mailing_id.is_(None)),
                and_(
                    letter.c.kind == "letter",
                    or_(letter.c.state.not_in(_ENDED), letter.c.state_at >= before),
                ),
            )
        )
    )
    return list(
        connection.execute(
            select(submission.c.id)
            .where(
                submission.c.erased_at.is_(None), submission.c.submitted_at < before, ~unfinished
            )
            .order_by(submission.c.submitted_at)
            .limit(most)
        ).scalars()
    )


def due_notices(connection: Connection, now: datetime, keep: timedelta, most: int) -> list[str]:
    """Return notices that nothing keeps any more.

    Those to organisers, sign-in links among them, are kept for `keep`; what is left of those about
    erased submissions counts for a day.
    """
    notice_is = notice.c.purpose
    return list(
        connection.execute(
            select(notice.c.letter_id)
            .select_from(notice.join(letter))
            .where(
                NOTICE_IS_KEPT,
                or_(
                    and_(
                        notice_is != str(Purpose.ERASED),
                        notice.c.letter_id < new_id(now - keep)[:12],
                    ),
                    and_(
                        notice_is == str(Purpose.ERASED),
                        notice.c.letter_id < new_id(now - NOTICE_EVERY)[:12],
                    ),
                ),
                letter.c.state.not_in([str(State.QUEUED), str(State.SENDING)]),
            )
            .order_by(notice.c.letter_id)
            .limit(most)
        ).scalars()
    )


def is_erased(connection: Connection, submission_id: str) -> bool | None:
    """Tell whether a submission is erased; None: there is no such submission."""
    found: bool | None = connection.execute(
        select(submission.c.erased_at.is_not(None)).where(submission.c.id == submission_id)
    ).scalar()
    return found


@dataclass(frozen=True, slots=True)
class Erased:
    """Who was erased on a wish."""

    submission_ids: tuple[str, ...]
    until: datetime
    """Nobody was erased later than this, as far as it was looked."""


def erased(connection: Connection, since: datetime, keep: timedelta) -> Erased:
    """Return who was erased on a wish since a moment.

    Whoever's time to be kept was over would be erased again by themselves. Of those who were erased
    before it was kept which it was, these are the ones who had been here for `keep`.
    """
    at = submission.c.erased_at
    until = connection.execute(select(func.max(at)).where(at > since)).scalar() or since
    rows = connection.execute(
        select(submission.c.id, submission.c.submitted_at, at, submission.c.erased_on_wish)
        # An erasure that began earlier may end later.
        .where(at > since - _OVERLAP, submission.c.erased_on_wish.is_not(False))
        .order_by(at)
        .execution_options(yield_per=_AT_ONCE)
    )
    return Erased(
        tuple(i for i, submitted_at, at, is_wish in rows if is_wish or at - submitted_at < keep),
        until,
    )


def forget_pages(database: Database) -> None:
    """Let SQLite overwrite what its write-ahead log still holds of erased rows."""
    if database.is_sqlite:
        with database.engine.connect() as connection:
            raw = connection.connection.driver_connection
            if raw is not None:
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
