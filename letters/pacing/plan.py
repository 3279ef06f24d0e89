"""Foresee when waiting letters leave at today's pacing. Pure.

Letters are counted a stretch of open time at once, not one by one.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import tee
from math import ceil
from typing import Final, Generic, TypeVar
from zoneinfo import ZoneInfo

from letters.campaign import Pacing, Window
from letters.pacing.bundles import Share, share
from letters.pacing.slots import HORIZON, stretches

_HOUR: Final = timedelta(hours=1)
_MIDNIGHT: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LEAST: Final = timedelta(microseconds=1)

_Key = TypeVar("_Key", bound=Hashable)
_Stretches = Iterable[tuple[datetime, datetime | None]]


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """How the letters that wait for one target leave, by its pacing alone."""

    ends_at: datetime | None
    """When the last one leaves, in UTC; None: none waits."""
    busiest_hour: datetime | None
    """When the busiest hour by the target's clock begins, in UTC: the first one, of several."""
    busiest_hour_letters: int
    bundle: Share | None = None
    """What leaves together before the campaign's moment, since it cannot leave singly."""


@dataclass(frozen=True, slots=True)
class Plan(Generic[_Key]):
    """How all that waits leaves."""

    ends_at: datetime | None
    """When the last letter leaves, in UTC; None: none waits."""
    targets: Mapping[_Key, TargetPlan]


@dataclass(frozen=True, slots=True)
class _Run:
    """Letters that leave one interval after another."""

    first: datetime
    count: int


class OpenTimes:
    """Each zone's open stretches from one moment on, found once however many plans ask."""

    def __init__(self, now: datetime) -> None:
        self.now: Final = now.astimezone(UTC)
        self._found: dict[tuple[Window | None, tuple[str, ...], str], _Stretches] = {}

    def of(self, pacing: Pacing, zone: str) -> _Stretches:
        """Return a zone's open stretches; what one plan has found of them the next one has."""
        key = (pacing.window, pacing.days, zone)
        if key not in self._found:
            self._found[key] = tee(stretches(pacing, zone, self.now), 1)[0]
        return copy(self._found[key])


def plan(  # noqa: PLR0913 - each by its name
    pacing: Pacing,
    *,
    waiting: Mapping[_Key, int],
    next_slot: Mapping[_Key, datetime],
    timezone: Mapping[_Key, str],
    now: datetime,
    send_rate: float,
    until: datetime | None = None,
    matters_at: datetime | None = None,
    open_times: OpenTimes | None = None,
) -> Plan[_Key]:
    """Return the plan for the letters in `waiting`, by target.

    What would leave later than `until`, or than :data:`HORIZON`, is said to leave then. Plans for
    one moment may share their `open_times`. Before `matters_at` all leave, some in a bundle.

    `send_rate`, in requests a second over all targets, can only put the end off. It counts as an
    even flow: all letters at that rate from now on, and those to each timezone at that rate
    whenever it is open there. Whichever of these ends last is the end.
    """
    now = now.astimezone(UTC)
    horizon = now + HORIZON
    if until is not None:
        horizon = max(now, min(horizon, until.astimezone(UTC)))
    opened = open_times or OpenTimes(now)
    targets: dict[_Key, TargetPlan] = {}
    in_zone: Counter[str] = Counter()
    # Most targets of a campaign that has not begun are alike: each kind of them is planned once.
    alike: dict[tuple[str, datetime, int], TargetPlan] = {}
    for key, count in waiting.items():
        zone = timezone[key]
        first = max(now, next_slot.get(key, now).astimezone(UTC))
        kind = (zone, first, count)
        if kind not in alike:
            bundle = None
            if matters_at is not None:
                times = opened.of(pacing, zone)
                bundle = share(times, pacing.interval, first, count, matters_at)
            mails = bundle.singly + bundle.mails if bundle else count
            runs = list(_runs(opened.of(pacing, zone), first, pacing.interval, mails, horizon))
            hour, letters = _busiest_hour(runs, pacing.interval, _ahead(zone, now))
            ends_at = _end(runs, pacing.interval, mails, horizon)
            most = min(letters, ceil(send_rate * 3_600))
            alike[kind] = TargetPlan(ends_at, hour, most, bundle)
        targets[key] = alike[kind]
        together = targets[key].bundle
        in_zone[zone] += together.singly + together.mails if together else count
    flow = max(_LEAST, timedelta(seconds=min(1 / send_rate, HORIZON.total_seconds())))
    flows = [(opened.of(pacing, zone), count) for zone, count in in_zone.items()]
    flows.append((iter([(now, None)]), in_zone.total()))
    ends = [each.ends_at for each in targets.values()]
    ends += [_end(_runs(o, now, flow, count, horizon), flow, count, horizon) for o, count in flows]
    return Plan(max((end for end in ends if end is not None), default=None), targets)


def _runs(
    opened: _Stretches, first: datetime, interval: timedelta, count: int, horizon: datetime
) -> Iterator[_Run]:
    at, left = first, count
    for opens, closes in opened:
        at = max(at, opens)
        end = horizon if closes is None else min(closes, horizon)
        fits = min(left, -((at - end) // interval))  # rounded up
        if fits > 0:
            yield _Run(at, fits)
            left -= fits
            at += fits * interval
        if left <= 0 or end == horizon:
            return


def _end(
    runs: Iterable[_Run], interval: timedelta, count: int, horizon: datetime
) -> datetime | None:
    end = None
    for run in runs:
        end = run.first + (run.count - 1) * interval
        count -= run.count
    return horizon if count > 0 else end


def _busiest_hour(
    runs: Sequence[_Run], interval: timedelta, ahead: timedelta
) -> tuple[datetime | None, int]:
    most = ceil(_HOUR / interval)
    busiest: tuple[datetime | None, int] = (None, 0)
    hour, letters = None, 0
    for run in runs:
        at, left = run.first, run.count
        while left and busiest[1] < most:
            begin = at - (at - _MIDNIGHT + ahead) % _HOUR
            fits = min(left, -((at - begin - _HOUR) // interval))
            letters = fits + (letters if begin == hour else 0)
            hour = begin
            if letters > busiest[1]:
                busiest = (hour, letters)
            left -= fits
            at += fits * interval
    return busiest


def _ahead(zone: str, now: datetime) -> timedelta:
    return now.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
