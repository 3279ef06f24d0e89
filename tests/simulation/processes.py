"""The processes: what each does, by the product's own code, with points of its own."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol, TypeVar

from redis import RedisError
from sqlalchemy import Connection

from letters.sending import settling
from letters.sending.claiming.claimed import Claim
from letters.sending.events.delivery_event import DeliveryEvent
from letters.sending.events.take import take
from letters.sending.outcomes import Answer, Outcome
from letters.sending.settling import Word
from letters.settings import Settings
from letters.storage.database import Database, StorageUnavailable
from postbag import restored
from postbag.shell import Refused, Shell
from tests.simulation.edges import SearchedDatabase, SearchedRedis
from tests.simulation.judge import Judge
from tests.simulation.played import PlayedSendGrid, Request
from tests.simulation.world import World
from worker.bookkeeper import OpenBooks
from worker.erased import note_erased
from worker.mark import check
from worker.sweep import sweep

_T = TypeVar("_T")
_WAIT: Final = timedelta(seconds=1)


class SearchedBooks(OpenBooks):
    """A worker's books, by the run's clock."""

    world: World

    def now(self) -> datetime:
        return self.world.now

    @classmethod
    def at(cls, scene: "Scene") -> "SearchedBooks":
        bound: type[SearchedBooks] = type("Books", (cls,), {"world": scene.world})
        return bound(scene.database, scene.redis, timedelta())


@dataclass
class Scene:
    """All that the actors of one run share."""

    world: World
    database: SearchedDatabase
    redis: SearchedRedis
    sendgrid: PlayedSendGrid
    judge: Judge
    settings: Settings
    parts: "Parts"
    copies: list[DeliveryEvent] = field(default_factory=list)
    """Events that were posted, and may be posted again."""
    must_be_restored: bool = False
    """The workers were stopped until somebody has given `postbag restored`."""
    writers: int = 0

    @property
    def now(self) -> datetime:
        return self.world.now

    def find(self, query: "Callable[[Connection], _T]") -> _T:
        with self.database.read() as connection:
            return query(connection)


def patiently(scene: Scene, work: Callable[[], object]) -> None:
    """Try until the database is there, as whoever has to bring something does."""
    while True:
        try:
            work()
        except StorageUnavailable:
            later = scene.now + _WAIT
            scene.world.pause_until(later, "the database's return")
        else:
            return


def drain(scene: Scene, books: SearchedBooks, most: int) -> None:
    try:
        claims = books.claim(most)
    except (StorageUnavailable, RedisError):
        return
    ended = send(scene, claims)
    half = len(ended) // 2
    for batch in (ended[:half], ended[half:]):
        if batch:
            patiently(scene, lambda: books.record(batch))  # noqa: B023 - it is called at once


def send(scene: Scene, claims: Sequence[Claim]) -> list[tuple[Claim, Outcome]]:
    """Let each claim leave at its time or not at all; wait for the answers."""
    ended: list[tuple[Claim, Outcome]] = []
    under_way: list[Request] = []
    # What was written in one millisecond is in no order, and a run that is replayed needs one.
    for claim in sorted(claims, key=lambda c: (c.leave_at, c.to_email, c.subject)):
        roll = scene.world.pause_until(claim.leave_at, "a request's time")
        if scene.now > claim.leave_by:
            ended.append((claim, Outcome(Answer.GIVEN_BACK, None)))
        else:
            under_way.append(scene.sendgrid.send(claim, scene.now, roll))
            arrive(scene)
    for request in under_way:
        scene.world.pause_until(request.answered_at, "an answer")
        ended.append((request.claim, request.outcome))
    return ended


def arrive(scene: Scene) -> None:
    """Let SendGrid take what has come to it by now."""
    for taken in scene.sendgrid.tick(scene.now):
        scene.judge.arrived(taken)


class TakesAWord(Protocol):
    """Take a person's word about an unknown letter, as of the attempt that was looked at."""

    def __call__(
        self, connection: Connection, letter_id: str, word: Word, now: datetime, /, *, seen: str
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What a run takes of the product where a broken twin may stand in its place."""

    books: type[SearchedBooks] = SearchedBooks
    sweep: Callable[[Database, Settings, datetime], object] = sweep
    is_behind: Callable[[Database, SearchedRedis, datetime], bool] = check
    drain: Callable[["Scene", SearchedBooks, int], None] = drain
    settle: "TakesAWord" = settling.settle


def work_once(scene: Scene, most: int) -> None:
    """Do what one work-horse does: claim, send, record. See :mod:`worker.drain`."""
    scene.parts.drain(scene, scene.parts.books.at(scene), most)


def sweep_once(scene: Scene, _roll: int) -> None:
    """Do what a worker's sweeper does each few seconds. See :mod:`worker.__main__`."""
    with suppress(StorageUnavailable, RedisError):
        if scene.parts.is_behind(scene.database, scene.redis, scene.now):
            return
        scene.parts.sweep(scene.database, scene.settings, scene.now)
        keep = timedelta(days=scene.settings.retention_days)
        note_erased(scene.database, scene.redis, keep, scene.now)


def post_events(scene: Scene, roll: int) -> None:
    """Let SendGrid post some of what it has to tell, in any order, and some of it twice."""
    due = [event for at, event in scene.sendgrid.events if at <= scene.now]
    batch: list[DeliveryEvent] = []
    roll, size = divmod(roll, 4)
    for _ in range(size + 1):
        roll, kind = divmod(roll, 5)
        found = scene.copies if kind == 0 and scene.copies else due
        if found:
            roll, place = divmod(roll, len(found))
            batch.append(found[place])
    post(scene, batch)


def post(scene: Scene, batch: Sequence[DeliveryEvent]) -> None:
    if not batch:
        return
    with suppress(StorageUnavailable):  # answered with 503: SendGrid comes again
        take(scene.database, scene.redis, batch, scene.now)
        scene.judge.told |= {event.attempt_id for event in batch}
        scene.sendgrid.events = [e for e in scene.sendgrid.events if e[1] not in batch]
        scene.copies += [e for e in batch if e not in scene.copies]


class _SearchedShell(Shell):
    """The command line, by the run's clock."""

    world: World

    def now(self) -> datetime:
        return self.world.now

    def document(self, document: object) -> None:
        json.dumps(document)

    def say(self, sentence: str) -> None:
        assert sentence


def restore(scene: Scene, since: datetime) -> None:
    """Give `postbag restored`, again and again until it has come to its end."""
    parser = ArgumentParser()
    restored.add_commands(parser.add_subparsers())
    options = parser.parse_args(["restored", "--since", since.isoformat()])
    kind = type("Shell", (_SearchedShell,), {"world": scene.world})
    shell = kind(scene.settings, scene.database)
    with suppress(Refused):
        patiently(scene, lambda: options.act(shell, options))
    scene.must_be_restored = False


WORKERS: Final[dict[str, Callable[[Scene, int], None]]] = {
    "work": lambda scene, roll: work_once(scene, 1 + roll % 6),
    "sweep": sweep_once,
}
