"""Put the books, targets and alarms into words for the desk's pages."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask_babel import format_decimal
from markupsafe import Markup

from letters.books import ledger
from letters.campaign import Status
from letters.campaigns.stored import StoredCampaign, StoredTarget
from letters.campaigns.versions import OfVersion
from letters.desk import trouble as attention
from letters.pacing.slots import leaves_at, next_open
from letters.reasons import Hold, Reason
from letters.states import State
from webapp.desk.figures import charts
from webapp.site.language import gettext as _
from webapp.site.language import ngettext
from webapp.site.words import ago, marked, moment, state_word, words_for

WAITING: Final = (State.UNCONFIRMED, State.QUEUED, State.HELD)
_UNDER_WAY: Final = (State.SENDING, State.UNKNOWN, State.ACCEPTED, State.DEFERRED)
BAD: Final = (State.BOUNCED, State.DROPPED, State.FAILED)


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
    bar: Markup


def status_word(status: Status) -> str:
    """Return what a campaign's status means for its letters."""
    return {
        Status.DRAFT: _("draft: nobody else sees it"),
        Status.LIVE: _("live: takes letters and sends them"),
        Status.PAUSED: _("paused: takes letters and sends none"),
        Status.CLOSED: _("closed: takes no letters and sends what waits"),
    }[status]


def standing(stored: StoredCampaign, now: datetime) -> str:
    """Return what a campaign does now, as its status and the calendar say."""
    campaign = stored.campaign
    opens_at = campaign.opens_at
    if campaign.status is Status.LIVE and opens_at is not None and stored.is_to_open(now):
        return marked(_("live: opens on %(time)s"), time=moment(opens_at, campaign.timezone))
    return status_word(campaign.status)


def shown_books(books: ledger.Books) -> ShownBooks:
    """Return the books as one sentence that adds up, with its parts."""
    shown = [
        Part(
            str(state),
            state_word(state, books.states[state]),
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
        return ShownBooks(0, [], _("No letters yet"), Markup())
    sums = " + ".join(f"{format_decimal(part.number)} {part.word}" for part in shown)
    bar = charts.shares([(part.shape, part.number) for part in shown])
    return ShownBooks(books.submitted, shown, f"{total} = {sums}", bar)


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One target's line of the table."""

    id: int
    name: str
    email: str
    waiting: int
    under_way: int
    delivered: int
    bounced: int
    shares: Markup
    ends_at: datetime | None
    next_slot_text: Markup
    ends_text: Markup
    hold: str
    """Why nothing goes to it; empty: letters do."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One letter with which something went wrong."""

    letter_id: str
    target_name: str
    state: str
    word: str
    shape: str
    words: str
    """The other side's own, or what the state means."""
    since_text: str
    since_iso: str
    buttons: tuple[tuple[str, str], ...]
    """What mends it: pairs of the word that is posted and the button's own."""
    is_relay: bool
    """It is a mail that passes an answer on, and no letter with a page."""
    attempt_id: str
    """The latest that is shown, which the buttons speak of."""


def target_row(
    stored: StoredCampaign,
    target: StoredTarget,
    states: Counter[State],
    now: datetime,
) -> TargetRow:
    """Return one target's line of the table."""
    timezone = target.target.timezone
    first, last = _leave(stored, target, states, now)
    hold = "" if target.hold is None else hold_words(target.hold)
    if target.withdrawn:
        hold = _("no longer in the campaign")
    waiting, under_way, bad = (counted(states, of) for of in (WAITING, _UNDER_WAY, BAD))
    delivered = states[State.DELIVERED]
    return TargetRow(
        id=target.id,
        name=target.target.name,
        email=target.target.email,
        waiting=waiting,
        under_way=under_way,
        delivered=delivered,
        bounced=bad,
        shares=charts.shares(
            [("check", delivered), ("arrow", under_way), ("circle", waiting), ("cross", bad)]
        ),
        ends_at=last,
        next_slot_text=moment(first, timezone, beside=True) if first else Markup("–"),
        ends_text=moment(last, timezone, beside=True) if last else Markup("–"),
        hold=hold,
    )


def counted(states: Counter[State], of: Collection[State]) -> int:
    """Return how many letters are in one of some states."""
    return sum(states[state] for state in of) if states else 0


def _leave(
    stored: StoredCampaign, target: StoredTarget, states: Counter[State], now: datetime
) -> tuple[datetime, datetime] | tuple[None, None]:
    """Return when the next letter to a target leaves and the last one that waits, if any can."""
    queued = states[State.QUEUED] if states else 0
    stopped = stored.campaign.status in (Status.DRAFT, Status.PAUSED)
    if not queued or stopped or not target.can_be_written_to(now):
        return None, None
    pacing, timezone = stored.campaign.pacing, target.target.timezone
    first = next_open(pacing, timezone, max(target.next_slot_at, now))
    return first, leaves_at(pacing, timezone, first, queued - 1)


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One version's line of the table."""

    key: str
    """Empty: the letter itself."""
    numbers: tuple[int, ...]
    """Targets, letters, waiting, under way, delivered, not delivered."""


def version_row(of: OfVersion) -> VersionRow:
    """Return one version's line of the table."""
    waiting, under_way, bad = (counted(of.states, some) for some in (WAITING, _UNDER_WAY, BAD))
    delivered = of.states[State.DELIVERED]
    total = of.states.total()
    return VersionRow(of.key, (of.targets, total, waiting, under_way, delivered, bad))


def ending(
    stored: StoredCampaign, by_target: Mapping[int, Counter[State]], now: datetime
) -> Markup | None:
    """Return when the last waiting letter leaves, by the campaign's clock; None: none waits."""
    ends = [
        ends_at
        for target in stored.targets
        if (states := by_target.get(target.id))
        and (ends_at := _leave(stored, target, states, now)[1]) is not None
    ]
    if not ends:
        return None
    return marked(
        _("The last waiting letter should leave on %(time)s"),
        time=moment(max(ends), stored.campaign.timezone),
    )


def trouble(found: attention.Found, now: datetime) -> Trouble:
    """Return a letter with which something went wrong, and the buttons that mend it."""
    words = words_for(found.state)
    buttons = {
        State.UNKNOWN: (
            ("sent", _("It was sent")),
            ("again", _("Send it again")),
            ("failed", _("It was not sent")),
        ),
        State.FAILED: (("queue-again", _("Queue it again")),),
    }
    return Trouble(
        found.letter_id,
        _("an answer from %(name)s", name=found.target_name)
        if found.is_relay
        else found.target_name,
        str(found.state),
        words.word,
        words.shape,
        _why(found, words.meaning),
        ago(found.since, now),
        found.since.isoformat(),
        buttons.get(found.state, ()),
        found.is_relay,
        found.attempt_id or "",
    )


def _why(found: attention.Found, usual: str) -> str:
    """Return why something went wrong: our words for it, and the other side's own."""
    told = "" if found.reason is None else reason_words(found.reason)
    return " ".join(filter(None, (told, found.detail))) or usual


def hold_words(hold: Hold) -> str:
    """Return in a few words why nothing goes to a target."""
    return {
        Hold.BY_ORGANISER: _("held by an organiser"),
        Hold.SUCCEEDED: _("somebody has taken over"),
        Hold.BOUNCED: _("its address takes no mail"),
        Hold.COMPLAINED: _("it reported a letter as spam"),
        Hold.SOFT_FAILURES: _("too many letters did not arrive"),
        Hold.SUPPRESSED: _("SendGrid delivers nothing to its address"),
        Hold.STOPPED_BY_OFFICE: _("it asked for no more letters"),
    }[hold]


def reason_words(reason: Reason) -> str:
    """Return why something happened to a letter, or to all sending."""
    return {
        Reason.NAME_NOT_FOUND: _("Its name was not found."),
        Reason.NO_CONNECTION: _("No connection could be made."),
        Reason.NOT_SECURE: _("No secure connection could be made."),
        Reason.NO_ANSWER: _("No answer came in time."),
        Reason.BROKEN: _("The connection broke before an answer came."),
        Reason.OUT_OF_CREDITS: _("The credits of our SendGrid account are used up."),
        Reason.UNFORESEEN: _("Something went wrong on our side."),
        Reason.WORKER_STOPPED: _("The process that was sending it stopped."),
        Reason.NO_NEWS: _("News of later letters came, and none of this one."),
        Reason.PERSONS_WORD: _("A person said so."),
        Reason.SPAM_CONTENT: _(
            "SendGrid took its text for unwanted mail: look at the letter before you try again."
        ),
        Reason.QUOTA: _(
            "What our SendGrid account may send was used up: buy more, then queue it again."
        ),
        Reason.MAILBOX_FULL: _("The office's mailbox is full: queue it again in some days."),
        Reason.GAVE_UP: _("SendGrid tried for days, and the office's server did not take it."),
        Reason.NO_SUCH_PERSON: _("The office's server knows nobody there: mend the address."),
        Reason.ROLLED_BACK: _("The database was put back to an earlier time; it may have left."),
    }[reason]


def alarm_sentence(alarm: attention.Alarm) -> str:
    """Return an alarm in words: what happened and what to do."""
    words = alarm.words or (reason_words(alarm.reason) if alarm.reason else "")
    match alarm.kind:
        case attention.Kind.BEHIND:
            return _(
                "Nothing is sent: these books are older than what was sent. It seems that the "
                "database was put back from a backup. Whoever runs Postbag finds in "
                "docs/operations/restore.md what to do."
            )
        case attention.Kind.STRANGE_NEWS:
            return _(
                "SendGrid tells of letters that these books have not sent: they may be older than "
                "what was sent, or a copy of them is sending. Whoever runs Postbag finds in "
                "docs/operations/restore.md what to do."
            )
        case attention.Kind.KEY_REFUSED if alarm.reason is Reason.OUT_OF_CREDITS:
            return _(
                "The credits of our SendGrid account are used up, so all sending has stopped. "
                "Every letter waits. Buy more, or wait for the next period; sending goes on by "
                "itself."
            )
        case attention.Kind.KEY_REFUSED:
            return _(
                "SendGrid refuses our key, so all sending has stopped. It said: %(words)s. Check "
                "SENDGRID_API_KEY; sending goes on by itself when the key works.",
                words=words,
            )
        case attention.Kind.UNREACHABLE:
            return _(
                "SendGrid cannot be reached (%(words)s). Letters wait and are tried again by "
                "themselves.",
                words=words.rstrip("."),
            )
