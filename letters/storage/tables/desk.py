"""Who works here, what they did, and what they see."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from letters.storage.tables.base import Key, Moment, metadata

organiser = Table(
    "organiser",
    metadata,
    Column("id", Key, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("role", String(10), nullable=False),
    Column("invited_at", Moment, nullable=False),
)

sign_in = Table(
    "sign_in",
    metadata,
    Column("digest", String(64), primary_key=True),  # of the link's token, or of the session's
    Column("organiser_id", ForeignKey("organiser.id"), nullable=False),
    Column("kind", String(8), nullable=False),  # see letters.desk.sign_ins
    Column("expires_at", Moment, nullable=False),
    Column("opened_at", Moment),
    Column("used_at", Moment),
    Column("device", String(64)),  # such as "Firefox · Linux"; "": not known
    Column("browser", String(64)),  # of a link that was asked for: see letters.desk.sign_ins
    Column("invited_by", Text),  # an organiser's address; null: the command line, or nobody
)

passkey = Table(
    "passkey",
    metadata,
    Column("id", Key, primary_key=True),
    Column("organiser_id", ForeignKey("organiser.id"), nullable=False),
    Column("credential", Text, nullable=False, unique=True),  # by what its device knows it
    Column("public_key", Text, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", String(64), nullable=False),  # of the device that made it, told so too
    Column("added_at", Moment, nullable=False),
    Column("used_at", Moment),
    Index("ix_passkey_organiser", "organiser_id"),
)

spent_challenge = Table(
    "spent_challenge",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("at", Moment, nullable=False),
)

# Who asks for a sign-in link, whoever it is, until the worker has looked whether it is one of us.
asking = Table(
    "asking",
    metadata,
    Column("id", Key, primary_key=True),
    Column("email", Text, nullable=False),
    Column("browser", String(64), nullable=False),
    Column("known_id", BigInteger),  # an organiser who has been signed in there
    Column("language", String(8), nullable=False),
    Column("at", Moment, nullable=False),
)

# Who lost the link to their letter, whoever it is, until the worker has looked what is kept.
lost_link = Table(
    "lost_link",
    metadata,
    Column("id", Key, primary_key=True),
    Column("email", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

campaign_organiser = Table(
    "campaign_organiser",
    metadata,
    Column("campaign_id", ForeignKey("campaign.id"), primary_key=True),
    Column("organiser_id", ForeignKey("organiser.id"), primary_key=True),
    Index("ix_campaign_organiser_organiser", "organiser_id"),
)

unfinished = Table(
    "unfinished",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("organiser_id", ForeignKey("organiser.id"), nullable=False),
    Column("title", Text, nullable=False),
    Column("fields", JSON, nullable=False),  # the editor's form as posted
    Column("kept_at", Moment, nullable=False),
    Index("ix_unfinished_organiser", "organiser_id"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", Key, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("actor", Text),  # an organiser's or an office's address, if it was one
    Column("door", String(12)),  # where they came in; null: from before that was kept
    Column("campaign_id", ForeignKey("campaign.id")),
    Column("deed", String(16), nullable=False),
    Column("detail", Text, nullable=False),  # nothing of a supporter
    Index("ix_audit_campaign", "campaign_id", "id"),
    Index(
        "ix_audit_stranger",
        "at",
        sqlite_where=text("door = 'stranger'"),
        postgresql_where=text("door = 'stranger'"),
    ),
)  # only ever added to: triggers refuse the rest

throttle = Table(
    "throttle",
    metadata,
    Column("id", Key, primary_key=True),
    Column("bucket", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_throttle_bucket", "bucket", "at"),
)

figure = Table(
    "figure",
    metadata,
    Column("campaign_id", ForeignKey("campaign.id"), primary_key=True),
    Column("series", String(12), primary_key=True),
    Column("bucket", Integer, primary_key=True),  # what it counts: see letters.figures
    Column("letters", Integer, nullable=False),
)

source_figure = Table(
    "source_figure",
    metadata,
    Column("campaign_id", ForeignKey("campaign.id"), primary_key=True),
    Column("source", String(40), primary_key=True),  # empty: no code
    Column("series", String(12), primary_key=True),  # see letters.desk.sources
    Column("bucket", Integer, primary_key=True),  # quarters of an hour since 1970
    Column("letters", Integer, nullable=False),
)

reader = Table(
    "reader",
    metadata,
    Column("id", Integer, primary_key=True),  # one row
    Column("history_id", BigInteger, nullable=False),  # how far history has been read
    # And how far for the figures by source, which the version before does not count.
    Column("sources_id", BigInteger, nullable=False, server_default=text("0")),
)
