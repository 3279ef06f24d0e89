"""Mail a campaign's letter to whoever prepares it, marked as a test and outside the books."""

from datetime import datetime

from sqlalchemy import Connection

from letters.campaigns.stored import StoredCampaign
from letters.notices import rehearsal
from letters.notices.links import Links
from letters.notices.post import Purpose, post
from letters.record import COMMAND_LINE, Actor, Deed, record


def send(
    connection: Connection,
    links: Links,
    stored: StoredCampaign,
    email: str,
    now: datetime,
    by: Actor = COMMAND_LINE,
) -> None:
    """Queue the test."""
    notice = rehearsal.notice_of_test(stored.campaign, f"{links.desk(stored.campaign.slug)}/ready")
    post(connection, links.tokens, notice, Purpose.TEST, email, now)
    record(connection, Deed.TESTED, now, by=by, campaign_id=stored.id, detail=email)
