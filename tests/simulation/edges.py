"""The database and Redis, real ones, with a point at everything that is asked of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from redis import Redis
from sqlalchemy import Connection, event

from letters.storage.database import Database
from tests.simulation.world import World


class SearchedDatabase(Database):
    """SQLite. Writers take turns by the search's word, and every statement is a point."""

    def __init__(self, url: str, world: World) -> None:
        super().__init__(url)
        self.world = world
        event.listen(self.engine, "connect", _trust_the_power)
        event.listen(self.engine, "before_cursor_execute", self._before_statement)
        event.listen(self.engine, "commit", self._before_commit)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with self._in_transaction():
            with super().write() as connection:
                yield connection
            self.world.after_commit()
            self.world.pause("after a commit")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with self._in_transaction(), super().read() as connection:
            yield connection

    @contextmanager
    def _in_transaction(self) -> Iterator[None]:
        actor = self.world.current
        if actor is None:
            yield
            return
        actor.is_in_transaction = True
        try:
            yield
        finally:
            actor.is_in_transaction = False

    @contextmanager
    def _turn(self) -> Iterator[None]:
        world, actor = self.world, self.world.current
        while world.writer is not None:
            world.pause("its turn to write", lambda: world.writer is None)
        world.writer = actor
        try:
            yield
        finally:
            world.writer = None

    def _before_statement(self, _c: object, _cursor: object, words: str, *_rest: Any) -> None:  # noqa: ANN401
        self.world.pause(words[:40])

    def _before_commit(self, _connection: Connection) -> None:
        self.world.pause("a commit")


def _trust_the_power(connection: Any, _entry: object) -> None:  # noqa: ANN401
    connection.execute("PRAGMA synchronous = OFF")  # no run cuts the machine's power


class SearchedRedis(Redis):
    """A real one, with a point before each question and one before its answer is in."""

    world: World

    def execute_command(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        actor = self.world.current
        if actor is None:
            return self._ask(*args, **options)
        actor.asks_redis = True
        try:
            self.world.pause("a question to Redis")
            answer = self._ask(*args, **options)
            self.world.pause("an answer of Redis")
        finally:
            actor.asks_redis = False
        return answer

    def _ask(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401
        return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]


def redis_at(url: str, world: World) -> SearchedRedis:
    made = cast("SearchedRedis", SearchedRedis.from_url(url))
    made.world = world
    return made
