"""Enter new submissions into the books: rows, counters and first notices, in few statements."""

from collections.abc import Sequence
from typing import Final, TypeAlias

from sqlalchemy import Connection, select, update

from letters.books.counts import count_new
from letters.intake.arrival import Arrival, Known
from letters.notices.post import NOTICE_EVERY, Purpose
from letters.notices.reminders import REMIND_AFTER
from letters.states import NOT_ARRIVED, State
from letters.storage.batch import given, text_at
from letters.storage.identity import new_id
from letters.storage.new_rows import NewRows
from letters.storage.schema import letter, writing
from letters.submission import Draft

NewLetter: TypeAlias = tuple[int, State, bool]
"""What there is to count of a new letter: its target, its state, whether it goes in a digest."""
_FREE: Final = (
    update(writing)
    .where(
        writing.c.writer_key.in_(select(text_at(0))),
        writing.c.letter_id.in_(select(letter.c.id).where(letter.c.state.in_(sorted(NOT_ARRIVED)))),
    )
    .values(writer_key=None)
)


def enter(connection: Connection, fresh: Sequence[Known]) -> None:
    """Enter new submissions with those letters that are free, and the notices that may go."""
    # Last: every writer to one target waits for its row and its tally until the commit.
    count_new(connection, store(connection, fresh))


def store(connection: Connection, fresh: Sequence[Known]) -> list[NewLetter]:
    """Store what is to be entered; return what is still to be counted."""
    rows = NewRows()
    # Tokens and keys are unique: in one order everywhere, no two processes wait for each other.
    for known in sorted(fresh, key=lambda known: known.arrival.key):
        _add_submission(rows, known.arrival, is_mailed=known.may_be_mailed)
    letters = (
        (known.arrival.letter_key(draft.target_id), known.arrival, draft)
        for known in fresh
        for draft in known.free
    )
    counted = [
        add_letter(rows, key, arrival, draft, arrival.id)
        for key, arrival, draft in sorted(letters, key=lambda each: each[0])
    ]
    free_keys(connection, [key for known in fresh for key in known.ended])
    rows.store(connection)
    return counted


def free_keys(connection: Connection, keys: Sequence[str]) -> None:
    """Let letters be written anew in whose way only letters stand that ended without arriving."""
    if keys:
        connection.execute(_FREE, given([key] for key in sorted(keys)))


def _add_submission(rows: NewRows, arrival: Arrival, *, is_mailed: bool) -> None:
    stored, new, now = arrival.stored, arrival.new, arrival.now
    remind_at = None
    if arrival.must_confirm:
        # Where this post may bring no mail, the link comes when it may.
        remind_at = now + (REMIND_AFTER if is_mailed else NOTICE_EVERY)
    rows.add_submission(
        arrival.id,
        campaign_id=stored.id,
        token_id=arrival.key,
        address=arrival.address,
        name=new.name,
        email=new.email,
        postcode=new.postcode or None,
        reason=new.reason or None,
        points=new.points,
        personal_share=new.personal_share,
        source=new.source or None,
        opt_in_wording=arrival.opt_in_wording,
        submitted_at=now,
        remind_at=remind_at,
    )
    if is_mailed:
        rows.add_notice(
            new_id(now),
            campaign_id=stored.id,
            submission_id=arrival.id,
            at=now,
            to_email=new.email,
            subject=arrival.notice.subject,
            body=arrival.notice.body,
            purpose=Purpose.LINK,
            address=arrival.known_as,
        )


def add_letter(
    rows: NewRows, key: str, arrival: Arrival, draft: Draft, submission_id: str
) -> NewLetter:
    """Add a letter; return what there is to count."""
    state = arrival.first_state(draft.target_id)
    is_identical = draft.target_id in arrival.identical
    rows.add_letter(
        new_id(arrival.now),
        campaign_id=arrival.stored.id,
        target_id=draft.target_id,
        submission_id=submission_id,
        state=state,
        at=arrival.now,
        goes_together=is_identical,
        writer_key=key,
        subject=draft.subject,
        body=draft.text,
    )
    return draft.target_id, state, is_identical
