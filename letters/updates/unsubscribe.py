"""End updates for somebody: at once, also what waits to be sent, and for good.

Who wants no more is kept as a keyed hash of the address, so that the wish outlives an erasure.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from letters.books import locks
from letters.books.changes import apply
from letters.books.happenings import Happening
from letters.notices.post import Purpose, names
from letters.receipts import consent
from letters.record import WRITER, Deed, record
from letters.states import Cause, State
from letters.storage.schema import (
    campaign,
    is_in,
    letter,
    notice,
    submission,
    unsubscribed,
    writing,
)
from letters.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands to the updates of a campaign."""

    slug: str
    is_stopped: bool


def stopped(connection: Connection, campaign_id: int) -> frozenset[str]:
    """Return the names of those who want no more updates of a campaign."""
    wanted = select(unsubscribed.c.address).where(unsubscribed.c.campaign_id == campaign_id)
    return frozenset(connection.execute(wanted).scalars())


def look(connection: Connection, tokens: Tokens, submission_id: str) -> Standing | None:
    """Return how a submission's writer stands; None: nothing is kept of them."""
    head = _head(connection, submission_id)
    if head is None:
        return None
    campaign_id, email, _address, slug = head
    gone = stopped(connection, campaign_id)
    return Standing(slug, not gone.isdisjoint(names(tokens, email)))


def stop(
    connection: Connection,
    tokens: Tokens,
    submission_id: str,
    now: datetime,
    deed: Deed = Deed.UPDATES_STOPPED,
) -> None:
    """Let nobody get more updates who wrote with a submission's address in its campaign.

    What waits for them is withdrawn, and a consent to hear more ends with it. Nothing happens where
    nothing is kept of the writer.
    """
    head = _head(connection, submission_id)
    if head is None:
        return
    campaign_id, email, address, _slug = head
    # Whoever delivers a mailing holds it too: what it queues is seen here, or is not queued.
    locks.take(connection, campaigns=[campaign_id])
    theirs = list(
        connection.execute(
            select(submission.c.id)
            .where(submission.c.campaign_id == campaign_id, submission.c.address == address)
            .order_by(submission.c.id)
        ).scalars()
    )
    waiting = connection.execute(
        select(letter.c.id)
        .select_from(letter.join(notice))
        .where(
            letter.c.submission_id.in_(theirs),
            is_in(State.QUEUED),
            notice.c.purpose == str(Purpose.UPDATE),
        )
    ).scalars()
    changes = apply(connection, [Happening(i, Cause.CANCEL, now) for i in waiting])
    connection.execute(
        update(writing)
        .where(writing.c.letter_id.in_([change.letter_id for change in changes]))
        .values(subject=None, body=None)
    )
    for each in theirs:
        _take_consent_back(connection, each, now)
    gone = stopped(connection, campaign_id)
    name, *older = names(tokens, email)
    if gone.isdisjoint([name, *older]):
        connection.execute(
            insert(unsubscribed).values(campaign_id=campaign_id, address=name, at=now)
        )
        record(connection, deed, now, by=WRITER, campaign_id=campaign_id)


def resume(connection: Connection, tokens: Tokens, submission_id: str, now: datetime) -> None:
    """Let a submission's writer get updates again; a consent that was taken back stays so."""
    head = _head(connection, submission_id)
    if head is None:
        return
    campaign_id, email, _address, _slug = head
    locks.take(connection, campaigns=[campaign_id])
    gone = connection.execute(
        delete(unsubscribed).where(
            unsubscribed.c.campaign_id == campaign_id,
            unsubscribed.c.address.in_(names(tokens, email)),
        )
    )
    if gone.rowcount:
        record(connection, Deed.UPDATES_WANTED, now, by=WRITER, campaign_id=campaign_id)


def _take_consent_back(connection: Connection, submission_id: str, now: datetime) -> None:
    consents = select(submission.c.opt_in_wording).where(submission.c.id == submission_id)
    if connection.execute(consents).scalar() is not None:
        consent.take_back(connection, submission_id, now)


def _head(connection: Connection, submission_id: str) -> tuple[int, str, str, str] | None:
    row = connection.execute(
        select(submission.c.campaign_id, submission.c.email, submission.c.address, campaign.c.slug)
        .select_from(submission.join(campaign))
        .where(submission.c.id == submission_id, submission.c.erased_at.is_(None))
    ).first()
    return None if row is None else (row[0], row[1], row[2], row[3])
