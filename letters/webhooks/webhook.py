"""Where a campaign's messages for another system go, and how it stands with them."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import Connection, delete, func, insert, select, update

from letters.record import COMMAND_LINE, Actor, Deed, record
from letters.storage.schema import dispatch, webhook
from letters.webhooks.message import new_secret


class NoWebhook(Exception):
    """The campaign has no webhook."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a campaign's messages go, and how it stands with them."""

    url: str
    secret: str
    trouble: str | None
    """What went wrong last, as a word of ours; None: nothing since the last success."""
    waiting: int
    sent: int
    """In the last 30 days, as all that follows."""
    given_up: int


def put(
    connection: Connection, campaign_id: int, url: str, now: datetime, by: Actor = COMMAND_LINE
) -> str:
    """Set a campaign's webhook and return its secret, which a change of URL keeps."""
    # Its host says enough: what stands behind it can be a secret of the receiver's.
    host = urlsplit(url).hostname or ""
    record(connection, Deed.WEBHOOK_SET, now, by=by, campaign_id=campaign_id, detail=host)
    found: str | None = connection.execute(
        update(webhook)
        .where(webhook.c.campaign_id == campaign_id)
        .values(url=url, failures=0, not_before=None, trouble=None)
        .returning(webhook.c.secret)
    ).scalar()
    if found is not None:
        return found
    secret = new_secret()
    connection.execute(
        insert(webhook).values(campaign_id=campaign_id, url=url, secret=secret, set_at=now)
    )
    return secret


def find(connection: Connection, campaign_id: int) -> Webhook:
    """Return a campaign's webhook; raise NoWebhook."""
    row = connection.execute(select(webhook).where(webhook.c.campaign_id == campaign_id)).first()
    if row is None:
        raise NoWebhook
    counts: dict[bool | None, int] = dict(
        connection.execute(
            select(dispatch.c.was_taken, func.count())
            .where(dispatch.c.campaign_id == campaign_id)
            .group_by(dispatch.c.was_taken)
        ).all()
    )
    return Webhook(
        row.url,
        row.secret,
        row.trouble,
        waiting=counts.get(None, 0),
        sent=counts.get(True, 0),
        given_up=counts.get(False, 0),
    )


def remove(
    connection: Connection, campaign_id: int, now: datetime, by: Actor = COMMAND_LINE
) -> None:
    """Forget a campaign's webhook and what waits for it; raise NoWebhook."""
    connection.execute(delete(dispatch).where(dispatch.c.campaign_id == campaign_id))
    gone = connection.execute(delete(webhook).where(webhook.c.campaign_id == campaign_id))
    if gone.rowcount == 0:
        raise NoWebhook
    record(connection, Deed.WEBHOOK_REMOVED, now, by=by, campaign_id=campaign_id)
