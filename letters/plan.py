"""Tell when the last waiting letter will have left, and how busy each target gets. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from letters.campaign import WEEKDAYS, Pacing
from letters.pacing import next_open, open_stretch

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class TargetPlan:
    """How one target's letters leave."""

    ends_at: datetime | None
    """When the last one leaves; None: none waits."""
    busiest_hour: datetime | None
    """The start of the clock hour in which most leave."""
    busiest_hour_letters: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How a campaign's waiting letters leave."""

    ends_at: datetime | None
    targets: Mapping[str, TargetPlan]


def plan(
    pacing: Pacing,
    *,
    waiting: Mapping[str, int],
    next_slot: Mapping[str, datetime],
    timezone: Mapping[str, str],
    now: datetime,
    send_rate: float,
) -> Plan:
    """Return the plan at today's pacing. Letters are walked an open stretch at a time.

    `send_rate`, in requests a second, bounds all targets together: the end is never earlier than
    all letters at that rate.
    """
    targets = {
        key: _plan_target(pacing, timezone[key], count, max(now, next_slot[key]))
        for key, count in waiting.items()
    }
    ends = [each.ends_at for each in targets.values() if each.ends_at is not None]
    if not ends:
        return Plan(None, targets)
    bound = now + timedelta(seconds=sum(waiting.values()) / send_rate)
    return Plan(max(*ends, bound), targets)


def _plan_target(pacing: Pacing, timezone: str, count: int, first: datetime) -> TargetPlan:
    if count == 0:
        return TargetPlan(None, None, 0)
    always = pacing.window is None and len(pacing.days) == len(WEEKDAYS)
    interval, left, at, last = pacing.interval, count, first, first
    busiest: tuple[int, datetime] = (0, first)
    while left:
        at = next_open(pacing, timezone, at)
        if always:
            fit = left
        else:
            closes = open_stretch(pacing, timezone, at)[1]
            fit = min(left, -(-(closes - at) // interval))
        busiest = max(busiest, _busiest(at, fit, interval), key=lambda pair: pair[0])
        last = at + (fit - 1) * interval
        left -= fit
        at = last + interval
    return TargetPlan(last, busiest[1], busiest[0])


def _busiest(at: datetime, count: int, interval: timedelta) -> tuple[int, datetime]:
    """Return the most letters in one clock hour of an unbroken run, and that hour's start."""
    hour = at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    best = (0, hour)
    # The first hour may be cut short and the second may fall well; from the third on they repeat.
    for n in range(3):
        begin, end = hour + n * _HOUR, hour + (n + 1) * _HOUR
        before = max(0, -(-(begin - at) // interval))
        upto = max(0, -(-(end - at) // interval))
        best = max(best, (min(count, upto) - min(count, before), begin), key=lambda p: p[0])
    return best
