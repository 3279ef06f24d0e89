"""Make one run: do its actions, let everything come to its end, and tell what came of it."""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import Enum, auto
from typing import Final

from letters.sending import mark
from letters.sending.in_redis import RedisMark
from letters.sending.mark import Mark
from letters.states import State
from tests.simulation import processes
from tests.simulation.drawing import LONGEST_FREEZE, Action, Kind
from tests.simulation.ground import Ground, copy_books
from tests.simulation.judge import Fault, Judge
from tests.simulation.people import PEOPLE, restart
from tests.simulation.played import PlayedSendGrid, Weather
from tests.simulation.processes import WORKERS, Parts, Scene
from tests.simulation.world import EDGES, Actor, World

_INTERVALS: Final = {"trees": 60, "quay": 90, "bells": 60}
_WAITS: Final = (0.5, 2, 15, 40, 40, 61, 61, 300, 905, 4_000)
_A_SECOND: Final = timedelta(seconds=1)
_MOST_ACTORS: Final = 7
_MOST_WRITERS: Final = 4  # the fewer letters, the more happens to each
_LEAST_RESTORE: Final = timedelta(minutes=1)
_MOST_ROUNDS: Final = 400
_STARTS: Final = {**WORKERS, "post": processes.post_events, **PEOPLE}
_AT_LAST: Final[dict[str, Callable[[Scene], None]]] = {
    "restart": restart,
    "sweep": lambda scene: processes.sweep_once(scene, 0),
    "work": lambda scene: processes.work_once(scene, 100),
    "post": lambda scene: processes.post(scene, [e for _at, e in scene.sendgrid.events]),
}


class Far(Enum):
    """How far an actor goes on before another may."""

    POINT = auto()
    """To its next statement, commit or edge."""
    EDGE = auto()
    """To where it stands outside of a transaction."""
    END = auto()
    """Until it is over, or has to wait."""


_HOW_FAR: Final = (Far.POINT, Far.EDGE, Far.EDGE, Far.EDGE, Far.END)


class Run:
    """One run from its beginning to its end."""

    def __init__(self, ground: Ground, parts: Parts) -> None:
        random.seed(0)  # the product's own jitter
        self.world = World()
        ground.make_ready(self.world)
        sendgrid = PlayedSendGrid()
        intervals = {slug: timedelta(seconds=n) for slug, n in _INTERVALS.items()}
        judge = Judge(ground.judges, sendgrid, intervals, resends=frozenset({1, 3}))
        self.scene = Scene(
            self.world, ground.database, ground.redis, sendgrid, judge, ground.settings, parts
        )
        self.world.after_commit = judge.look
        self._ground = ground
        self._is_restoring = False
        self._frozen: dict[Actor, int] = {}  # who does nothing for so many actions
        self.steps = 0
        self.trace: list[str] = []
        self._back_up()

    def close(self) -> None:
        for actor in list(self.world.actors.values()):
            self.world.kill(actor)

    def act(self, actions: Sequence[Action]) -> None:
        for action in actions:
            self._frozen = {actor: n - 1 for actor, n in self._frozen.items() if n > 1}
            self._act(action)
            self.steps = self.world.steps
        if actions and actions[-1].roll % 3 == 0:
            self._die_all()
        self._bring_to_an_end()

    def _act(self, it: Action) -> None:
        match it.kind:
            case Kind.START:
                self._start(it.name, it.roll)
            case Kind.RUN | Kind.KILL | Kind.FREEZE | Kind.TROUBLE:
                self._act_on_one(it)
            case Kind.WAIT:
                self._wait(timedelta(seconds=_WAITS[it.which % len(_WAITS)]))
            case Kind.BACK_UP:
                self._back_up()
            case Kind.PUT_BACK:
                self._put_back(it.roll)
            case _:
                self._change_surroundings(it)

    def _act_on_one(self, it: Action) -> None:
        ready = [a for a in self.world.actors.values() if a.is_ready and a not in self._frozen]
        if not ready:
            if self.world.actors:
                self._wait(_A_SECOND)
            return
        actor = ready[it.which % len(ready)]
        self.trace.append(f"{it.kind} {actor.name} {actor.number} at {actor.at}")
        match it.kind:
            case Kind.KILL:
                self._kill(actor)
            case Kind.TROUBLE:
                self.world.trouble(actor)
            case Kind.FREEZE:
                self._frozen[actor] = 1 + it.roll % LONGEST_FREEZE
            case _:
                self._let(actor, _HOW_FAR[it.roll % len(_HOW_FAR)], it.roll)

    def _change_surroundings(self, it: Action) -> None:
        sendgrid = self.scene.sendgrid
        if it.kind is Kind.WEATHER:
            sendgrid.weather = list(Weather)[it.which % len(Weather)]
            self.trace.append(f"weather {sendgrid.weather.name}")
        elif it.kind is Kind.LOSE_EVENT and sendgrid.events:
            sendgrid.events.pop(it.which % len(sendgrid.events))
            self.trace.append("lose an event")
        elif it.kind is Kind.EMPTY_REDIS and not self._is_restoring:
            self.scene.redis.flushdb()
            self.trace.append("empty Redis")

    def _start(self, name: str, roll: int) -> None:
        if len(self.world.actors) >= _MOST_ACTORS:
            return
        if name == "write" and self.scene.writers >= _MOST_WRITERS:
            return
        if name in WORKERS and self.scene.must_be_restored:
            return
        work = _STARTS[name]
        actor = self.world.start(name, lambda: work(self.scene, roll))
        self.trace.append(f"start {name} {actor.number}")
        if roll % 5 < 3:
            self._let(actor, Far.END, roll)

    def _let(self, actor: Actor, how_far: Far, roll: int) -> None:
        """Let an actor go on: to its next point, out of its transaction, or as far as it can."""
        chance = random.Random(roll)
        while actor.is_ready:
            self.world.let(actor, chance.randrange(1 << 48))
            if how_far is Far.POINT or (how_far is Far.EDGE and actor.at in EDGES):
                break

    def _wait(self, by: timedelta) -> None:
        self.world.wait(by)
        self.trace.append(f"wait {by}")
        processes.arrive(self.scene)

    def _die_all(self) -> None:
        """Kill everybody, as when a machine is gone."""
        self.trace.append("all die")
        for actor in list(self.world.actors.values()):
            self._kill(actor)

    def _kill(self, actor: Actor) -> None:
        self.world.kill(actor)
        if actor.name == "restore":  # whoever gave the command gives it again
            self._start_restore()

    def _back_up(self) -> None:
        copy_books(self._ground.path, self._ground.backup)
        self._backed_up_at = self.world.now
        self._mark = self._look()
        self._commits = self.scene.judge.commits

    def _look(self) -> Mark:
        with self.scene.database.read() as connection:
            return mark.look(connection)

    def _knows_redis(self) -> bool:
        """Tell whether Redis knows of claims or news since the backup."""
        with self.scene.database.read() as connection:
            installation = mark.installation(connection)
        kept = RedisMark(self.scene.redis, installation).read()
        return kept is not None and kept.is_ahead_of(self._mark)

    def _put_back(self, roll: int) -> None:
        """Put the last backup back: by the drill, or while workers go on and find it out."""
        if self._is_restoring:
            return
        # Then it is as if nobody had put anything back, until somebody says so.
        is_nothing_lost = self.scene.judge.commits == self._commits
        is_by_the_drill = roll % 2 == 0 or not (is_nothing_lost or self._knows_redis())
        for actor in list(self.world.actors.values()):
            if actor.is_in_transaction or (is_by_the_drill and actor.name in WORKERS):
                self.world.kill(actor)  # its connection is gone, or somebody stops it
        copy_books(self._ground.backup, self._ground.path)
        if is_by_the_drill or not is_nothing_lost:
            self.scene.judge.begin_anew(self.world.now)
        self.trace.append(f"put back, {'by the drill' if is_by_the_drill else 'unannounced'}")
        self._wait(_LEAST_RESTORE)
        self.scene.must_be_restored, self._is_restoring = is_by_the_drill, True
        if is_by_the_drill and roll % 3 == 0:
            self.scene.redis.flushdb()  # lost as well
        self._start_restore()

    def _start_restore(self) -> None:
        since = self._backed_up_at

        def restore() -> None:
            processes.restore(self.scene, since)
            self._is_restoring = False

        self.world.start("restore", restore)

    def _bring_to_an_end(self) -> None:
        """Let everything work again, and see that every letter comes where it stays."""
        self.trace.append("all is well again")
        self.scene.sendgrid.is_well = True
        self._finish()
        for number in range(_MOST_ROUNDS):
            for name in (
                ("restart", "sweep", "work", "post") if number % 4 == 0 else ("work", "post")
            ):
                work = _AT_LAST[name]
                self.world.start(name, lambda: work(self.scene))  # noqa: B023 - ends before the next
                self._finish()
            if not self._is_waiting():
                break
            self._wait(timedelta(seconds=91))
        else:
            raise Fault("letters wait for ever")
        self.scene.judge.sum_up()

    def _finish(self) -> None:
        """Let everybody come to an end."""
        while self.world.actors:
            ready = [actor for actor in self.world.actors.values() if actor.is_ready]
            for actor in ready:
                self._let(actor, Far.END, 0)
            if not ready:
                self._wait(_A_SECOND)

    def _is_waiting(self) -> bool:
        states = {known.state for known in self.scene.judge.letters.values()}
        waits = states & {State.QUEUED, State.SENDING}
        return bool(waits or self.scene.sendgrid.events or self.scene.sendgrid.next_arrival())
