"""Hold what a run has in common: a clock that the search moves, and actors that it lets go on.

An actor is a greenlet. It runs until it comes to a *point*: a statement, a commit, a word with
Redis, a request's way to SendGrid. There the search decides who goes on, or that this actor dies.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from greenlet import getcurrent, greenlet
from redis import ConnectionError as RedisAway

from letters.storage.database import StorageUnavailable
from tests.support.books import START

EDGES: Final = frozenset(
    {
        "after a commit",
        "its turn to write",
        "a question to Redis",
        "an answer of Redis",
        "a request's time",
        "an answer",
        "a person's thoughts",
    }
)
"""Points outside of a transaction."""


class Killed(BaseException):
    """The process is gone. No handler of ours may catch this."""


class Actor:
    """A process, or what one of its threads does, stopped at a point."""

    def __init__(self, number: int, name: str, work: Callable[[], object]) -> None:
        self.number: Final = number
        self.name: Final = name
        self.at = "its beginning"
        self.can_go_on: Callable[[], bool] = lambda: True
        self.is_in_transaction = False
        self.asks_redis = False
        self.is_dying = False
        self.error: BaseException | None = None
        self._greenlet: Final = greenlet(lambda _roll: self._live(work))

    def _live(self, work: Callable[[], object]) -> None:
        try:
            if not self.is_dying:
                work()
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001 - the run tells what no actor may come to
            self.error = error

    @property
    def is_over(self) -> bool:
        return bool(self._greenlet.dead)

    @property
    def is_ready(self) -> bool:
        return not self.is_over and self.can_go_on()

    def go_on(self, roll: int) -> None:
        """Let it go to its next point. `roll` decides what is left to chance there."""
        self._greenlet.switch(roll)

    def meet(self, trouble: BaseException) -> None:
        """Let what it waits for end in trouble."""
        self._greenlet.throw(trouble)

    def die(self) -> None:
        """Kill it where it stands: nothing of it runs any more but its database's undoing."""
        self.is_dying = True
        if not self._greenlet:  # it has not begun
            self._greenlet.switch(0)
        while not self.is_over:
            self._greenlet.throw(Killed())


class World:
    """Clock and actors. A number that is drawn in advance decides each time what happens next."""

    def __init__(self) -> None:
        self.now = START
        self.steps = 0
        self.actors: dict[int, Actor] = {}
        self.writer: Actor | None = None
        self.after_commit: Callable[[], None] = lambda: None
        self._started = 0
        self._by_greenlet: dict[greenlet, Actor] = {}

    def start(self, name: str, work: Callable[[], object]) -> Actor:
        self._started += 1
        actor = Actor(self._started, name, work)
        self.actors[actor.number] = actor
        return actor

    @property
    def current(self) -> Actor | None:
        """Return who is running; None: the search itself."""
        return self._by_greenlet.get(getcurrent())

    def pause(self, at: str, can_go_on: Callable[[], bool] = lambda: True) -> int:
        """Stop here until the search lets this actor go on; return what chance says."""
        actor = self.current
        if actor is None:
            return 0  # before the run, and when the judge looks
        if actor.is_dying:
            raise Killed
        actor.at, actor.can_go_on = at, can_go_on
        found = getcurrent().parent
        assert found is not None
        roll: int = found.switch()
        return roll

    def pause_until(self, moment: datetime, at: str) -> int:
        return self.pause(at, lambda: self.now >= moment)

    def let(self, actor: Actor, roll: int) -> None:
        """Let an actor go to its next point."""
        self.steps += 1
        self._with(actor, lambda: actor.go_on(roll))

    def kill(self, actor: Actor) -> None:
        self._with(actor, actor.die)

    def trouble(self, actor: Actor) -> None:
        """Let what an actor waits for fail, as a server that goes away does."""
        if actor.asks_redis:
            self._with(actor, lambda: actor.meet(RedisAway("played")))
        elif actor.is_in_transaction:
            self._with(actor, lambda: actor.meet(StorageUnavailable("played")))

    def _with(self, actor: Actor, act: Callable[[], None]) -> None:
        self._by_greenlet[actor._greenlet] = actor  # noqa: SLF001 - our own other half
        act()
        if actor.is_over:
            self.actors.pop(actor.number, None)
            self._by_greenlet.pop(actor._greenlet, None)  # noqa: SLF001
            if actor.error is not None:
                raise actor.error

    def wait(self, by: timedelta) -> None:
        self.now += by
