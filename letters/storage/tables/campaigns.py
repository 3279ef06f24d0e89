"""Whose campaigns there are, and whom they write to."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    text,
)

from letters.storage.tables.base import Key, Moment, metadata

organisation = Table(
    "organisation",
    metadata,
    Column("id", Key, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("mail_from", Text),  # its sending address; null: the installation's
    Column("definition", Text, nullable=False),  # its file, without the logo
    Column("logo", LargeBinary),  # as we wrote it anew
    Column("logo_digest", String(16)),
    Column("logo_width", Integer),
    Column("logo_height", Integer),
    Column("loaded_at", Moment, nullable=False),
)

campaign = Table(
    "campaign",
    metadata,
    Column("id", Key, primary_key=True),
    Column("slug", String(64), nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("status", String(8), nullable=False),
    Column(
        "definition", Text, nullable=False
    ),  # the campaign file as it was loaded; status and targets are kept apart
    Column("ends_at", Moment),
    Column("loaded_at", Moment, nullable=False),
    Column("archived_at", Moment),  # apart from the others, once it is over
    Column("deleted_at", Moment),  # a draft that nobody sees any more; the record names its row
    Column("unknown_alarm_at", Moment),  # when unknown letters last brought an alarm
    Column("organisation_id", Key),  # whose it is; null: nobody's, as there is no organisation
)

office = Table(
    "office",
    metadata,
    Column("id", Key, primary_key=True),
    Column("address", Text, nullable=False, unique=True),  # canonical: one mailbox
    Column("next_slot_at", Moment, nullable=False),
    Column("paced_by", BigInteger),  # the campaign whose letter was the last, and set the slot
    Column("hold_reason", String(20)),  # why nothing goes to it; null: nothing of its own
    Column("hold_words", Text),  # the other side's own, if it said any
    Column("held_at", Moment),
    Column("released_at", Moment),  # what is told of an earlier time stops it no more
    # Letters in a row, up to now, that came back or were dropped.
    Column("soft_failures", Integer, nullable=False, server_default=text("0")),
    Column("how", String(6), nullable=False, server_default=text("'each'")),  # its own wish
    Index("ix_office_how", "how", sqlite_where=text("how <> 'each'"),
          postgresql_where=text("how <> 'each'")),
)  # fmt: skip

target = Table(
    "target",
    metadata,
    Column("id", Key, primary_key=True),
    Column("campaign_id", ForeignKey("campaign.id"), nullable=False),
    Column("office_id", Key),  # of the office; each has one
    Column("position", Integer, nullable=False),
    Column("email", Text, nullable=False),
    Column("definition", JSON, nullable=False),
    # Its office's, so that one index finds what is due; later while its window is shut.
    Column("next_slot_at", Moment, nullable=False),
    Column("served_at", Moment),  # when a letter to it was last claimed: campaigns take turns
    Column("valid_before", Moment),
    # Why its letters are held in this campaign alone; null: it can be written to.
    Column("hold_reason", String(20)),
    Column("hold_words", Text),  # the other side's own, if it said any
    Column("held_reason", Text),  # as the version before kept it, and reads it while it still runs
    Column("held_at", Moment),
    Column("alarmed_at", Moment),  # when the organisers were mailed that nothing goes to it
    Column("soft_failures", Integer, nullable=False, server_default=text("0")),  # as held_reason
    Column("withdrawn", Boolean, nullable=False, server_default=text("false")),
    Column("queued", Integer, nullable=False, server_default=text("0")),  # letters waiting
    # Those of them that wait for the next digest, and when it may leave; null: with the next slot.
    Column("plain", Integer, key="gathered", nullable=False, server_default=text("0")),
    Column("digest_after", Moment),
    Index("ix_target_campaign_email", "campaign_id", "email"),
    Index("ix_target_office", "office_id"),
    Index("ix_target_due", "next_slot_at", sqlite_where=text("queued > 0"),
          postgresql_where=text("queued > 0")),
    Index("ix_target_digest", "digest_after", sqlite_where=text("plain > 0"),
          postgresql_where=text("plain > 0")),
)  # fmt: skip

successor = Table(
    "successor",
    metadata,
    Column("target_id", ForeignKey("target.id"), primary_key=True),  # who left
    Column("successor_id", ForeignKey("target.id"), nullable=False),
    Column("named_at", Moment, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("name", String(64), primary_key=True),  # of the list
    Column("content", JSON, nullable=False),
    Column("number", Integer, nullable=False),
    Column("loaded_at", Moment, nullable=False),
)

area_table = Table(
    "area_table",
    metadata,
    Column("id", Key, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("starts", Date, nullable=False),  # the year 1: it counts always
    Column("postcodes", Integer, nullable=False),
    Column("areas", Integer, nullable=False),
    Column("began_at", Moment, nullable=False),
    Column("loaded_at", Moment),  # null: it does not count yet, or no more
    Index("ix_area_table_name", "name", "starts"),
)

area_page = Table(
    "area_page",
    metadata,
    Column("table_id", ForeignKey("area_table.id"), primary_key=True),
    Column("first", LargeBinary, primary_key=True),  # its first postcode
    Column("content", LargeBinary, nullable=False),  # see letters.campaigns.area_pages
)
