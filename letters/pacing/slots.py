"""Work out when letters may leave for one target. Pure arithmetic.

Moments come and go as aware datetimes, and go in UTC. A moment is open if the target's clock then
shows a time inside the window of an open day. Where daylight saving repeats an hour, the clock
shows it twice and both count; where it skips one, nothing shows it and nothing is lost.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from math import floor
from typing import Final
from zoneinfo import ZoneInfo

from letters.campaign import WEEKDAYS, Pacing

HORIZON: Final = timedelta(days=1_826)
"""We look five years ahead. What would leave later, or never, is said to leave at their end."""
_DAY: Final = timedelta(days=1)
_RUN_DAYS: Final = 7


def next_open(pacing: Pacing, timezone: str, at: datetime) -> datetime:
    """Return the earliest open moment from `at` on."""
    at = at.astimezone(UTC)
    if _never_closes(pacing):
        return at
    return next((opens for opens, _ in _pieces(pacing, ZoneInfo(timezone), at)), at + HORIZON)


def stretches(
    pacing: Pacing, timezone: str, at: datetime
) -> Iterator[tuple[datetime, datetime | None]]:
    """Yield the open stretches from `at` on, each as [opens, closes), as long as they can be.

    The first one opens at `at` if that is open. A stretch that never closes has None and is the
    only one; where no day is open there is none; else they go on for ever.
    """
    at = at.astimezone(UTC)
    if _never_closes(pacing):
        yield at, None
        return
    pieces = _pieces(pacing, ZoneInfo(timezone), at)
    first = next(pieces, None)
    if first is None:
        return
    opens, closes = first
    for next_opens, next_closes in pieces:
        if next_opens > closes:
            yield opens, closes
            opens = next_opens
        closes = next_closes


def _never_closes(pacing: Pacing) -> bool:
    window = pacing.window
    return pacing.days == WEEKDAYS and (window is None or window.opens == window.closes)


def _pieces(pacing: Pacing, zone: ZoneInfo, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    # Yields open pieces from `at` on, none where no day is open; one may begin where the last
    # ended. What the target's clock shows is reckoned as if it were UTC, `ahead` of the true UTC.
    if not pacing.days:
        return
    opens = pacing.window.opens if pacing.window else time()
    closes = pacing.window.closes if pacing.window else time()
    length = (_DAY if closes <= opens else timedelta()) + (_since(closes) - _since(opens))
    is_open = [day in pacing.days for day in WEEKDAYS]
    for begin, end in pairwise(_even_runs(zone, at)):
        ahead = _ahead(zone, begin)
        day = datetime.combine((begin + ahead).date(), opens, UTC) - ahead - _DAY
        while day < end:  # from yesterday's window on, which may cross midnight
            if is_open[(day + ahead).weekday()] and day + length > begin:
                yield max(begin, day), min(end, day + length)
            day += _DAY


def _even_runs(zone: ZoneInfo, at: datetime) -> Iterator[datetime]:
    # Yields moments from `at` on, a week apart at most, between which the clock runs evenly.
    # No zone changes its clock twice in a day, or other than on a whole second.
    while True:
        yield at
        ahead = _ahead(zone, at)
        for _ in range(_RUN_DAYS):
            before, at = at, at + _DAY
            if _ahead(zone, at) != ahead:
                at = _change(zone, before, at)
                break


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    # Returns the moment of the one change between two.
    low, high = floor(before.timestamp()), floor(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if _ahead(zone, datetime.fromtimestamp(middle, UTC)) == _ahead(zone, before):
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def _ahead(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _since(clock: time) -> timedelta:
    return timedelta(hours=clock.hour, minutes=clock.minute)


def leaves_before(
    pacing: Pacing, timezone: str, first: datetime, letters_ahead: int, end: datetime
) -> bool:
    """Tell whether a letter that has `letters_ahead` before it leaves before `end`.

    The first leaves at `first` or later. Letters are counted a stretch of open time at once.
    """
    interval, left = pacing.interval, letters_ahead + 1
    at = first.astimezone(UTC)
    for opens, closes in stretches(pacing, timezone, at):
        at = max(at, opens)
        until = end if closes is None else min(closes, end)
        fits = -((at - until) // interval)  # rounded up
        if fits > 0:
            left -= fits
            at += fits * interval
        if left <= 0:
            return True
        if closes is None or closes >= end:
            return False
    return False


def leaves_at(pacing: Pacing, timezone: str, first: datetime, letters_ahead: int) -> datetime:
    """Return when a letter leaves that has `letters_ahead` before it, the first at `first`.

    They are counted a stretch at once: a long queue costs no more than a short one of as many days.
    """
    at = first.astimezone(UTC)
    horizon, left, interval = at + HORIZON, letters_ahead, pacing.interval
    for opens, closes in stretches(pacing, timezone, at):
        at = max(at, opens)
        end = horizon if closes is None else min(closes, horizon)
        fits = max(0, -((at - end) // interval))  # rounded up
        if left < fits:
            return at + left * interval
        if end == horizon:
            break
        left -= fits
        at += fits * interval
    return horizon
