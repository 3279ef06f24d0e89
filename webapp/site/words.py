"""Say in people's words where a letter is. No state's name from the code reaches a page."""

from dataclasses import dataclass
from datetime import datetime

from flask import g
from flask_babel import format_date, format_time, format_timedelta, get_locale

from letters.states import State
from webapp.site.language import gettext as _


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
    desk_word: str = ""
    """Where the desk needs another word than the writer."""


def words_for(state: State) -> Words:
    """Return the words for a state, in the language of this request."""
    kept: dict[str, dict[State, Words]] = g.setdefault("words_for_states", {})
    language = str(get_locale())
    if language not in kept:  # a page may tell of a hundred letters
        kept[language] = _table()
    return kept[language][state]


def _table() -> dict[State, Words]:
    return {
        State.UNCONFIRMED: Words(
            _("waits for your yes"),
            _("Your letter waits for you to confirm it."),
            _("Its writer has not confirmed the address yet. Nothing to do."),
            "circle",
            0,
            _("not confirmed"),
        ),
        State.QUEUED: Words(
            _("waiting"),
            _("Your letter is waiting its turn."),
            _("It leaves when its turn comes. Nothing to do."),
            "circle",
            1,
        ),
        State.HELD: Words(
            _("on hold"),
            _("Your letter is on hold: its addressee cannot be written to just now. The "
              "organisers are looking into it."),
            _("Its addressee cannot be written to. Decide about the addressee."),
            "square",
            1,
        ),
        State.SENDING: Words(
            _("leaving"),
            _("Your letter is leaving at this moment."),
            _("Its request is under way. Nothing to do."),
            "arrow",
            1,
        ),
        State.UNKNOWN: Words(
            _("being traced"),
            _("Your letter may have left; we are finding out. It is not sent a second time "
              "unless we know that the first did not leave."),
            _("We do not know whether it left. If no news comes, decide about it."),
            "question",
            1,
        ),
        State.ACCEPTED: Words(
            _("sent"),
            _("Your letter has left and is on its way."),
            _("It has left. News of its delivery should come soon."),
            "arrow",
            2,
        ),
        State.DEFERRED: Words(
            _("on its way"),
            _("Your letter has left. The office's mail server asked us to come back, so it takes "
              "a little longer."),
            _("The receiving server asked to come back later. Nothing to do."),
            "arrow",
            2,
        ),
        State.DELIVERED: Words(
            _("delivered"),
            _("Your letter has arrived: the office's mail server took it."),
            _("The receiving server took it."),
            "check",
            3,
        ),
        State.BOUNCED: Words(
            _("turned back"),
            _("Your letter did not arrive: the office's mail server turned it back. The organisers "
              "have been told; you can still write to the office by post."),
            _("The receiving server refused it. Look at its words, and at the address."),
            "cross",
            2,
        ),
        State.DROPPED: Words(
            _("not delivered"),
            _("Your letter did not arrive: our mail service did not try to deliver it. The "
              "organisers have been told; you can still write to the office by post."),
            _("SendGrid did not try: the address is suppressed there or invalid."),
            "cross",
            2,
        ),
        State.FAILED: Words(
            _("not sent"),
            _("Your letter could not be sent. The organisers can try it again."),
            _("SendGrid refused it for good. Mend the reason, then queue it again."),
            "cross",
            1,
        ),
        State.CANCELLED: Words(
            _("withdrawn"),
            _("You withdrew this letter before it left."),
            _("Its writer withdrew it before it left."),
            "dash",
            0,
        ),
        State.EXPIRED: Words(
            _("expired"),
            _("This letter was not sent in time and will not be sent any more."),
            _("It was not confirmed in time, or the campaign ended before its turn."),
            "dash",
            0,
        ),
    }  # fmt: skip


def moment(at: datetime) -> str:
    """Return a moment for people, in UTC and said so; the page tells the reader's own time."""
    return _("%(day)s, %(time)s UTC", day=format_date(at, "long"), time=format_time(at, "HH:mm"))


def ago(at: datetime, now: datetime) -> str:
    """Return how long ago something was."""
    return str(format_timedelta(at - now, add_direction=True))
