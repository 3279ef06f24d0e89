"""Foresee what the limit for one network and the pacing do to a room full of writers. Pure.

A school, an office or a phone company is one network to us, and many people.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from letters.campaign import Pacing

_ROOM: Final = 50
"""So many people in an hour may sit in one room and write."""
_HOUR_SECONDS: Final = 3_600


@dataclass(frozen=True, slots=True)
class Crowd:
    """As many people behind one network as may write in one period, and what waits for them."""

    people: int
    period_seconds: int
    is_tight: bool
    """A room full of people would be asked to wait."""
    leaves_within: timedelta
    """After so much open time the last of their letters to one office has left."""


def crowd(people: int, period_seconds: int, pacing: Pacing) -> Crowd:
    """Return what becomes of as many people as a limit lets in together."""
    return Crowd(
        people,
        period_seconds,
        people * _HOUR_SECONDS < _ROOM * period_seconds,
        timedelta(hours=people / pacing.per_target_per_hour),
    )
