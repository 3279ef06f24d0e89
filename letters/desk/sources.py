"""Count where letters came from: by the code of the link that led to the form, and by day.

Counted from history as the pictures are, so that it costs the same at any size, and stays when who
wrote is erased. A bucket is a quarter of an hour: every time zone's days begin with one.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select, text

from letters.states import Cause, State
from letters.storage.schema import source_figure

_QUARTER_SECONDS: Final = 900
_ADD: Final = text(
    "INSERT INTO source_figure (campaign_id, source, series, bucket, letters)"
    " VALUES (:campaign_id, :source, :series, :bucket, :letters)"
    " ON CONFLICT (campaign_id, source, series, bucket)"
    " DO UPDATE SET letters = source_figure.letters + excluded.letters"
)


class Series(StrEnum):
    """What is counted."""

    HANDED_IN = "handed_in"
    CONFIRMED = "confirmed"
    """Letters whose writers said yes, or were not asked to."""
    DELIVERED = "delivered"


@dataclass(frozen=True, slots=True)
class Mark:
    """What one step of a letter counts for."""

    campaign_id: int
    source: str
    series: Series
    bucket: int

    @classmethod
    def at(cls, campaign_id: int, source: str | None, series: Series, at: datetime) -> "Mark":
        """Return the mark of a step taken at a moment."""
        return cls(campaign_id, source or "", series, int(at.timestamp()) // _QUARTER_SECONDS)


@dataclass(frozen=True, slots=True)
class Numbers:
    """How many letters came, and how far they got."""

    handed_in: int = 0
    confirmed: int = 0
    delivered: int = 0

    def __add__(self, other: "Numbers") -> "Numbers":
        """Return both together."""
        return Numbers(
            self.handed_in + other.handed_in,
            self.confirmed + other.confirmed,
            self.delivered + other.delivered,
        )

    def __bool__(self) -> bool:
        """Tell whether there is anything."""
        return self != Numbers()


def series_of(state: State, cause: Cause) -> tuple[Series, ...]:
    """Return what a step of a letter is counted in."""
    if cause is Cause.WRITTEN:
        is_asked = state is State.UNCONFIRMED
        return (Series.HANDED_IN,) if is_asked else (Series.HANDED_IN, Series.CONFIRMED)
    if cause is Cause.CONFIRM:
        return (Series.CONFIRMED,)
    return (Series.DELIVERED,) if state is State.DELIVERED else ()


def add(connection: Connection, counted: Mapping[Mark, int]) -> None:
    """Add to the figures."""
    rows = [
        {
            "campaign_id": mark.campaign_id,
            "source": mark.source,
            "series": str(mark.series),
            "bucket": mark.bucket,
            "letters": n,
        }
        for mark, n in counted.items()
        if n
    ]
    if rows:
        connection.execute(_ADD, rows)


@dataclass(frozen=True, slots=True)
class Sources:
    """A campaign's letters by day and source. No code is the empty one."""

    by_day: Mapping[tuple[date, str], Numbers]
    """In the order of the days; without what is nothing."""

    @property
    def by_source(self) -> dict[str, Numbers]:
        """Return the sums of each source, those that brought most first."""
        sums: dict[str, Numbers] = {}
        for (_, source), numbers in self.by_day.items():
            sums[source] = sums.get(source, Numbers()) + numbers
        return dict(sorted(sums.items(), key=lambda one: (-one[1].handed_in, one[0])))

    @property
    def together(self) -> Numbers:
        """Return the sums of all."""
        return sum(self.by_day.values(), Numbers())


def read(connection: Connection, campaign_id: int, timezone: str) -> Sources:
    """Return where a campaign's letters came from, by day of `timezone`."""
    zone = ZoneInfo(timezone)
    counted: dict[tuple[date, str], Counter[Series]] = {}
    for source, series, bucket, letters in connection.execute(
        select(
            source_figure.c.source,
            source_figure.c.series,
            source_figure.c.bucket,
            source_figure.c.letters,
        ).where(source_figure.c.campaign_id == campaign_id)
    ):
        day = datetime.fromtimestamp(bucket * _QUARTER_SECONDS, UTC).astimezone(zone).date()
        counted.setdefault((day, source), Counter())[Series(series)] += letters
    return Sources(dict(_in_order(counted)))


def _in_order(
    counted: Mapping[tuple[date, str], Counter[Series]],
) -> Iterator[tuple[tuple[date, str], Numbers]]:
    for place, numbers in sorted(counted.items()):
        found = Numbers(**{str(series): numbers[series] for series in Series})
        if found:
            yield place, found
