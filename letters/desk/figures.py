"""Count what the desk's pictures show, in buckets, so that they cost the same at any size.

A bucket of `submitted` and `delivered` is an hour since 1970, one of `speed` an interval between
two of :data:`EDGES_SECONDS`, one of `personal` a tenth of the text.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select, text

from letters.storage.schema import figure

EDGES_SECONDS: Final = (
    1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1_800, 2_700, 3_600, 5_400,
    7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 259_200, 604_800,
)  # fmt: skip
"""How long deliveries take, finest where most do. Bucket n begins with edge n - 1."""
_HOUR: Final = 3_600
_MOST_HOURS: Final = 72
_MOST_DAYS: Final = 90
_ADD: Final = text(
    "INSERT INTO figure (campaign_id, series, bucket, letters)"
    " VALUES (:campaign_id, :series, :bucket, :letters)"
    " ON CONFLICT (campaign_id, series, bucket)"
    " DO UPDATE SET letters = figure.letters + excluded.letters"
)


class Series(StrEnum):
    """What is counted."""

    SUBMITTED = "submitted"
    """Letters handed in, by hour."""
    DELIVERED = "delivered"
    """Letters that are delivered, by the hour in which they were."""
    SPEED = "speed"
    """Deliveries, by the time that they took from SendGrid's yes on."""
    PERSONAL = "personal"
    """Letters, by the tenths of their text that are their writers' own when handed in."""


class Step(StrEnum):
    """How long a slice of time is."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Slice:
    """What happened in one hour, day or week."""

    begins_at: datetime
    submitted: int
    delivered: int


@dataclass(frozen=True, slots=True)
class OverTime:
    """Letters over time, oldest slice first, none left out."""

    step: Step
    slices: Sequence[Slice]


@dataclass(frozen=True, slots=True)
class Speed:
    """How long deliveries took."""

    deliveries: int
    half_within_seconds: int | None
    """Half took less; None: longer than the last edge, or there is none."""
    slowest_tenth_seconds: int
    """The slowest tenth took at least this."""
    buckets: Mapping[int, int]

    def between(self, least_seconds: int, below_seconds: int | None) -> int:
        """Return how many took from one edge to another."""
        first = bisect_right(EDGES_SECONDS, least_seconds)
        last = (
            len(EDGES_SECONDS)
            if below_seconds is None
            else (bisect_right(EDGES_SECONDS, below_seconds) - 1)
        )
        return sum(n for bucket, n in self.buckets.items() if first <= bucket <= last)


@dataclass(frozen=True, slots=True)
class Personal:
    """How much of the letters is their writers' own."""

    letters: int
    touched: int
    """Letters of which any part is the writer's own."""
    mostly_own: int
    """Letters of which more than half is."""


def hour_of(at: datetime) -> int:
    """Return the bucket of a moment."""
    return int(at.timestamp()) // _HOUR


def speed_of(seconds: float) -> int:
    """Return the bucket of a delivery's duration."""
    return bisect_right(EDGES_SECONDS, seconds)


def tenth_of(share: float) -> int:
    """Return the bucket of a share from 0 to 1: 0 only for nothing at all."""
    return min(10, ceil(share * 10))


def add(connection: Connection, counted: Mapping[tuple[int, Series, int], int]) -> None:
    """Add to the figures of (campaign id, series, bucket)."""
    rows = [
        {"campaign_id": campaign_id, "series": str(series), "bucket": bucket, "letters": n}
        for (campaign_id, series, bucket), n in sorted(counted.items())
        if n
    ]
    if rows:
        connection.execute(_ADD, rows)


def read(connection: Connection, campaign_id: int) -> dict[Series, Counter[int]]:
    """Return a campaign's figures, by series and bucket."""
    found: dict[Series, Counter[int]] = {series: Counter() for series in Series}
    for series, bucket, letters in connection.execute(
        select(figure.c.series, figure.c.bucket, figure.c.letters).where(
            figure.c.campaign_id == campaign_id
        )
    ):
        found[Series(series)][bucket] += letters
    return found


def over_time(read_figures: Mapping[Series, Counter[int]], timezone: str) -> OverTime:
    """Return letters by hour, day or week of `timezone`, as fits the time that they span."""
    submitted, delivered = read_figures[Series.SUBMITTED], read_figures[Series.DELIVERED]
    hours = sorted(hour for by in (submitted, delivered) for hour, n in by.items() if n)
    if not hours:
        return OverTime(Step.HOUR, ())
    zone = ZoneInfo(timezone)
    first, last = _at(hours[0]).astimezone(zone), _at(hours[-1]).astimezone(zone)
    if hours[-1] - hours[0] < _MOST_HOURS:
        every: Iterable[int] = range(hours[0], hours[-1] + 1)
        return OverTime(
            Step.HOUR, [Slice(_at(hour), submitted[hour], delivered[hour]) for hour in every]
        )
    by_day = [_by_day(by, zone) for by in (submitted, delivered)]
    step, days = (Step.DAY, 1) if (last.date() - first.date()).days < _MOST_DAYS else (Step.WEEK, 7)
    begins = first.date() - timedelta(days=first.weekday() if days > 1 else 0)
    slices = []
    while begins <= last.date():
        covered = [begins + timedelta(days=n) for n in range(days)]
        slices.append(
            Slice(
                datetime(begins.year, begins.month, begins.day, tzinfo=zone),
                *(sum(by[day] for day in covered) for by in by_day),
            )
        )
        begins += timedelta(days=days)
    return OverTime(step, slices)


def speed(read_figures: Mapping[Series, Counter[int]]) -> Speed:
    """Return how long deliveries took."""
    buckets = read_figures[Series.SPEED]
    total = buckets.total()
    half = _bucket_at(buckets, ceil(total / 2))
    tenth = _bucket_at(buckets, total - total // 10)
    return Speed(
        total,
        EDGES_SECONDS[half] if total and half < len(EDGES_SECONDS) else None,
        EDGES_SECONDS[tenth - 1] if tenth else 0,
        buckets,
    )


def personal(read_figures: Mapping[Series, Counter[int]]) -> Personal:
    """Return how much of the letters was their writers' own when they were handed in."""
    tenths = read_figures[Series.PERSONAL]
    return Personal(
        tenths.total(),
        sum(n for tenth, n in tenths.items() if tenth > 0),
        sum(n for tenth, n in tenths.items() if tenth > 5),
    )


def _bucket_at(buckets: Mapping[int, int], place: int) -> int:
    """Return the bucket in which the `place`-th of all lies, counted from the quickest."""
    passed = 0
    for bucket, n in sorted(buckets.items()):
        passed += n
        if passed >= place:
            return bucket
    return 0


def _at(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * _HOUR, UTC)


def _by_day(by: Mapping[int, int], zone: ZoneInfo) -> Counter[date]:
    days: Counter[date] = Counter()
    for hour, n in by.items():
        days[_at(hour).astimezone(zone).date()] += n
    return days
