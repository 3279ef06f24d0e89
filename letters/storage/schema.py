"""Define the tables.

A letter's text stands in a wide row that seldom changes, its moving state in a narrow row of its
own: updating wide rows costs a third of the sending speed.
"""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    literal_column,
    text,
)

from letters.states import State


class Moment(TypeDecorator[datetime]):
    """A moment in UTC. SQLite has no time zones, so what it keeps is UTC without one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return `value` in UTC; raise ValueError for a time that says no zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored moment with its zone."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_Key: Final = BigInteger().with_variant(Integer, "sqlite")
_STATES: Final = ", ".join(f"'{state}'" for state in State)
_KEPT: Final = "address IS NOT NULL AND purpose IN ('sign-in', 'alarm', 'test', 'erased')"
_BAD_NEWS: Final = (
    "state IN ('bounced', 'dropped', 'failed', 'expired') AND told = 0 AND kind = 'letter'"
)

organisation = Table(
    "organisation",
    metadata,
    Column("id", _Key, primary_key=True),
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
    Column("id", _Key, primary_key=True),
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
    Column("organisation_id", _Key),  # whose it is; null: nobody's, as there is no organisation
)

office = Table(
    "office",
    metadata,
    Column("id", _Key, primary_key=True),
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
    Column("id", _Key, primary_key=True),
    Column("campaign_id", ForeignKey("campaign.id"), nullable=False),
    Column("office_id", _Key),  # of the office; each has one
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
    Column("plain", Integer, nullable=False, server_default=text("0")),
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
    Column("posted_at", Moment),  # when somebody last wrote with it, in vain
)

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
    Column("plain", Integer, nullable=False, server_default=text("0")),
    # 1: its writer wants it to go by itself, and in no bundle.
    Column("alone", Integer, nullable=False, server_default=text("0")),
    Column("mailing_id", String(32)),  # of the mailing to many that this notice belongs to
    CheckConstraint("kind IN ('letter', 'notice')", name="kind"),
    CheckConstraint(f"state IN ({_STATES})", name="state"),
    Index("ix_letter_waiting", "target_id", "plain", "id", sqlite_where=text("state = 'queued'"),
          postgresql_where=text("state = 'queued'")),
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
    Index("ix_letter_submission", "submission_id"),
    Index("ix_letter_digest", "attempt_id", sqlite_where=text("plain = 1"),
          postgresql_where=text("plain = 1")),
)  # fmt: skip

writing = Table(
    "writing",
    metadata,
    Column("letter_id", ForeignKey("letter.id"), primary_key=True),
    Column("once", Text, unique=True),  # one letter for each target and canonical address
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

unsubscribed = Table(
    "unsubscribed",
    metadata,
    Column("campaign_id", ForeignKey("campaign.id"), primary_key=True),
    Column("address", String(64), primary_key=True),  # its name among those that got notices
    Column("at", Moment, nullable=False),
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
    Column("id", _Key, primary_key=True),
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
    Column("id", _Key, primary_key=True),
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
    # When a worker found that Redis knows of later claims: nothing is sent; null: it does not.
    Column("behind_since", Moment),
    Column("restored_at", Moment),  # when a person last said that a backup was put back
    # When news last came of an attempt that these books do not know, and when the organisers were
    # mailed about it.
    Column("strange_news_at", Moment),
    Column("strange_news_told_at", Moment),
    Column("oldest_code", String(32)),  # the migration that code has to know, to run on this schema
)

organiser = Table(
    "organiser",
    metadata,
    Column("id", _Key, primary_key=True),
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
    Column("device", String(64)),  # in plain words, such as "Firefox on Linux"
    Column("browser", String(64)),  # of a link that was asked for: see letters.desk.sign_ins
    Column("invited_by", Text),  # an organiser's address; null: the command line, or nobody
)

passkey = Table(
    "passkey",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("organiser_id", ForeignKey("organiser.id"), nullable=False),
    Column("credential", Text, nullable=False, unique=True),  # by what its device knows it
    Column("public_key", Text, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", String(64), nullable=False),  # of the device that made it, in plain words
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
    Column("id", _Key, primary_key=True),
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
    Column("id", _Key, primary_key=True),
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
    Column("id", _Key, primary_key=True),
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
    Column("id", _Key, primary_key=True),
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
    Column("id", _Key, primary_key=True),
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

# A partial index serves a query only where the query spells the same condition out: a parameter
# could have any value.
BAD_NEWS: Final[ColumnElement[bool]] = literal_column(f"({_BAD_NEWS})", Boolean())
NOTICE_IS_KEPT: Final[ColumnElement[bool]] = literal_column(f"({_KEPT})", Boolean())
HAS_PLAIN: Final = target.c.plain > literal_column("0")
IS_PLAIN: Final = letter.c.plain == literal_column("1")
HAS_QUEUED: Final = target.c.queued > literal_column("0")
NOT_ALONE: Final = letter.c.alone == literal_column("0")
IS_NOTICE: Final = letter.c.kind == literal_column("'notice'")


def is_in(state: State) -> ColumnElement[bool]:
    """Return the condition that a letter is in `state`, spelt out."""
    return letter.c.state == literal_column(f"'{state}'")
