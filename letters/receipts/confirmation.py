"""Take a writer's yes: it covers what was shown, and nothing else."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select, update

from letters.books import locks
from letters.books.changes import apply
from letters.books.happenings import Happening
from letters.receipts.receipt import Receipt, UnknownSubmission
from letters.states import Cause, State
from letters.storage.schema import is_in, letter, submission, target, writing
from letters.tokens import digest


class ChangedSince(Exception):
    """What the yes would set in motion is not what was shown: it has to be shown anew."""


def seen_on(shown: Receipt) -> str:
    """Return what tells whether all that a yes sets in motion is still as it is shown here.

    Texts, subjects, whom they go to, the name that signs, the address that is answered, the
    postcode, the consent.
    """
    head = (shown.name, shown.email, shown.postcode, shown.opt_in_wording)
    waiting = sorted(
        (each.id, each.target.email, each.subject, each.text)
        for each in shown.letters
        if each.state is State.UNCONFIRMED
    )
    return _digest(head, waiting)


def _digest(head: Iterable[str | None], letters: Iterable[Iterable[str | None]]) -> str:
    everything = [*head, *(value for each in letters for value in each)]
    return digest("\0".join(value or "" for value in everything))


def seen(connection: Connection, submission_id: str) -> str:
    """Return what :func:`seen_on` would, of the books as they are; raise UnknownSubmission."""
    rows = connection.execute(
        select(letter.c.id, target.c.email, writing.c.subject, writing.c.body)
        .select_from(letter.join(writing).join(target))
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
    return _digest(tuple(head), [tuple(row) for row in rows])


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
