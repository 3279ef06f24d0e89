"""Write a letter's text anew from its points, and lose nothing that its writer wrote.

A text in a writer's own words makes way only where that was asked for, and is put aside then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from letters.intake.written import Written, is_own, recomposed
from webapp.action.page import point_order
from webapp.action.points import moved

COMMANDS: Final = frozenset({"update", "move", "undo"})


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The form after one of the buttons, and what the page says about it."""

    written: Written
    before: str
    """The text that is put aside; empty: none."""
    focus: str
    is_apart: bool = False
    """The text is the writer's own and does not follow the points."""


def rewritten(written: Written, command: Mapping[str, str], before: str) -> Rewritten:
    """Return the form as one of the COMMANDS wants it, where `before` had been put aside."""
    own = written.posted.body if is_own(written) else ""
    if "undo" in command:
        back = replace(written, posted=replace(written.posted, body=before))
        return Rewritten(back, own, "undo" if own else "1", is_apart=True)
    if "update" in command:
        anew = _anew(_moved(written, command["update"]))
        return Rewritten(anew, own or before, "undo" if own else command["update"])
    in_order = _moved(written, command["move"])
    if own:
        return Rewritten(in_order, before, command["move"], is_apart=True)
    return Rewritten(_anew(in_order), before, command["move"])


def _moved(written: Written, command: str) -> Written:
    order = moved(point_order(written), command)
    kept = set(written.posted.points)
    points = tuple(key for key in order if key in kept)
    return replace(written, posted=replace(written.posted, points=points, order=tuple(order)))


def _anew(written: Written) -> Written:
    return replace(written, posted=replace(written.posted, body=recomposed(written)))
