"""Draw the actions of a run from a seed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tests.simulation.people import PEOPLE
from tests.simulation.processes import WORKERS

ACTIONS: Final = 120
"""So many actions has a run at most."""
_OF_ONE_STORY_OR_TWO: Final = 40
OTHERS: Final = ("post", *PEOPLE)
"""What SendGrid and people do."""
_DRAWN_FROM: Final = [*OTHERS, *["settle"] * 6, *["post"] * 3, "release_office"]


class Kind(StrEnum):
    """What the search can do next."""

    START = "start"
    RUN = "run"
    KILL = "kill"
    FREEZE = "freeze"
    TROUBLE = "trouble"
    WAIT = "wait"
    WEATHER = "weather"
    LOSE_EVENT = "lose an event"
    EMPTY_REDIS = "empty Redis"
    BACK_UP = "back up"
    PUT_BACK = "put back"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that the search does. Its numbers mean something whatever came before."""

    kind: Kind
    name: str
    """Of the process that is started."""
    which: int
    roll: int

    def __str__(self) -> str:
        what = f" {self.name}" if self.kind is Kind.START else ""
        return f"{self.kind}{what} ({self.which}, {self.roll})"


@dataclass(frozen=True, slots=True)
class Sketch:
    """An action of a story, with as much of its numbers as the story needs; chance has the rest."""

    kind: Kind
    name: str = ""
    which: tuple[int, ...] = ()
    """One of these; none: any."""
    rests: tuple[int, ...] = ()
    """What `roll` leaves when it is divided by `by`, one of these; none: anything."""
    by: int = 5

    def drawn(self, chance: random.Random) -> Action:
        which = chance.choice(self.which) if self.which else chance.randrange(1_000)
        roll = chance.randrange(1 << 48)
        if self.rests:
            roll += chance.choice(self.rests) - roll % self.by
        return Action(self.kind, self.name, which, roll)


LONGEST_FREEZE: Final = 29
"""So many actions a process may stand still for."""
_OLDEST, _NEWEST = (0,), (-1,)
_STOPPED, _THROUGH = (3, 4), (0, 1, 2)  # of what begins: it waits for its first turn, or does all
_TO_AN_EDGE, _TO_ITS_END = (1, 2, 3), (4,)  # of what goes on
_WRITE, _WORK = Sketch(Kind.START, "write"), Sketch(Kind.START, "work")
_SWEEP, _SETTLE = Sketch(Kind.START, "sweep"), Sketch(Kind.START, "settle")
_RUN, _KILL, _WAIT = Sketch(Kind.RUN), Sketch(Kind.KILL), Sketch(Kind.WAIT)
_SWEPT, _SETTLED, _WORKED = (
    Sketch(Kind.START, name, rests=_THROUGH) for name in ("sweep", "settle", "work")
)
_POSTED = Sketch(Kind.START, "post", rests=_THROUGH)
_WAIT_FOR_A_SLOT: Final = Sketch(Kind.WAIT, which=(5, 6))
_SILENT: Final = Sketch(Kind.WEATHER, which=(1,))
_PRESUMED_DEAD: Final = Sketch(Kind.WAIT, which=(3, 4))
_STEP_ON: Final = Sketch(Kind.RUN, which=_NEWEST, rests=_TO_AN_EDGE)
# Trouble comes in stories, and what is drawn action by action seldom tells one to its end.
_STORIES: Final = (
    (_WRITE, _WORK, _RUN, _RUN, _KILL, _WAIT, _WORK),
    (_WRITE, _WORK, _SWEEP, _SETTLE, _WAIT, _WORK),
    (_WRITE, Sketch(Kind.WEATHER), _WORK, _WAIT, _SWEEP, _WAIT, _WORK),
    (_WRITE, Sketch(Kind.BACK_UP), _WORK, Sketch(Kind.PUT_BACK), _WORK, _WAIT, _WORK),
    (_WRITE, _WRITE, _WORK, _RUN, _WORK, _WAIT),
)
# What goes on around a process that stands still: what it comes back to may be no more so.
_MEANWHILE: Final = (
    (_SWEPT, _SETTLED),
    (_PRESUMED_DEAD, _SWEPT, _SETTLED, _WAIT_FOR_A_SLOT),
    (_PRESUMED_DEAD, _SWEPT, _WAIT_FOR_A_SLOT),
    (_SETTLED, _WAIT_FOR_A_SLOT),
    (_POSTED,),
    (),
)
_WENT_AGAIN: Final = (_SETTLED, _WAIT_FOR_A_SLOT, _SILENT, _WORKED, _PRESUMED_DEAD, _SWEPT)
"""Somebody else decided, it was sent once more, and nobody knows of that either."""


def held_up(chance: random.Random) -> list[Sketch]:
    """Let a worker or a person stop anywhere, others do their work, and the first go on.

    A guard is what a process that was held up meets when it goes on. So this is told most often.
    """
    begun = Sketch(Kind.START, "work", rests=_STOPPED)
    before = [_WRITE] * chance.randint(0, 2)
    steps = [_STEP_ON] * chance.randint(1, 6)
    is_person = chance.random() < 0.4
    if is_person:  # since a worker has died on its way
        gone = Sketch(Kind.KILL, which=_NEWEST)
        before = [_WRITE, begun, *steps[:4], gone, _PRESUMED_DEAD, _SWEPT]
        begun = Sketch(Kind.START, "settle", rests=_STOPPED)
        steps = [_STEP_ON] * chance.choice((1, 1, 1, 2))
    around = [
        *(_WENT_AGAIN if is_person and chance.random() < 0.5 else chance.choice(_MEANWHILE)),
        *chance.choice(((), (_WORKED,), (Sketch(Kind.START, "work", rests=_STOPPED),))),
        *[_STEP_ON] * chance.randint(0, 5),
        *chance.choice(((), chance.choice(_MEANWHILE))),
    ]
    frozen = Sketch(
        Kind.FREEZE, which=_NEWEST, rests=(min(len(around), LONGEST_FREEZE - 1),), by=LONGEST_FREEZE
    )
    on = Sketch(Kind.RUN, which=_OLDEST, rests=_TO_ITS_END)
    return [*before, begun, *steps, frozen, *around, on, _WAIT_FOR_A_SLOT, _WORKED]


def draw(seed: int) -> list[Action]:
    """Draw a run's actions. Each run has favourites of its own: few things, often, find more."""
    chance = random.Random(seed)
    favourite = dict.fromkeys((*WORKERS, *OTHERS), 0)
    favourite |= dict.fromkeys(chance.sample(_DRAWN_FROM, chance.choice((2, 3, 5))), 2)
    favourite |= {"write": 2, "work": 5, "sweep": 3}
    kinds = {
        Kind.START: 25.0,
        Kind.RUN: 30.0,
        Kind.KILL: chance.choice((0.0, 3.0)),
        Kind.FREEZE: chance.choice((0.0, 6.0)),
        Kind.TROUBLE: chance.choice((0.0, 0.0, 3.0)),
        Kind.WAIT: chance.choice((8.0, 12.0)),
        Kind.WEATHER: chance.choice((0.0, 2.0)),
        Kind.LOSE_EVENT: chance.choice((0.0, 1.0)),
        Kind.EMPTY_REDIS: chance.choice((0.0, 0.5)),
        Kind.BACK_UP: chance.choice((0.0, 3.0)),
        Kind.PUT_BACK: chance.choice((0.0, 3.0)),
    }

    def anything() -> Action:
        kind = chance.choices(list(kinds), list(kinds.values()))[0]
        name = chance.choices(list(favourite), list(favourite.values()))[0]
        return Sketch(kind, name).drawn(chance)

    drawn: list[Action] = []
    tells = chance.choice(("nothing", "anything", "held up", "held up", "held up"))
    # A letter that has arrived has no story any more: the sooner a run ends, the sooner the next.
    length = _OF_ONE_STORY_OR_TWO if tells == "held up" else ACTIONS
    while len(drawn) < length:
        story: Sequence[Sketch] = ()
        if tells == "held up":
            story = held_up(chance)
        elif tells == "anything":
            story = chance.choice(_STORIES)
        for each in story:
            if chance.random() < (0.03 if tells == "held up" else 0.1):
                drawn.append(anything())
            drawn.append(each.drawn(chance))
        if tells != "held up":
            drawn.append(anything())
    return drawn[:length]
