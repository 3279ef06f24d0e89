"""What a sending process asks of the books, answered by a process of its own.

In one process, the loop that sends and the thread that writes would share one interpreter: each
waits for the other a dozen times a commit, and libcurl for both.
"""

import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Concatenate, Final, ParamSpec, Self, TypeVar, cast

from redis import Redis, RedisError

from letters.sending import gate as account
from letters.sending import mark, outcomes, tallied
from letters.sending.claiming import claims, due
from letters.sending.claiming.claimed import Claim
from letters.sending.in_redis import RedisMark
from letters.sending.outcomes import Answer, Outcome
from letters.storage.database import Database
from worker.failpoints import Step, reached

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Bookkeeper:
    """The books, in a process that lives as long as the context, and never longer than ours.

    Enter it before there are threads. One thread at a time may ask. Whatever it is asked raises
    StorageUnavailable while the database is away, and OSError or EOFError once that process is
    gone.
    """

    def __init__(self, database_url: str, redis_url: str, clock_offset: timedelta) -> None:
        fork = get_context("fork")
        self._ours, self._theirs = fork.Pipe()
        self._process: Final = fork.Process(
            target=_serve,
            args=(database_url, redis_url, clock_offset, self._theirs, self._ours),
            daemon=True,
        )

    def __enter__(self) -> Self:
        self._process.start()
        self._theirs.close()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ours.close()
        self._process.join()

    def next_due(self) -> datetime | None:
        """Return when the next letter is due."""
        return self._ask(OpenBooks.next_due)

    def claim(self, most: int) -> list[Claim]:
        """Claim up to `most` letters; the claim is on disk when this returns.

        Raises redis.RedisError. Nothing is claimed then, or all of it has been given back.
        """
        return self._ask(OpenBooks.claim, most)

    def record(self, ended: Sequence[tuple[Claim, Outcome]]) -> None:
        """Record outcomes; they are on disk when this returns. Safe to repeat."""
        return self._ask(OpenBooks.record, ended)

    def _ask(
        self, work: Callable[Concatenate["OpenBooks", _P], _T], *arguments: _P.args, **_: _P.kwargs
    ) -> _T:
        self._ours.send((work, arguments))
        answer = self._ours.recv()
        if isinstance(answer, Exception):
            raise answer
        return cast("_T", answer)


@dataclass(frozen=True, slots=True)
class OpenBooks:
    """The books as they lie open in their process."""

    database: Database
    redis: Redis
    clock_offset: timedelta

    def now(self) -> datetime:
        """Return the time on the clock that all workers share."""
        return datetime.now(UTC) + self.clock_offset

    def next_due(self) -> datetime | None:
        """Return when the next letter is due. Raises StorageUnavailable."""
        with self.database.read() as connection:
            return due.next_due(connection, self.now())

    def claim(self, most: int) -> list[Claim]:
        """Claim up to `most` letters, unless the books are older than what was sent.

        Redis knows of the claim before this returns. See :mod:`letters.sending.mark`. Raises
        StorageUnavailable, and redis.RedisError.
        """
        with self.database.read() as connection:
            kept = RedisMark(self.redis, mark.installation(connection))
        in_redis = kept.read()
        try:
            with self.database.write() as connection:
                now = self.now()
                if mark.is_behind(connection, in_redis, now):
                    return []
                gate = account.look(connection)
                won = claims.claim(connection, most=most, gate=gate, now=now)
                if not won:
                    return []
                account.pass_through(connection, gate, now)
                ours, claimed = mark.move(connection, won)
                reached(Step.BEFORE_CLAIM_COMMITS)
        except account.IsShut:
            return []
        reached(Step.AFTER_CLAIM_COMMITS)
        try:
            kept.raise_to(ours, claimed)
        except RedisError:
            # What Redis does not know of must not leave.
            self.record([(each, Outcome(Answer.GIVEN_BACK, None)) for each in won])
            raise
        return won

    def record(self, ended: Sequence[tuple[Claim, Outcome]]) -> None:
        """Record outcomes; they are on disk when this returns. Raises StorageUnavailable."""
        with self.database.write() as connection:
            outcomes.record(connection, ended, self.now())
            reached(Step.BEFORE_OUTCOME_COMMITS)
        reached(Step.AFTER_OUTCOME_COMMITS)
        tallied.count(self.redis, (outcome.answer for _, outcome in ended))


def _serve(
    database_url: str,
    redis_url: str,
    clock_offset: timedelta,
    theirs: Connection,
    ours: Connection,
) -> None:
    """Answer until the other end of the pipe is closed, or its process is gone."""
    ours.close()  # our own copy of that end would keep the pipe open
    # Some hosts send these to every process; what is in flight still has to be recorded.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    redis = Redis.from_url(redis_url, socket_timeout=5, socket_connect_timeout=5)
    books = OpenBooks(Database(database_url, connections=1), redis, clock_offset)
    while True:
        try:
            work, arguments = theirs.recv()
        except EOFError:
            break
        try:
            answer = work(books, *arguments)
        except Exception as error:  # noqa: BLE001 - whoever asked raises it
            answer = error
        theirs.send(answer)
    books.database.close()
    redis.close()
