"""Tell whether a campaign can go live: it floods no office and is done before its end. Pure.

The line is 120 letters an hour to one office, one every thirty seconds. An office that opens and
files a letter in half a minute just keeps up with it; beyond it letters are counted or blocked, not
read. The usual thirty an hour leave two minutes for each.

Whether letters are done in time is foreseen with the worker's own pacing
(:mod:`letters.pacing.plan`), for as many letters as the goal wants or as wait already, whichever
are more.
"""

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo

from letters.campaign import WEEKDAYS, Campaign, Pacing, Target
from letters.pacing.plan import OpenTimes, Plan, plan
from letters.pacing.slots import HORIZON

MOST_PER_HOUR: Final = 120
"""Letters to one office; the module says why."""
_USUAL: Final = Pacing().per_target_per_hour


class Kind(StrEnum):
    """Why a campaign cannot go live."""

    FLOOD = "flood"
    TOO_LATE = "too-late"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class SoFar:
    """What has become of one target's letters, and when the next may leave."""

    waiting: int = 0
    left: int = 0
    next_slot: datetime | None = None


class Remedy(StrEnum):
    """What one can do so that a campaign can go live."""

    LOWER = "lower"
    """No more than `figure` letters an hour to one office: the most that is allowed."""
    USUAL = "usual"
    """`figure` letters an hour to one office, which let it read each."""
    LATER_END = "later-end"
    """A last day that is not past; `day` or later, where that is known."""
    NO_END = "no-end"
    FASTER = "faster"
    """At least `figure` letters an hour to each office."""
    WIDER = "wider"
    """Letters leave at any hour on every day."""
    FEWER = "fewer"
    """A goal of at most `figure` letters."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way out, and what comes of it."""

    remedy: Remedy
    figure: int = 0
    day: date | None = None
    last: datetime | None = None
    """When the last letter would then leave, by the campaign's clock; None: nobody can know."""
    needs_later_end: bool = False
    """The last letter would leave after the last day all the same."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a campaign cannot go live: the figures of it, and two ways out."""

    kind: Kind
    ways: tuple[Way, Way]
    per_hour: int
    """Letters to one office, as the campaign is."""
    letters: int
    """How many it was foreseen for; 0: nobody knows how many, and none can leave in time."""
    last_day: date
    """When the last of them would leave; of 0, the first."""
    ends: date | None
    """The last day of the campaign."""

    @property
    def can_be_overruled(self) -> bool:
        """Tell whether somebody who knows why may let the campaign be open all the same."""
        return self.kind is not Kind.OVER


@dataclass(frozen=True, slots=True)
class Readiness:
    """What can be foreseen of a campaign at its pacing."""

    reasons: tuple[Reason, ...]
    plan: Plan[str]
    """By the targets' addresses."""
    letters: int
    """How many letters it was foreseen for."""
    terms_over: tuple[Target, ...] = ()
    """Those who cannot be written to any more."""


def check(
    campaign: Campaign,
    so_far: Mapping[str, SoFar],
    *,
    now: datetime,
    send_rate: float,
) -> Readiness:
    """Return what can be foreseen, and every reason against going live.

    `so_far` is by the targets' addresses; a target may be missing from it. `send_rate` is in
    requests a second over all targets.
    """
    now = max(now, campaign.opens_at or now)
    expected = expected_letters(campaign, so_far)
    foresight = _Foresight(campaign, so_far, expected, now, send_rate, OpenTimes(now))
    found = foresight.plan(campaign.pacing)
    against = _Reasons(foresight, found)
    reasons: list[Reason] = []
    if campaign.pacing.per_target_per_hour > MOST_PER_HOUR:
        reasons.append(against.flood())
    if campaign.ends_at is not None and campaign.ends_at <= now:
        reasons.append(against.over())
    elif not foresight.is_in_time(found):
        reasons.append(against.too_late())
    elif not any(expected.values()) and (reason := _first_is_late(foresight)) is not None:
        reasons.append(reason)
    over = tuple(t for t in campaign.targets if t.valid_before and t.valid_before <= now)
    return Readiness(tuple(reasons), found, sum(expected.values()), over)


def _first_is_late(foresight: "_Foresight") -> Reason | None:
    """Return that not one letter can leave before the end, if that is so."""
    each = dict.fromkeys(foresight.expected, 1)
    first = replace(foresight, expected=each)
    found = first.plan(foresight.campaign.pacing)
    leaves = min((one.ends_at for one in found.targets.values() if one.ends_at), default=None)
    if leaves is None or first.is_in_time(replace(found, ends_at=leaves)):
        return None
    day = leaves.astimezone(ZoneInfo(foresight.campaign.timezone)).date()
    return replace(_Reasons(first, found).too_late(), letters=0, last_day=day)


def expected_letters(campaign: Campaign, so_far: Mapping[str, SoFar]) -> dict[str, int]:
    """Return how many letters are still to leave for each target, by its address.

    The goal counts as shared evenly: who writes to whom, by area or by choice, nobody knows.
    """
    share = ceil((campaign.goal or 0) / max(1, len(campaign.targets)))
    each = {target.email: so_far.get(target.email, SoFar()) for target in campaign.targets}
    return {email: max(known.waiting, share - known.left) for email, known in each.items()}


@dataclass(frozen=True, slots=True)
class _Foresight:
    campaign: Campaign
    so_far: Mapping[str, SoFar]
    expected: Mapping[str, int]
    now: datetime
    send_rate: float
    open_times: OpenTimes

    def plan(
        self,
        pacing: Pacing,
        expected: Mapping[str, int] | None = None,
        until: datetime | None = None,
    ) -> Plan[str]:
        slots = {email: known.next_slot for email, known in self.so_far.items()}
        return plan(
            pacing,
            waiting=self.expected if expected is None else expected,
            next_slot={email: slot for email, slot in slots.items() if slot is not None},
            timezone={target.email: target.timezone for target in self.campaign.targets},
            now=self.now,
            send_rate=self.send_rate,
            until=until,
            matters_at=self.campaign.matters_at,
            open_times=self.open_times,
        )

    def would_be_in_time(self, pacing: Pacing, expected: Mapping[str, int] | None = None) -> bool:
        """Tell the same of another pacing; what comes after the end is not looked at."""
        return self.is_in_time(self.plan(pacing, expected, self.campaign.ends_at))

    def is_in_time(self, found: Plan[str]) -> bool:
        ends_at = self.campaign.ends_at
        if found.ends_at is None or ends_at is None:
            return True
        # What a plan says to leave at its own end may leave later.
        return found.ends_at < min(ends_at, self.now + HORIZON)

    def at(self, per_hour: int) -> Plan[str]:
        return self.plan(replace(self.campaign.pacing, per_target_per_hour=per_hour))

    def least_per_hour(self) -> int | None:
        """Return the fewest letters an hour that are done in time; None: the line forbids it."""
        rates = range(1, MOST_PER_HOUR + 1)
        pacing = self.campaign.pacing
        place = bisect_left(
            rates,
            1,
            key=lambda rate: self.would_be_in_time(replace(pacing, per_target_per_hour=rate)),
        )
        return rates[place] if place < len(rates) else None

    def most_letters(self) -> int:
        """Return the largest goal that is done in time."""
        goals = range(1, (self.campaign.goal or 0) + 1)

        def is_late(goal: int) -> bool:
            smaller = expected_letters(replace(self.campaign, goal=goal), self.so_far)
            return not self.would_be_in_time(self.campaign.pacing, smaller)

        return bisect_left(goals, 1, key=is_late)

    def last(self, found: Plan[str]) -> datetime:
        """Return when the last letter leaves, by the campaign's clock."""
        return (found.ends_at or self.now).astimezone(ZoneInfo(self.campaign.timezone))


@dataclass(frozen=True, slots=True)
class _Reasons:
    foresight: _Foresight
    found: Plan[str]

    def flood(self) -> Reason:
        ways = [
            self._paced(Remedy.LOWER, MOST_PER_HOUR),
            self._paced(Remedy.USUAL, _USUAL),
        ]
        if ways[0].last == ways[1].last:  # for a letter or two it makes no difference
            ways = [replace(way, last=None) for way in ways]
        return self._reason(Kind.FLOOD, ways[0], ways[1])

    def over(self) -> Reason:
        return self._reason(Kind.OVER, Way(Remedy.LATER_END), Way(Remedy.NO_END))

    def too_late(self) -> Reason:
        campaign, foresight = self.foresight.campaign, self.foresight
        later = Way(Remedy.LATER_END, day=foresight.last(self.found).date())
        faster = foresight.least_per_hour()
        if faster is not None:
            return self._reason(Kind.TOO_LATE, later, Way(Remedy.FASTER, faster))
        wide = replace(campaign.pacing, window=None, days=WEEKDAYS)
        if wide != campaign.pacing and foresight.would_be_in_time(wide):
            return self._reason(Kind.TOO_LATE, later, Way(Remedy.WIDER))
        fewer = foresight.most_letters()
        second = Way(Remedy.FEWER, fewer) if fewer else Way(Remedy.NO_END)
        return self._reason(Kind.TOO_LATE, later, second)

    def _paced(self, remedy: Remedy, per_hour: int) -> Way:
        foresight = self.foresight
        found = foresight.at(per_hour)
        last = None if found.ends_at is None else foresight.last(found)
        is_late = not foresight.is_in_time(found)
        return Way(remedy, per_hour, last=last, needs_later_end=is_late)

    def _reason(self, kind: Kind, first: Way, second: Way) -> Reason:
        campaign = self.foresight.campaign
        return Reason(
            kind,
            (first, second),
            campaign.pacing.per_target_per_hour,
            sum(self.foresight.expected.values()),
            self.foresight.last(self.found).date(),
            campaign.ends,
        )
