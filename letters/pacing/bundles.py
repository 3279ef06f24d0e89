"""Foresee how many letters leave singly before a moment, and when the rest leaves together. Pure.

Letters leave singly as long as they can. The bundle begins with the last slots of all: when it
begins, it takes everything that waits.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import ceil
from types import MappingProxyType
from typing import Final

AHEAD: Final = timedelta(hours=1)
"""A bundle is done so long before the moment that it is for: something may go wrong."""
_LETTERS_IN_MAIL: Final = 100
"""So many are sure to fit into one mail of a bundle. Most often more do."""

Stretch = tuple[datetime, datetime | None]
_ONE_SLIPS_BY: Final = 100
"""Of so many slots one may be lost: letters leave a moment after their slots, not at them."""


class How(StrEnum):
    """How letters come to an office."""

    EACH = "each"
    """One by one, at the campaign's pace."""
    DAILY = "daily"
    """All together, once a day."""
    WEEKLY = "weekly"

    @property
    def every(self) -> timedelta:
        """Return how long it is from one message to the next, where several letters go together."""
        return _EVERY[self]


_EVERY: Final = MappingProxyType(
    {How.EACH: timedelta(days=1), How.DAILY: timedelta(days=1), How.WEEKLY: timedelta(days=7)}
)


@dataclass(frozen=True, slots=True)
class Share:
    """What becomes of the letters that wait for a target, where not all can leave singly."""

    singly: int
    bundled: int
    mails: int
    """So many the bundle needs at most."""
    begins_at: datetime


def share(
    opened: Iterable[Stretch],
    interval: timedelta,
    first: datetime,
    waiting: int,
    by: datetime,
) -> Share | None:
    """Return how `waiting` letters are shared; None: all leave singly, or no bundle would help.

    `opened` are the target's open stretches from `first` on, the next slot; each letter leaves an
    `interval` after the other, and all have to leave before the moment `by`.
    """
    slots = _Slots(opened, interval, first.astimezone(UTC), by.astimezone(UTC))
    there_are = slots.before(by)
    if there_are == 0 or waiting <= there_are - ceil(there_are / _ONE_SLIPS_BY):
        return None
    in_time = slots.before(by - AHEAD)
    # What leaves singly needs no room in the bundle, so the slots used grow with it, or stay.
    singly = bisect_right(range(waiting), in_time, key=lambda n: n + _mails(waiting - n)) - 1
    singly = max(0, singly)
    bundled = waiting - singly
    return Share(singly, bundled, _mails(bundled), slots.at(singly))


def last_begin(
    opened: Iterable[Stretch],
    interval: timedelta,
    first: datetime,
    gathered: int,
    by: datetime,
) -> datetime:
    """Return when a mail for letters that go together anyway has to begin, as late as it can.

    The first slot, where none is left before the moment `by`. Else as for :func:`share`.
    """
    slots = _Slots(opened, interval, first.astimezone(UTC), by.astimezone(UTC))
    place = slots.before(by - AHEAD) - _mails(gathered)
    return slots.at(place) if place > 0 else first


def _mails(letters: int) -> int:
    return ceil(letters / _LETTERS_IN_MAIL)


class _Slots:
    """The slots between two moments, counted a stretch at once."""

    def __init__(
        self, opened: Iterable[Stretch], interval: timedelta, first: datetime, end: datetime
    ) -> None:
        self._interval = interval
        self._runs: list[tuple[datetime, datetime]] = []
        """First slots of stretches, and where each stretch closes."""
        at = first
        for opens, closes in opened:
            at = max(at, opens)
            if at >= end:
                break
            until = end if closes is None else min(closes, end)
            if at < until:
                self._runs.append((at, until))
                at += self._fits(at, until) * interval

    def before(self, end: datetime) -> int:
        return sum(self._fits(at, min(until, end)) for at, until in self._runs if at < end)

    def at(self, place: int) -> datetime:
        """Return the slot that has `place` before it; of those that there are."""
        for at, until in self._runs:
            fits = self._fits(at, until)
            if place < fits:
                return at + place * self._interval
            place -= fits
        raise IndexError(place)

    def _fits(self, at: datetime, until: datetime) -> int:
        return -((at - until) // self._interval)  # rounded up
