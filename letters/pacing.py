"""Work out when letters may leave for one target. Pure: times come in and go out in UTC."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from letters.campaign import WEEKDAYS, Pacing

_DAY = timedelta(days=1)


@lru_cache(maxsize=1_024)
def _stretch(pacing: Pacing, timezone: str, day: date) -> tuple[datetime, datetime] | None:
    """Return when the window of `day` opens and closes, in UTC; None for a day that is closed.

    A local time that daylight saving skips or repeats is read with its earlier offset.
    """
    if WEEKDAYS[day.weekday()] not in pacing.days:
        return None
    zone = ZoneInfo(timezone)
    opens = pacing.window.opens if pacing.window else time()
    closes = pacing.window.closes if pacing.window else time()
    last = day if closes > opens else day + _DAY
    begin = datetime.combine(day, opens, zone).astimezone(UTC)
    end = datetime.combine(last, closes, zone).astimezone(UTC)
    return begin, end


def open_stretch(pacing: Pacing, timezone: str, at: datetime) -> tuple[datetime, datetime]:
    """Return the open stretch that holds `at`, or else the next one, as [opens, closes) in UTC."""
    today = at.astimezone(ZoneInfo(timezone)).date()
    for n in range(-1, 9):
        stretch = _stretch(pacing, timezone, today + n * _DAY)
        if stretch is not None and stretch[1] > at and stretch[1] > stretch[0]:
            return stretch
    raise ValueError("pacing without a day")


def next_open(pacing: Pacing, timezone: str, at: datetime) -> datetime:
    """Return the earliest moment from `at` on that lies in the window, on an open day."""
    if pacing.window is None and len(pacing.days) == len(WEEKDAYS):
        return at
    return max(at, open_stretch(pacing, timezone, at)[0])


def slots(pacing: Pacing, timezone: str, first: datetime) -> Iterator[datetime]:
    """Yield the times at which letters leave from `first` on, for ever."""
    at = first
    while True:
        at = next_open(pacing, timezone, at)
        yield at
        at += pacing.interval
