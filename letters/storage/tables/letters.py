"""Letters, what happened to them, and the sums."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    literal_column,
    text,
)

from letters.states import State
from letters.storage.tables.base import Key, Moment, metadata

_STATES: Final = ", ".join(f"'{state}'" for state in State)
_KEPT: Final = "address IS NOT NULL AND purpose IN ('sign-in', 'alarm', 'test', 'erased')"
_BAD_NEWS: Final = (
    "state IN ('bounced', 'dropped', 'failed', 'expired') AND told = 0 AND kind = 'letter'"
)
_HAS_VERSION: Final = "version <> ''"

letter = Table(
    "letter",
    metadata,
    Column("id", String(32), primary_key=True),  # sorts by time of submission
    Column("kind", String(6), nullable=False),
    Column("campaign_id", ForeignKey("campaign.id")),
    Column("target_id", ForeignKey("target.id")),
    Column("submission_id", ForeignKey("submission.id")),
    Column("state", String(12), nullable=False),
    Column("state_at", Moment, nullable=False),
    Column("attempt_id", String(32)),  # the latest
    Column("resends", Integer, nullable=False, server_default=text("0")),
    # 1: its writer was mailed that it did not arrive, or asked about a successor.
    Column("told", Integer, nullable=False, server_default=text("0")),
    # 1: it goes with others, and all have one attempt. Left as it was offered, or in a bundle.
    Column("plain", Integer, key="goes_together", nullable=False, server_default=text("0")),
    # 1: its writer wants it to go by itself, and in no bundle.
    Column("alone", Integer, nullable=False, server_default=text("0")),
    Column("mailing_id", String(32)),  # of the mailing to many that this notice belongs to
    # Of the letter, that it was written from; empty or null: the letter itself.
    Column("version", String(64)),
    CheckConstraint("kind IN ('letter', 'notice')", name="kind"),
    CheckConstraint(f"state IN ({_STATES})", name="state"),
    Index("ix_letter_waiting", "target_id", "goes_together", "id",
          sqlite_where=text("state = 'queued'"), postgresql_where=text("state = 'queued'")),
    Index("ix_letter_notice", "mailing_id", "id",
          sqlite_where=text("state = 'queued' AND kind = 'notice'"),
          postgresql_where=text("state = 'queued' AND kind = 'notice'")),
    Index("ix_letter_mailing", "mailing_id", "state", sqlite_where=text("mailing_id IS NOT NULL"),
          postgresql_where=text("mailing_id IS NOT NULL")),
    Index("ix_letter_sending", "state_at", sqlite_where=text("state = 'sending'"),
          postgresql_where=text("state = 'sending'")),
    Index("ix_letter_unknown", "state_at", sqlite_where=text("state = 'unknown'"),
          postgresql_where=text("state = 'unknown'")),
    Index("ix_letter_unconfirmed", "state_at", sqlite_where=text("state = 'unconfirmed'"),
          postgresql_where=text("state = 'unconfirmed'")),
    Index("ix_letter_held", "target_id", sqlite_where=text("state = 'held'"),
          postgresql_where=text("state = 'held'")),
    Index("ix_letter_bad_news", "state_at", sqlite_where=text(_BAD_NEWS),
          postgresql_where=text(_BAD_NEWS)),
    Index("ix_letter_campaign", "campaign_id", "state", "state_at"),
    Index("ix_letter_in_order", "campaign_id", "id", sqlite_where=text("kind = 'letter'"),
          postgresql_where=text("kind = 'letter'")),
    Index("ix_letter_mail", "campaign_id", "state", sqlite_where=text("kind = 'notice'"),
          postgresql_where=text("kind = 'notice'")),
    Index("ix_letter_version", "campaign_id", "version", "state", sqlite_where=text(_HAS_VERSION),
          postgresql_where=text(_HAS_VERSION)),
    Index("ix_letter_submission", "submission_id"),
    Index("ix_letter_digest", "attempt_id", sqlite_where=text("plain = 1"),
          postgresql_where=text("plain = 1")),
)  # fmt: skip

writing = Table(
    "writing",
    metadata,
    Column("letter_id", ForeignKey("letter.id"), primary_key=True),
    # one letter for each target and canonical address, one update for each mailing and address
    Column("once", Text, key="writer_key", unique=True),
    Column("to_name", Text),
    Column("to_email", Text),  # notices only; a letter goes to its target
    Column("subject", Text),
    Column("body", Text),
    Column("edited_at", Moment),
)

notice = Table(
    "notice",
    metadata,
    Column("letter_id", ForeignKey("letter.id"), primary_key=True),
    Column("purpose", String(10), nullable=False),
    Column("address", Text),  # a keyed hash of the canonical one; null: no longer kept
    Index("ix_notice_address", "address", "letter_id"),
    Index("ix_notice_kept", "letter_id", sqlite_where=text(_KEPT), postgresql_where=text(_KEPT)),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("letter_id", ForeignKey("letter.id"), nullable=False),
    Column("claimed_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("outcome", String(12)),
    Column("reason", String(20)),
    Column("detail", Text),  # the other side's own words, here and below
    # An event said that it was not sent or did not arrive: only a delivery is news of it now.
    Column("ruled_out", Boolean, nullable=False, server_default=text("false")),
    # Which office it went to, whatever its target has now; null: a notice, or from before that.
    Column("office_id", BigInteger),
    Index("ix_attempt_letter", "letter_id"),
)

event = Table(
    "event",
    metadata,
    Column("id", Key, primary_key=True),
    # Under the name of the version before, which still writes it while a new one is released.
    Column("sg_event_id", Text, key="event_id", nullable=False, unique=True),
    Column("letter_id", ForeignKey("letter.id"), nullable=False),
    Column("attempt_id", String(32), nullable=False),
    Column("kind", String(16), key="cause", nullable=False),
    # It speaks of the address and not of this letter alone: it takes no mail, or complained.
    Column("is_hard", Boolean, nullable=False, server_default=text("false")),
    Column("happened_at", Moment, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("detail", Text),
    Index("ix_event_letter", "letter_id"),
)

history = Table(
    "history",
    metadata,
    Column("id", Key, primary_key=True),
    Column("letter_id", ForeignKey("letter.id"), nullable=False),
    Column("state", String(12), nullable=False),
    Column("cause", String(12), nullable=False),
    Column("at", Moment, nullable=False),
    Column("reason", String(20)),
    Column("detail", Text),
    Index("ix_history_letter", "letter_id", "id"),
)

tally = Table(
    "tally",
    metadata,
    Column("target_id", ForeignKey("target.id"), primary_key=True),
    Column("state", String(12), primary_key=True),
    Column("letters", Integer, nullable=False),
)

account = Table(
    "account",
    metadata,
    Column("id", Integer, primary_key=True),  # one row
    Column("not_before", Moment),  # nobody sends until then
    Column("since", Moment),  # when the trouble began; null: there is none
    Column("reason", String(20)),  # why SendGrid cannot be reached
    Column("trouble", Text),  # what SendGrid said
    Column("refused", Boolean, nullable=False, server_default=text("false")),  # 401 or 403
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("events_until", Moment),  # latest claim of which an event has come
    Column("alarmed_at", Moment),  # when the organisers were mailed about the trouble
    Column("installation", String(32)),  # made once; a backup keeps it
    Column("claims", BigInteger, nullable=False, server_default=text("0")),  # ever made
    Column("news", BigInteger, nullable=False, server_default=text("0")),  # posts of events taken
    # When somebody found that Redis knows of later ones: nothing is sent; null: it does not.
    Column("behind_since", Moment),
    Column("restored_at", Moment),  # when a person last said that a backup was put back
    # When news last came of an attempt that these books do not know, and when the organisers were
    # mailed about it.
    Column("strange_news_at", Moment),
    Column("strange_news_told_at", Moment),
    Column("oldest_code", String(32)),  # the migration that code has to know, to run on this schema
)

# A partial index serves a query only where the query spells the same condition out: a parameter
# could have any value, and of a condition known to be a boolean SQLite would get `(…) = 1`.
HAS_VERSION: Final[ColumnElement[bool]] = literal_column(f"({_HAS_VERSION})")
BAD_NEWS: Final[ColumnElement[bool]] = literal_column(f"({_BAD_NEWS})")
NOTICE_IS_KEPT: Final[ColumnElement[bool]] = literal_column(f"({_KEPT})")
