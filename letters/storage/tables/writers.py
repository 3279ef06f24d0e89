"""Who writes: what they handed in, and what they said about it."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    text,
)

from letters.storage.tables.base import Moment, metadata

submission = Table(
    "submission",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("campaign_id", ForeignKey("campaign.id"), nullable=False),
    Column("token_id", String(32), nullable=False, unique=True),  # of the form it came with
    Column("address", Text),  # canonical
    Column("name", Text),
    Column("email", Text),
    Column("postcode", Text),
    Column("reason", Text),
    Column("points", JSON, nullable=False),
    Column("personal_share", Float, nullable=False),
    Column("source", String(40)),  # the code of the link that its writer came by; null: none
    Column("opt_in_wording", Text),  # what is consented to now; null: nothing
    Column("opt_in_at", Moment),  # when it was given on the receipt; null: with the submission
    Column("opt_in_ended_at", Moment),  # when it was last taken back
    Column("submitted_at", Moment, nullable=False),
    Column("confirmed_at", Moment),
    Column("erased_at", Moment),
    # False: their time was over; null: that was before this was kept.
    Column("erased_on_wish", Boolean),
    Column("remind_at", Moment),  # null: its writer has confirmed, or has been reminded
    Index("ix_submission_address", "campaign_id", "address"),
    Index("ix_submission_consent", "campaign_id", "id",
          sqlite_where=text("opt_in_wording IS NOT NULL"),
          postgresql_where=text("opt_in_wording IS NOT NULL")),
    Index("ix_submission_remind", "remind_at", sqlite_where=text("remind_at IS NOT NULL"),
          postgresql_where=text("remind_at IS NOT NULL")),
    Index("ix_submission_kept", "submitted_at", sqlite_where=text("erased_at IS NULL"),
          postgresql_where=text("erased_at IS NULL")),
    Index("ix_submission_erased", "erased_at", sqlite_where=text("erased_at IS NOT NULL"),
          postgresql_where=text("erased_at IS NOT NULL")),
)  # fmt: skip

repeat = Table(
    "repeat",
    metadata,
    Column("id", String(32), primary_key=True),
    # The one whose letters stood in its way, and whose owner decides.
    Column("submission_id", ForeignKey("submission.id"), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("postcode", Text),
    Column("reason", Text),
    Column("points", JSON, nullable=False),
    Column("personal_share", Float, nullable=False),
    Column("opt_in_wording", Text),
    Column("source", String(40)),
    Column("letters", Text, nullable=False),  # JSON: target id, subject and text of each
    Index("ix_repeat_submission", "submission_id"),
)  # a row goes when it is decided about

not_me = Table(
    "not_me",
    metadata,
    Column("campaign_id", ForeignKey("campaign.id"), primary_key=True),
    Column("address", String(64), primary_key=True),  # its name among those that got notices
    Column("said_at", Moment, nullable=False),
    Column("posted_at", Moment),  # written by the version before; it goes with a later one
)

unsubscribed = Table(
    "unsubscribed",
    metadata,
    Column("campaign_id", ForeignKey("campaign.id"), primary_key=True),
    Column("address", String(64), primary_key=True),  # its name among those that got notices
    Column("at", Moment, nullable=False),
)
