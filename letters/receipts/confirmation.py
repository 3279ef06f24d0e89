"""Take a writer's yes: it covers what was shown, and nothing else."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from letters.books import locks
from letters.books.changes import Happening, apply
from letters.receipts.receipt import UnknownSubmission
from letters.states import Cause, State
from letters.storage.schema import is_in, letter, submission, writing
from letters.tokens import digest


class ChangedSince(Exception):
    """What the yes would set in motion is not what was shown: it has to be shown anew."""


def seen(connection: Connection, submission_id: str) -> str:
    """Return what tells whether all that a yes sets in motion is still as it was shown.

    Texts, subjects, the name that signs, the address that is answered, the postcode, the consent.
    Raises UnknownSubmission.
    """
    rows = connection.execute(
        select(letter.c.id, letter.c.target_id, writing.c.subject, writing.c.body)
        .select_from(letter.join(writing))
        .where(letter.c.submission_id == submission_id, is_in(State.UNCONFIRMED))
        .order_by(letter.c.id)
    ).all()
    head = connection.execute(
        select(
            submission.c.name,
            submission.c.email,
            submission.c.postcode,
            submission.c.opt_in_wording,
        ).where(submission.c.id == submission_id, submission.c.erased_at.is_(None))
    ).first()
    if head is None:
        raise UnknownSubmission
    shown = [*head, *(value for row in rows for value in row)]
    return digest("\0".join("" if value is None else str(value) for value in shown))


def confirm(connection: Connection, submission_id: str, was_seen: str, now: datetime) -> None:
    """Confirm the writer's address: every letter that waited for it is queued.

    Raises ChangedSince where `was_seen`, by :func:`seen`, is not what it would be now.
    """
    of_it = select(letter.c.id).where(
        letter.c.submission_id == submission_id, letter.c.kind == "letter"
    )
    ids = connection.execute(of_it).scalars().all()
    locks.take(connection, letters=ids)  # whoever changes a text has to have them
    if was_seen != seen(connection, submission_id):
        raise ChangedSince
    apply(connection, [Happening(i, Cause.CONFIRM, now) for i in ids])
    locks.take(connection, submissions=[submission_id])
    connection.execute(
        update(submission)
        .where(submission.c.id == submission_id, submission.c.confirmed_at.is_(None))
        .values(confirmed_at=now, remind_at=None)
    )
