"""Erase a writer: text and personal data go, the totals stay and the books still reconcile."""

from datetime import datetime

from sqlalchemy import Connection, exists, or_, select, update

from letters.states import FINAL, NOT_LEFT, Cause, State
from letters.storage.changes import Happening, apply
from letters.storage.database import Database
from letters.storage.schema import attempt, event, history, letter, submission, writing


class StillLeaving(Exception):
    """A letter of this submission is leaving at this moment; ask again in a minute."""


def erase(connection: Connection, submission_id: str, now: datetime) -> None:
    """Withdraw what has not left, then erase a submission everywhere.

    Raises StillLeaving while a letter or notice is being sent.
    """
    rows = connection.execute(
        select(letter.c.id, letter.c.state, letter.c.kind)
        .where(letter.c.submission_id == submission_id)
        .order_by(letter.c.id)
        .with_for_update()
    ).all()
    if any(row.state == State.SENDING for row in rows):
        raise StillLeaving
    ids = [row.id for row in rows]
    apply(
        connection,
        [Happening(row.id, Cause.CANCEL, now) for row in rows if State(row.state) in NOT_LEFT],
    )
    connection.execute(
        update(writing)
        .where(writing.c.letter_id.in_(ids))
        .values(once=None, to_name=None, to_email=None, subject=None, body=None)
    )
    for table in (attempt, event, history):
        connection.execute(update(table).where(table.c.letter_id.in_(ids)).values(detail=None))
    connection.execute(
        update(submission)
        .where(submission.c.id == submission_id)
        .values(
            address=None,
            name=None,
            email=None,
            postcode=None,
            reason=None,
            points=[],
            opt_in_wording=None,
            erased_at=now,
        )
    )


def due(connection: Connection, before: datetime, most: int) -> list[str]:
    """Return submissions whose every letter came to its last state before `before`."""
    unfinished = (
        exists()
        .where(letter.c.submission_id == submission.c.id)
        .where(or_(letter.c.state.not_in([str(s) for s in FINAL]), letter.c.state_at >= before))
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


def forget_pages(database: Database) -> None:
    """Let SQLite overwrite what its write-ahead log still holds of erased rows."""
    if database.is_sqlite:
        with database.engine.connect() as connection:
            raw = connection.connection.driver_connection
            if raw is not None:
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
