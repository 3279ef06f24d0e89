"""Put the books, targets and alarms into words for the desk's pages."""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from flask_babel import format_decimal

from letters import attention, ledger
from letters.campaign import Status
from letters.pacing import leaves_at, next_open
from letters.states import State
from letters.storage import campaigns
from letters.storage.campaigns import StoredCampaign
from webapp.language import gettext as _
from webapp.language import ngettext
from webapp.parts import parts
from webapp.words import moment, words_for

_WAITING: Final = (State.UNCONFIRMED, State.QUEUED, State.HELD)
_SENT: Final = (State.SENDING, State.UNKNOWN, State.ACCEPTED, State.DEFERRED)
_BAD: Final = (State.BOUNCED, State.DROPPED, State.FAILED)


@dataclass(frozen=True, slots=True)
class Part:
    """One state's share of the books."""

    state: str
    word: str
    shape: str
    number: int
    meaning: str


@dataclass(frozen=True, slots=True)
class ShownBooks:
    """The books as a page tells them."""

    submitted: int
    parts: list[Part]
    sentence: str


def status_word(status: Status) -> str:
    """Return what a campaign's status means for its letters."""
    return {
        Status.DRAFT: _("draft: nobody else sees it"),
        Status.LIVE: _("live: takes letters and sends them"),
        Status.PAUSED: _("paused: takes letters and sends none"),
        Status.CLOSED: _("closed: takes no letters and sends what waits"),
    }[status]


def shown_books(books: ledger.Books) -> ShownBooks:
    """Return the books as one sentence that adds up, with its parts."""
    shown = [
        Part(
            str(state),
            words.desk_word or words.word,
            words.shape,
            books.states[state],
            words.meaning,
        )
        for state in State
        if books.states.get(state)
        for words in (words_for(state),)
    ]
    total = ngettext(
        "%(letters)s letter",
        "%(letters)s letters",
        books.submitted,
        letters=format_decimal(books.submitted),
    )
    if not shown:
        return ShownBooks(0, [], _("No letters yet"))
    sums = " + ".join(f"{format_decimal(part.number)} {part.word}" for part in shown)
    return ShownBooks(books.submitted, shown, f"{total} = {sums}")


def target_row(
    stored: StoredCampaign, target: campaigns.StoredTarget, states: Counter[State]
) -> dict[str, str | int | None]:
    """Return one target's line of the table."""
    waiting = states[State.QUEUED]
    pacing, timezone = stored.campaign.pacing, target.target.timezone
    first = next_open(pacing, timezone, max(target.next_slot_at, parts().now()))
    held = target.held_reason
    if target.withdrawn:
        held = _("no longer in the campaign")
    return {
        "name": target.target.name,
        "email": target.target.email,
        "waiting": sum(states[state] for state in _WAITING),
        "sent": sum(states[state] for state in _SENT),
        "delivered": states[State.DELIVERED],
        "bounced": sum(states[state] for state in _BAD),
        "next_slot_text": moment(first) if waiting else "",
        "ends_text": moment(leaves_at(pacing, timezone, first, waiting - 1)) if waiting else "",
        "held_reason": held,
    }


def alarm_sentence(alarm: attention.Alarm) -> str:
    """Return an alarm in words: what happened and what to do."""
    match alarm.kind:
        case attention.Kind.KEY_REFUSED:
            return _(
                "SendGrid refuses our key, so all sending has stopped. It said: %(words)s. Check "
                "SENDGRID_API_KEY; sending goes on by itself when the key works.",
                words=alarm.words,
            )
        case attention.Kind.UNREACHABLE:
            return _(
                "SendGrid cannot be reached (%(words)s). Letters wait and are tried again by "
                "themselves.",
                words=alarm.words,
            )
        case attention.Kind.TARGET_HELD:
            return _(
                "Sending to %(target)s has stopped. Its server said: %(words)s",
                target=alarm.target_name,
                words=alarm.words,
            )
