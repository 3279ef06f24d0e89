"""What other systems are told."""

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from letters.storage.tables.base import Moment, metadata

webhook = Table(
    "webhook",
    metadata,
    Column("campaign_id", ForeignKey("campaign.id"), primary_key=True),
    Column("url", Text, nullable=False),
    Column("secret", Text, nullable=False),
    Column("set_at", Moment, nullable=False),
    Column("failures", Integer, nullable=False, server_default=text("0")),  # since a success
    Column("not_before", Moment),  # nothing is sent to it until then
    Column("trouble", Text),  # a word for what went wrong last; null: nothing since a success
)

dispatch = Table(
    "dispatch",
    metadata,
    Column("id", String(64), primary_key=True),  # the same however often it is sent
    Column("campaign_id", ForeignKey("webhook.campaign_id"), nullable=False),
    Column("letter_id", ForeignKey("letter.id"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("state", String(12), nullable=False),
    Column("at", Moment, nullable=False),
    Column("queued_at", Moment, nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("due_at", Moment),  # null: it is not sent any more
    Column("ended_at", Moment),
    Column("was_taken", Boolean),
    Index("ix_dispatch_due", "due_at"),
    Index("ix_dispatch_ended", "ended_at"),
    Index("ix_dispatch_campaign", "campaign_id", "due_at"),
)
