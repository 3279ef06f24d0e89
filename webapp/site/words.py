"""Say in people's words where a letter is: one vocabulary for pages, receipts and the desk.

README.md and docs/exports.md have the same words beside the names that files and programs get.
"""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import g
from flask_babel import format_date, format_timedelta, get_locale
from markupsafe import Markup, escape

from letters.reasons import Reason
from letters.states import State
from webapp.site.language import gettext as _
from webapp.site.language import ngettext


@dataclass(frozen=True, slots=True)
class Words:
    """How a state is told."""

    word: str
    sentence: str
    """For the letter's writer."""
    meaning: str
    """For an organiser: what it means and what to do."""
    shape: str
    """A shape beside the word, so that colour never tells alone."""
    stage: int
    """0 written, 1 waiting, 2 sent, 3 delivered."""


def state_word(state: State, number: int = 1) -> str:
    """Return the word for a state of `number` letters, in the language of this request."""
    return {
        State.UNCONFIRMED: ngettext("unconfirmed", "unconfirmed", number),
        State.QUEUED: ngettext("waiting", "waiting", number),
        State.HELD: ngettext("on hold", "on hold", number),
        State.SENDING: ngettext("being sent", "being sent", number),
        State.UNKNOWN: ngettext("unknown", "unknown", number),
        State.ACCEPTED: ngettext("sent", "sent", number),
        State.DEFERRED: ngettext("delayed", "delayed", number),
        State.DELIVERED: ngettext("delivered", "delivered", number),
        State.BOUNCED: ngettext("bounced", "bounced", number),
        State.DROPPED: ngettext("dropped", "dropped", number),
        State.FAILED: ngettext("failed", "failed", number),
        State.CANCELLED: ngettext("withdrawn", "withdrawn", number),
        State.EXPIRED: ngettext("expired", "expired", number),
    }[state]


def words_for(state: State) -> Words:
    """Return the words for a state, in the language of this request."""
    kept: dict[str, dict[State, Words]] = g.setdefault("words_for_states", {})
    language = str(get_locale())
    if language not in kept:  # a page may tell of a hundred letters
        kept[language] = _table()
    return kept[language][state]


def sentence_for(state: State, why: Reason | None) -> str:
    """Return the sentence for a letter's writer; `why` it did not arrive, where that is known."""
    usual = words_for(state).sentence
    if state not in {State.BOUNCED, State.DROPPED} or why is None:
        return usual
    return {
        Reason.NO_SUCH_PERSON: _(
            "Your letter did not arrive: the office's mail server knows nobody at that address. "
            "The organisers have been told; you can still write to the office by post."
        ),
        Reason.MAILBOX_FULL: _(
            "Your letter did not arrive: the office's mailbox is full. The organisers can try it "
            "again; you can still write to the office by post."
        ),
        Reason.GAVE_UP: _(
            "Your letter did not arrive: for days the office's mail server did not take it. The "
            "organisers can try it again; you can still write to the office by post."
        ),
        Reason.SPAM_CONTENT: _(
            "Your letter was not sent: our mail service took its text for unwanted mail. The "
            "organisers have been told; you can still write to the office by post."
        ),
        Reason.QUOTA: _(
            "Your letter was not sent: we had used up what we may send. The organisers can try it "
            "again; you can still write to the office by post."
        ),
    }.get(why, usual)


def _table() -> dict[State, Words]:
    return {
        State.UNCONFIRMED: Words(
            state_word(State.UNCONFIRMED),
            _("Your letter waits for you to confirm it."),
            _("Its writer has not confirmed the address yet. Nothing to do."),
            "circle",
            0,
        ),
        State.QUEUED: Words(
            state_word(State.QUEUED),
            _("Your letter is waiting its turn."),
            _("It leaves when its turn comes. Nothing to do."),
            "circle",
            1,
        ),
        State.HELD: Words(
            state_word(State.HELD),
            _("Your letter is on hold: its addressee cannot be written to just now. The "
              "organisers are looking into it."),
            _("Its addressee cannot be written to. Decide about the addressee."),
            "square",
            1,
        ),
        State.SENDING: Words(
            state_word(State.SENDING),
            _("Your letter is leaving at this moment."),
            _("Its request is under way. Nothing to do."),
            "arrow",
            1,
        ),
        State.UNKNOWN: Words(
            state_word(State.UNKNOWN),
            _("Your letter may have left; we are finding out. It is not sent a second time "
              "unless we know that the first did not leave."),
            _("We do not know whether it left. If no news comes, decide about it."),
            "question",
            1,
        ),
        State.ACCEPTED: Words(
            state_word(State.ACCEPTED),
            _("Your letter has left and is on its way."),
            _("It has left. News of its delivery should come soon."),
            "arrow",
            2,
        ),
        State.DEFERRED: Words(
            state_word(State.DEFERRED),
            _("Your letter has left. The office's mail server asked us to come back, so it takes "
              "a little longer."),
            _("The receiving server asked to come back later. Nothing to do."),
            "arrow",
            2,
        ),
        State.DELIVERED: Words(
            state_word(State.DELIVERED),
            _("Your letter has arrived: the office's mail server took it."),
            _("The receiving server took it."),
            "check",
            3,
        ),
        State.BOUNCED: Words(
            state_word(State.BOUNCED),
            _("Your letter did not arrive: the office's mail server refused it. The organisers "
              "have been told; you can still write to the office by post."),
            _("The receiving server refused it. Look at its words, and at the address."),
            "cross",
            2,
        ),
        State.DROPPED: Words(
            state_word(State.DROPPED),
            _("Your letter did not arrive: our mail service did not try to deliver it. The "
              "organisers have been told; you can still write to the office by post."),
            _("SendGrid did not try, for a reason that lies in the letter or in our account."),
            "cross",
            2,
        ),
        State.FAILED: Words(
            state_word(State.FAILED),
            _("Your letter could not be sent. The organisers can try it again."),
            _("SendGrid refused it for good. Mend the reason, then queue it again."),
            "cross",
            1,
        ),
        State.CANCELLED: Words(
            state_word(State.CANCELLED),
            _("You withdrew this letter before it left."),
            _("Its writer withdrew it before it left."),
            "dash",
            0,
        ),
        State.EXPIRED: Words(
            state_word(State.EXPIRED),
            _("This letter was not sent in time and will not be sent any more."),
            _("It was not confirmed in time, or the campaign ended before its turn."),
            "dash",
            0,
        ),
    }  # fmt: skip


def moment(at: datetime, timezone: str = "UTC", *, beside: bool = False) -> Markup:
    """Return a moment for people, by a clock that is named: that of `timezone`.

    A script tells it by the reader's own clock, and names that; `beside` keeps this one beside it,
    where an office's hours are meant.
    """
    local = at.astimezone(ZoneInfo(timezone))
    day, time = format_date(local.date(), "long"), f"{local:%H:%M}"
    if timezone == "UTC":
        words = _("%(day)s, %(time)s UTC", day=day, time=time)
    else:
        words = _("%(day)s, %(time)s (%(zone)s)", day=day, time=time, zone=timezone)
    mark = Markup(' data-beside data-zone="{}"').format(timezone) if beside else Markup()
    return Markup('<time datetime="{}"{}>{}</time>').format(at.isoformat(), mark, words)


def marked(sentence: str, /, **values: object) -> Markup:
    """Return `sentence` with `values` filled in, of which moments stay marked as such."""
    return Markup(escape(sentence)) % values  # noqa: S704 - it is escaped here


def ago(at: datetime, now: datetime) -> str:
    """Return how long ago something was."""
    return str(format_timedelta(at - now, add_direction=True))
