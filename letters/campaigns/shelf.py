"""Put campaigns that are over apart, and let drafts go for good."""

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, exists, select, update

from letters.books import locks
from letters.campaign import Campaign, LetterTemplate, Status, Target
from letters.campaigns import store
from letters.campaigns.stored import StoredCampaign
from letters.files.campaign_file import write_campaign
from letters.record import COMMAND_LINE, Actor, Deed, record
from letters.storage.schema import (
    campaign,
    submission,
    successor,
    tally,
    target,
    webhook,
)

_NOTHING: Final = write_campaign(
    Campaign(
        "deleted",
        "-",
        LetterTemplate(("-",), "-", "-", "-"),
        (Target("-", "nobody@postbag.example", "-"),),
    )
)


class NotOver(Exception):
    """A campaign that takes letters belongs where it is seen."""


class NotADraft(Exception):
    """It is public, or has letters: those are accounted for, and nothing of it is deleted."""


def archive(connection: Connection, slug: str, now: datetime, by: Actor = COMMAND_LINE) -> None:
    """Put a campaign that is over apart; raise UnknownCampaign and NotOver."""
    stored = store.find(connection, slug)
    if not stored.is_over(now):
        raise NotOver(slug)
    _put(connection, stored.id, now, Deed.ARCHIVED, now, by)


def take_out(connection: Connection, slug: str, now: datetime, by: Actor = COMMAND_LINE) -> None:
    """Put a campaign back among the others; raise UnknownCampaign."""
    stored = store.find(connection, slug)
    _put(connection, stored.id, None, Deed.TAKEN_OUT, now, by)


def _put(
    connection: Connection,
    campaign_id: int,
    archived_at: datetime | None,
    deed: Deed,
    now: datetime,
    by: Actor,
) -> None:
    locks.take(connection, campaigns=[campaign_id])
    this = campaign.c.id == campaign_id
    was_apart = (
        campaign.c.archived_at.is_not(None)
        if archived_at is None
        else (campaign.c.archived_at.is_(None))
    )
    changed = connection.execute(
        update(campaign).where(this, was_apart).values(archived_at=archived_at)
    )
    if changed.rowcount:
        record(connection, deed, now, by=by, campaign_id=campaign_id)


def can_be_deleted(connection: Connection, stored: StoredCampaign) -> bool:
    """Tell whether a campaign is a draft that never had a letter."""
    has_letters = select(exists().where(submission.c.campaign_id == stored.id))
    return stored.campaign.status is Status.DRAFT and not connection.execute(has_letters).scalar()


def delete_draft(
    connection: Connection, slug: str, now: datetime, by: Actor = COMMAND_LINE
) -> None:
    """Delete a draft with all that was written in it; raise UnknownCampaign and NotADraft.

    An empty row stays: the record of who did what with it cannot be taken out.
    """
    stored = store.find(connection, slug)
    locks.take(connection, campaigns=[stored.id])
    if not can_be_deleted(connection, stored):
        raise NotADraft(slug)
    own = select(target.c.id).where(target.c.campaign_id == stored.id)
    connection.execute(
        delete(successor).where(successor.c.target_id.in_(own) | successor.c.successor_id.in_(own))
    )
    connection.execute(delete(tally).where(tally.c.target_id.in_(own)))
    connection.execute(delete(target).where(target.c.campaign_id == stored.id))
    connection.execute(delete(webhook).where(webhook.c.campaign_id == stored.id))
    connection.execute(
        update(campaign)
        .where(campaign.c.id == stored.id)
        # Its address is free for another campaign; none can have one like this.
        .values(slug=f"~{stored.id}", title="", definition=_NOTHING, ends_at=None, deleted_at=now)
    )
    record(connection, Deed.DELETED, now, by=by, campaign_id=stored.id, detail=slug)
