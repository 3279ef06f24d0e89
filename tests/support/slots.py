"""Walk the moments at which letters leave; the product reckons them a stretch at once."""

from collections.abc import Iterator
from datetime import UTC, datetime

from letters.campaign import Pacing
from letters.pacing.slots import stretches


def slots(pacing: Pacing, timezone: str, first: datetime) -> Iterator[datetime]:
    """Yield the moments at which letters leave, the earliest possible, for ever.

    None is before `first`, each is open, and each is at least the pacing's interval after the last.
    """
    interval = pacing.interval
    at = first.astimezone(UTC)
    for opens, closes in stretches(pacing, timezone, at):
        at = max(at, opens)
        while closes is None or at < closes:
            yield at
            at += interval
