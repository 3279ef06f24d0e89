"""Draw the actions of a run from a seed."""

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tests.simulation.people import PEOPLE
from tests.simulation.processes import WORKERS

ACTIONS: Final = 120
"""So many actions has a run."""
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


_WRITE, _WORK = (Kind.START, "write"), (Kind.START, "work")
_SWEEP, _SETTLE = (Kind.START, "sweep"), (Kind.START, "settle")
_RUN, _KILL, _WAIT = (Kind.RUN, ""), (Kind.KILL, ""), (Kind.WAIT, "")
_FREEZE: Final = (Kind.FREEZE, "")
# Trouble comes in stories, and what is drawn action by action seldom tells one to its end.
_STORIES: Final = (
    (_WRITE, _WORK, _RUN, _RUN, _KILL, _WAIT, _WORK),
    (
        _WRITE,
        _WORK,
        _RUN,
        (Kind.FREEZE, ""),
        _WAIT,
        _SWEEP,
        _SETTLE,
        _WAIT,
        _WORK,
        _WAIT,
        _RUN,
        _WORK,
    ),
    (_WRITE, _WORK, _SWEEP, _SETTLE, _WAIT, _WORK),
    (_WRITE, (Kind.WEATHER, ""), _WORK, _WAIT, _SWEEP, _WAIT, _WORK),
    (_WRITE, (Kind.BACK_UP, ""), _WORK, (Kind.PUT_BACK, ""), _WORK, _WAIT, _WORK),
    (_WRITE, _WRITE, _WORK, _RUN, _WORK, _WAIT),
)


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

    def anything() -> tuple[Kind, str]:
        return (
            chance.choices(list(kinds), list(kinds.values()))[0],
            chance.choices(list(favourite), list(favourite.values()))[0],
        )

    drawn: list[tuple[Kind, str]] = []
    tells_stories = chance.random() < 0.5
    while len(drawn) < ACTIONS:
        for each in chance.choice(_STORIES) if tells_stories else ():
            if chance.random() < 0.1:
                drawn.append(anything())
            drawn.append(each)
        drawn.append(anything())
    return [
        Action(kind, name, chance.randrange(1_000), chance.randrange(1 << 48))
        for kind, name in drawn[:ACTIONS]
    ]
