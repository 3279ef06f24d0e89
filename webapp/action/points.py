"""Keep the order in which a writer wants the points. Pure.

A form tells it twice: `points` are the keys kept, in their order, and the hidden `order` says where
the dropped ones stand among them, so that a point taken up again comes back to its place.
"""

from collections.abc import Iterable, Sequence
from typing import Final

_STEPS: Final = {"up": -1, "down": 1}


def full_order(known: Sequence[str], order: Iterable[str], kept: Iterable[str]) -> list[str]:
    """Return every key of `known` once, in the writer's order.

    What `kept` says of the order counts more than `order`, and what neither names comes last.
    Keys that are not known are passed over.
    """
    wanted = [key for key in dict.fromkeys(kept) if key in known]
    named = [key for key in dict.fromkeys([*order, *wanted, *known]) if key in known]
    places = iter(wanted)
    return [next(places) if key in wanted else key for key in named]


def moved(keys: Sequence[str], command: str) -> list[str]:
    """Return `keys` after a command such as "up:trees"; unchanged where it asks for nothing."""
    direction, _, key = command.partition(":")
    result = list(keys)
    if direction in _STEPS and key in result:
        here = result.index(key)
        there = here + _STEPS[direction]
        if 0 <= there < len(result):
            result[here], result[there] = result[there], result[here]
    return result
