"""Run two transactions against each other on PostgreSQL, the one stopped amid its statements.

Nothing is ever committed, so one state serves thousands of runs. Two transactions wait for each
other for ever if and only if each holds what the other wants: then it is enough that the first
stops between two of its locks while the second goes as far as it comes.
"""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import OperationalError

Change: TypeAlias = Callable[[Connection], object]

_BLOCKERS: Final = text("SELECT cardinality(pg_blocking_pids(:pid))")
_PAUSE_SECONDS: Final = 0.0005


class Side:
    """One of two connections, with a thread of its own."""

    def __init__(self, engine: Engine) -> None:
        self._thread: Final = ThreadPoolExecutor(1)
        self._connection: Final = engine.connect()
        self.pid: Final[int] = self._connection.execute(
            text("SELECT pg_backend_pid()")
        ).scalar_one()
        # A deadlock is found by whoever has waited this long.
        self._connection.execute(text("SET deadlock_timeout = '20ms'"))
        self._connection.commit()
        self._stop_before = 0
        self._locking = 0
        self.stopped: Final = Event()
        self.go_on: Final = Event()
        event.listen(self._connection, "before_cursor_execute", self._before)

    def _before(self, _c: object, _cursor: object, statement: str, *_rest: Any) -> None:  # noqa: ANN401
        if statement.startswith("SELECT") and "FOR NO KEY UPDATE" not in statement:
            return  # it locks nothing
        self._locking += 1
        if self._locking == self._stop_before:
            self.stopped.set()
            self.go_on.wait()

    def start(self, change: Change, stop_before: int = 0) -> "Future[bool]":
        """Begin a change; it stops before its n-th statement that locks, if it has as many."""
        self._stop_before, self._locking = stop_before, 0
        self.stopped.clear()
        self.go_on.clear()
        return self._thread.submit(self._run, change)

    def _run(self, change: Change) -> bool:
        """Make a change and undo it; tell whether it stood in a deadlock."""
        transaction = self._connection.begin()
        try:
            change(self._connection)
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", "") == "40P01":
                return True
            raise
        finally:
            transaction.rollback()
        return False

    def close(self) -> None:
        self._thread.shutdown()
        self._connection.close()


class Interleaved:
    """Two sides, and a third connection that sees who waits."""

    def __init__(self, engine: Engine) -> None:
        self._one, self._other = Side(engine), Side(engine)
        self._judge = engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._one.close()
        self._other.close()
        self._judge.close()

    def statements(self, change: Change) -> int:
        """Count the statements of a change that lock."""
        self._one.start(change).result()
        return self._one._locking  # noqa: SLF001 - our own other half

    def deadlocks(self, first: Change, second: Change, stop_before: int) -> bool:
        """Tell whether a deadlock comes of stopping the first change there for the second."""
        one = self._one.start(first, stop_before)
        while not (self._one.stopped.is_set() or one.done()):
            time.sleep(_PAUSE_SECONDS)
        other = self._other.start(second)
        while not other.done():
            if self._judge.execute(_BLOCKERS, {"pid": self._other.pid}).scalar_one():
                break
            time.sleep(_PAUSE_SECONDS)
        self._one.go_on.set()
        return one.result() | other.result()
