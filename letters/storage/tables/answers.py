"""What comes back, and what goes to everybody who wrote."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    text,
)

from letters.storage.tables.base import Moment, metadata

answer = Table(
    "answer",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("letter_id", ForeignKey("letter.id"), nullable=False),
    Column("campaign_id", ForeignKey("campaign.id"), nullable=False),  # the letter's
    Column("target_id", ForeignKey("target.id"), nullable=False),  # whose answer it is
    Column("relay_id", ForeignKey("letter.id")),  # the notice that passes it on
    Column("digest", String(64)),  # of what tells copies of one message; null: writer erased
    Column("kind", String(9), nullable=False),
    Column("told_by", String(16), nullable=False),
    Column("came_at", Moment, nullable=False),
    Column("took_seconds", BigInteger),  # since the letter was claimed
    Index("ix_answer_once", "letter_id", "digest", unique=True),
    Index("ix_answer_relay", "relay_id", unique=True),
    Index("ix_answer_campaign", "campaign_id", "kind", "came_at"),
)

office_answer = Table(
    "office_answer",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("target_id", ForeignKey("target.id"), nullable=False),
    Column("campaign_id", ForeignKey("campaign.id"), nullable=False),
    Column("text", Text),  # null: it is with everybody, or was let be
    Column("came_at", Moment, nullable=False),
    Column("released_at", Moment),  # by an organiser
    Column("done_at", Moment),
    Index("ix_office_answer_open", "target_id", sqlite_where=text("done_at IS NULL"),
          postgresql_where=text("done_at IS NULL")),
)  # fmt: skip

mailing = Table(
    "mailing",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("campaign_id", ForeignKey("campaign.id"), nullable=False),
    Column("sort", String(8), nullable=False),  # see letters.notices.mailings
    Column("audience", String(8), nullable=False),
    Column("target_id", ForeignKey("target.id")),  # whose one answer it is; null: an organiser's
    Column("subject", Text, nullable=False),
    Column("text", Text),  # null: an office's, which is with everybody
    Column("includes_later", Boolean, nullable=False, server_default=text("false")),
    Column("written_at", Moment, nullable=False),
    Column("released_at", Moment),  # null: a draft
    Column("paused_at", Moment),
    Column("done_at", Moment),  # when everybody had been given it; null: there may be more
    # The round that looks who is to get it: when it began, how far it has come, and the moment
    # after which whoever joined is looked at; null: all are.
    Column("began_at", Moment),
    Column("after_id", String(32), nullable=False, server_default=text("''")),
    Column("since", Moment),
    Index("ix_mailing_campaign", "campaign_id"),
    Index("ix_mailing_target", "target_id"),
)
