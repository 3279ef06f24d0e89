"""Describe a campaign: what its organisers wrote, whom it writes to and how it is paced.

Values only. They come from a campaign file (:mod:`letters.files.campaign_file`) or from the
database.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from letters.languages import Language


class Status(StrEnum):
    """What a campaign does now."""

    DRAFT = "draft"
    """Nobody but its organisers sees it."""
    LIVE = "live"
    """Takes letters and sends them."""
    PAUSED = "paused"
    """Takes letters and sends none. Notices still leave."""
    CLOSED = "closed"
    """Takes none and sends what waits."""


class Confirm(StrEnum):
    """Whether a writer has to confirm the address before the letter leaves."""

    BEFORE_SENDING = "before-sending"
    NONE = "none"


class Routing(StrEnum):
    """Which of the targets a supporter's letter goes to."""

    ALL = "all"
    AREA = "area"
    CHOICE = "choice"


class Identical(StrEnum):
    """What becomes of letters that their writers left as they were."""

    SEND = "send"
    DIGEST = "digest"


class Replies(StrEnum):
    """Which way an office's answer takes to the writer."""

    DIRECT = "direct"
    THROUGH_US = "through-us"
    """To an address of the letter's own, from which we pass it on."""


class AsksAddress(StrEnum):
    """Whether a supporter is asked for a postal address."""

    NO = "no"
    NEEDED = "needed"
    OPTIONAL = "optional"


class ResendUnknown(StrEnum):
    """Whether a letter whose fate is not known may ever be sent again without a person's word."""

    NEVER = "never"
    WHEN_PROVEN = "when-proven"


WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class Window:
    """A daily window in the target's local time. It crosses midnight when `closes <= opens`."""

    opens: time
    closes: time

    def __str__(self) -> str:
        """Return the window as campaign files write it, "08:00-18:00"."""
        return f"{self.opens:%H:%M}-{self.closes:%H:%M}"


@dataclass(frozen=True, slots=True)
class Pacing:
    """How fast, and when, letters go to one target."""

    per_target_per_hour: int = 30
    window: Window | None = None
    days: tuple[str, ...] = WEEKDAYS
    """A subset of WEEKDAYS, in that order. A window that crosses midnight belongs to the day on
    which it opens."""
    resend_unknown: ResendUnknown = ResendUnknown.NEVER
    hold_after_soft_failures: int = 10
    """Letters in a row that come back or are dropped, after which a target's letters are held."""

    @property
    def interval(self) -> timedelta:
        """Return the least time between two letters to one target."""
        # Rounded up to the microsecond: a little less would let one letter too many into an hour.
        return -(-timedelta(hours=1) // self.per_target_per_hour)


@dataclass(frozen=True, slots=True)
class Point:
    """One argument of the letter, which a writer may keep, drop or move."""

    key: str
    lead: str
    text: str


MOST_CHOSEN: Final = 5

Wanted = tuple[tuple[str, tuple[str, ...]], ...]
"""Attributes that are asked for: for each key, one of these values."""


@dataclass(frozen=True, slots=True)
class Version:
    """What takes the place of parts of the letter for some targets."""

    key: str
    when: Wanted
    subjects: tuple[str, ...] = ()
    salutation: str = ""
    opening: str = ""
    closing: str = ""
    points: tuple[str, ...] | None = None
    """The keys of the points that it offers; None: all."""


@dataclass(frozen=True, slots=True)
class LetterTemplate:
    """The pre-written letter. Its texts may hold the merge fields of :mod:`letters.text.merge`."""

    subjects: tuple[str, ...]
    salutation: str
    opening: str
    closing: str
    points: tuple[Point, ...] = ()
    prompts: tuple[str, ...] = ()
    versions: tuple[Version, ...] = ()
    """The first that fits a target takes the place of what it names; see
    :mod:`letters.text.versions`."""


@dataclass(frozen=True, slots=True)
class Target:
    """A decision-maker who gets letters."""

    name: str
    email: str
    salutation: str
    role: str = ""
    address: str = ""
    timezone: str = "UTC"
    areas: tuple[str, ...] = ()
    """Postcodes, exact or a prefix that ends in `*`. None: the target serves no area."""
    valid_until: date | None = None
    """The last day, in `timezone`, on which the target may be written to."""
    attributes: tuple[tuple[str, str], ...] = ()
    """What else is known, by key and sorted: a party, a committee."""
    of_list: str = ""
    """The list that the target comes from; empty: the campaign's own."""

    @property
    def valid_before(self) -> datetime | None:
        """Return the moment from which the target can no longer be written to."""
        return None if self.valid_until is None else day_end(self.valid_until, self.timezone)


@dataclass(frozen=True, slots=True)
class Followed:
    """People of a list who are targets of a campaign, and change with it."""

    of_list: str
    only: Wanted = ()


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as its organisers wrote it."""

    slug: str
    title: str
    letter: LetterTemplate
    targets: tuple[Target, ...]
    organisation: str = ""
    """The key of whose campaign it is; empty: of the only one there is, or of nobody."""
    summary: str = ""
    """Markdown."""
    outcome: str = ""
    """How it ended, for the page that says that it is over: Markdown."""
    language: Language = Language.EN
    status: Status = Status.DRAFT
    goal: int | None = None
    opens: datetime | None = None
    """By the campaign's clock, without a zone: until then a live campaign takes nothing."""
    ends: date | None = None
    """The last day, in `timezone`, of the campaign."""
    matters_by: datetime | None = None
    """By the campaign's clock, without a zone: what cannot leave singly before it goes in
    bundles."""
    timezone: str = "UTC"
    asks_postcode: bool = False
    asks_address: AsksAddress = AsksAddress.NO
    confirm: Confirm = Confirm.BEFORE_SENDING
    routing: Routing = Routing.ALL
    most_chosen: int = MOST_CHOSEN
    """How many targets one writer may choose, where the writer chooses."""
    areas_from: str = ""
    """The look-up table that turns a postcode into areas; empty: areas are postcodes."""
    follows: tuple[Followed, ...] = ()
    identical: Identical = Identical.SEND
    replies: Replies = Replies.DIRECT
    office_page: bool = False
    """Each letter's foot has a link to the office's own page."""
    embed_origins: tuple[str, ...] = ()
    opt_in: str = ""
    """The wording of an unticked box; empty: there is no box."""
    proof_of_work: bool = False
    """Where `confirm` is none: a letter that comes without work done is confirmed by mail."""
    pacing: Pacing = field(default_factory=Pacing)

    @property
    def opens_at(self) -> datetime | None:
        """Return the moment from which the campaign takes letters; None: from the first."""
        return None if self.opens is None else self._by_its_clock(self.opens)

    @property
    def ends_at(self) -> datetime | None:
        """Return the moment from which the campaign is over."""
        return None if self.ends is None else day_end(self.ends, self.timezone)

    @property
    def matters_at(self) -> datetime | None:
        """Return the moment before which every letter has to leave, if there is one."""
        return None if self.matters_by is None else self._by_its_clock(self.matters_by)

    def _by_its_clock(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=ZoneInfo(self.timezone)).astimezone(UTC)


def day_end(day: date, timezone: str) -> datetime:
    """Return the first moment after `day` in `timezone`."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(timezone))
