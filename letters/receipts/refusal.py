"""Take the word of somebody whose address was used without them: "this was not me"."""

from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update

from letters.notices.post import names
from letters.receipts import erasure
from letters.receipts.receipt import UnknownSubmission
from letters.storage.schema import not_me, submission
from letters.tokens import Tokens


def refuse(connection: Connection, tokens: Tokens, submission_id: str, now: datetime) -> None:
    """Erase all that was written with an address in a campaign; store nothing more for it there.

    What has not left is withdrawn. Raises UnknownSubmission, or StillLeaving while a letter or a
    notice is being sent.
    """
    head = connection.execute(
        select(submission.c.campaign_id, submission.c.email, submission.c.address).where(
            submission.c.id == submission_id, submission.c.erased_at.is_(None)
        )
    ).first()
    if head is None:
        raise UnknownSubmission
    known_as = names(tokens, head.email)
    said = connection.execute(
        update(not_me)
        .where(not_me.c.campaign_id == head.campaign_id, not_me.c.address.in_(known_as))
        .values(said_at=now)
    )
    if not said.rowcount:
        connection.execute(
            insert(not_me).values(campaign_id=head.campaign_id, address=known_as[0], said_at=now)
        )
    ids = connection.execute(
        select(submission.c.id)
        .where(submission.c.campaign_id == head.campaign_id, submission.c.address == head.address)
        .order_by(submission.c.id)
    ).scalars()
    erasure.erase_all(connection, ids.all(), now)


def number(connection: Connection, campaign_id: int) -> int:
    """Return how many people said that they had not written in a campaign."""
    return connection.execute(
        select(func.count()).where(not_me.c.campaign_id == campaign_id)
    ).scalar_one()
