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
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date
from babel.numbers import format_decimal

from letters.campaign import WEEKDAYS, Campaign, Pacing
from letters.languages import Language, translations
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


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a campaign cannot go live: a sentence that names the figure, and two ways out."""

    kind: Kind
    what: str
    ways: tuple[str, str]

    def __str__(self) -> str:
        """Return all of it in one line."""
        return f"{self.what} {self.ways[0]} {self.ways[1]}"


@dataclass(frozen=True, slots=True)
class Readiness:
    """What can be foreseen of a campaign at its pacing."""

    reasons: tuple[Reason, ...]
    plan: Plan[str]
    """By the targets' addresses."""
    letters: int
    """How many letters it was foreseen for."""


def check(
    campaign: Campaign,
    so_far: Mapping[str, SoFar],
    *,
    now: datetime,
    send_rate: float,
    language: Language = Language.EN,
) -> Readiness:
    """Return what can be foreseen, and every reason against going live.

    `so_far` is by the targets' addresses; a target may be missing from it. `send_rate` is in
    requests a second over all targets.
    """
    expected = expected_letters(campaign, so_far)
    foresight = _Foresight(campaign, so_far, expected, now, send_rate, OpenTimes(now))
    words = _Words(language, foresight)
    found = foresight.plan(campaign.pacing)
    reasons: list[Reason] = []
    if campaign.pacing.per_target_per_hour > MOST_PER_HOUR:
        reasons.append(words.flood())
    if campaign.ends_at is not None and campaign.ends_at <= now:
        reasons.append(words.over())
    elif not foresight.is_in_time(found):
        reasons.append(words.too_late(found))
    return Readiness(tuple(reasons), found, sum(expected.values()))


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

    def last_day(self, found: Plan[str]) -> date:
        """Return the day on which the last letter leaves, by the campaign's clock."""
        return ((found.ends_at or self.now).astimezone(ZoneInfo(self.campaign.timezone))).date()


@dataclass(frozen=True, slots=True)
class _Words:
    language: Language
    foresight: _Foresight

    def flood(self) -> Reason:
        _ = translations(self.language).gettext
        per_hour = self.foresight.campaign.pacing.per_target_per_hour
        seconds = timedelta(hours=1) / per_hour / timedelta(seconds=1)
        what = _(
            "At {figure} letters an hour one office gets a letter every {seconds} seconds; at most "
            "{most} an hour are allowed."
        ).format(
            figure=self._number(per_hour),
            seconds=self._number(float(f"{seconds:.2g}")),
            most=self._number(MOST_PER_HOUR),
        )
        first = _("Lower the figure to {most} an hour or less.").format(
            most=self._number(MOST_PER_HOUR)
        )
        second = _(
            "Or spread the letters over more time: the usual {usual} an hour let an office read "
            "each."
        ).format(usual=self._number(_USUAL))
        ways = (first + self._then(MOST_PER_HOUR), second + self._then(_USUAL))
        return Reason(Kind.FLOOD, what, ways)

    def over(self) -> Reason:
        _ = translations(self.language).gettext
        ends = self.foresight.campaign.ends or date.min
        what = _("The last day of the campaign, {day}, is past.").format(day=self._day(ends))
        ways = (_("Choose a later last day."), _("Or leave the last day empty."))
        return Reason(Kind.OVER, what, ways)

    def too_late(self, found: Plan[str]) -> Reason:
        _ = translations(self.language).gettext
        campaign, foresight = self.foresight.campaign, self.foresight
        what = _(
            "At {figure} an hour to each office the last of {letters} letters would leave on "
            "{day}, after the last day of the campaign, {ends}."
        ).format(
            figure=self._number(campaign.pacing.per_target_per_hour),
            letters=self._number(sum(foresight.expected.values())),
            day=self._day(foresight.last_day(found)),
            ends=self._day(campaign.ends or date.min),
        )
        day = self._day(foresight.last_day(found))
        ways = [_("Move the last day to {day} or later.").format(day=day)]
        faster = foresight.least_per_hour()
        wide = replace(campaign.pacing, window=None, days=WEEKDAYS)
        fewer = foresight.most_letters()
        if faster is not None:
            ways.append(
                _("Or let {figure} letters an hour go to each office.").format(
                    figure=self._number(faster)
                )
            )
        if wide != campaign.pacing and foresight.would_be_in_time(wide):
            ways.append(_("Or let letters leave at any hour on every day."))
        if fewer:
            ways.append(
                _("Or lower the goal to {letters} letters.").format(letters=self._number(fewer))
            )
        ways.append(_("Or leave the last day empty."))
        return Reason(Kind.TOO_LATE, what, (ways[0], ways[1]))

    def _then(self, per_hour: int) -> str:
        """Return what follows from another figure: when the last letter leaves, if any waits."""
        foresight = self.foresight
        found = foresight.at(per_hour)
        if found.ends_at is None:
            return ""
        _ = translations(self.language).gettext
        letters, day = sum(foresight.expected.values()), foresight.last_day(found)
        if foresight.is_in_time(found):
            sentence = _("The last of {letters} letters would leave on {day}.")
        else:
            sentence = _(
                "The last of {letters} letters would leave on {day}, so move the last day there."
            )
        return " " + sentence.format(letters=self._number(letters), day=self._day(day))

    def _number(self, number: float) -> str:
        return format_decimal(number, locale=self.language.locale)

    def _day(self, day: date) -> str:
        return format_date(day, "long", locale=self.language.locale)
