"""Give and take back the consent that a campaign asks for, with its wording and its moment."""

from datetime import datetime

from sqlalchemy import Connection, Row, select, update

from letters.books import locks
from letters.campaigns import store
from letters.receipts.receipt import UnknownSubmission
from letters.storage.schema import campaign, letter, submission
from letters.webhooks import outbox


class NothingAsked(Exception):
    """The campaign asks for no consent."""


def give(connection: Connection, submission_id: str, now: datetime) -> None:
    """Record a consent, which its giver gives on the receipt; nothing where it stands already.

    Raises UnknownSubmission, or NothingAsked.
    """
    head = _head(connection, submission_id)
    wording = store.find(connection, head.slug).campaign.opt_in
    if not wording:
        raise NothingAsked
    if head.opt_in_wording is not None and (head.opt_in_at or head.confirmed_at):
        return
    connection.execute(
        update(submission)
        .where(submission.c.id == submission_id)
        .values(opt_in_wording=wording, opt_in_at=now, opt_in_ended_at=None)
    )
    outbox.tell_of_consent(
        connection, head.campaign_id, submission_id, _first_letter(connection, submission_id), now
    )


def take_back(connection: Connection, submission_id: str, now: datetime) -> None:
    """Take a consent back; nothing where there is none. Raises UnknownSubmission."""
    head = _head(connection, submission_id)
    if head.opt_in_wording is None:
        return
    connection.execute(
        update(submission)
        .where(submission.c.id == submission_id)
        .values(opt_in_wording=None, opt_in_at=None, opt_in_ended_at=now)
    )
    outbox.tell_of_withdrawal(
        connection,
        head.campaign_id,
        submission_id,
        _first_letter(connection, submission_id),
        now,
        given_at=head.opt_in_at or head.submitted_at,
    )


def _head(connection: Connection, submission_id: str) -> Row[*tuple[object, ...]]:
    locks.take(connection, submissions=[submission_id])
    found = connection.execute(
        select(submission, campaign.c.slug)
        .select_from(submission.join(campaign))
        .where(submission.c.id == submission_id, submission.c.erased_at.is_(None))
    ).first()
    if found is None:
        raise UnknownSubmission
    return found


def _first_letter(connection: Connection, submission_id: str) -> str:
    first: str = connection.execute(
        select(letter.c.id)
        .where(letter.c.submission_id == submission_id, letter.c.kind == "letter")
        .order_by(letter.c.id)
        .limit(1)
    ).scalar_one()
    return first
