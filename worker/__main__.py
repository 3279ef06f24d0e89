"""Run a worker: sweep here, and keep an RQ worker in a process of its own beside us.

The sweeper reads the database and never needs Redis, so what a crash left behind is found even
while Redis is away. The RQ worker may die of anything; it is started again.
"""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Final

from redis import Redis, RedisError

from letters.books.outgrown import outgrown
from letters.logs import configure
from letters.sending.tallied import sweep_ended
from letters.settings import Settings, SettingsError, read_settings
from letters.storage.database import Database, StorageUnavailable
from worker import background
from worker.clock import offset
from worker.erased import note_erased
from worker.mark import check
from worker.sweep import sweep
from worker.wake import wake

_SWEEP_SECONDS: Final = 5.0
_SOONEST_SECONDS: Final = 0.25
_RESTART_SECONDS: Final = 1.0
_SAY_AGAIN_SECONDS: Final = 60.0
_WEIGH_AGAIN_SECONDS: Final = 86_400.0
_log = logging.getLogger("worker")


class Worker:
    """The sweeper, and the RQ worker that it looks after."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database = Database(settings.database_url, connections=2)
        self._redis = Redis.from_url(settings.redis_url, socket_timeout=5, socket_connect_timeout=5)
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._ahead = timedelta()
        self._said_behind_at = -_SAY_AGAIN_SECONDS
        self._weighed_at = -_WEIGH_AGAIN_SECONDS

    def stop(self, _signum: int, _frame: FrameType | None) -> None:
        """End in good order: the RQ worker finishes what is in flight."""
        self._stopping.set()

    def run(self) -> None:
        """Sweep until we are told to stop."""
        background.start(self._database, self._settings, self._stopping, self._wake)
        wait = 0.0
        while not self._stopping.wait(wait):
            self._keep_child()
            try:
                wait = self._sweep()
            except StorageUnavailable as error:
                _log.warning("the database is away (%s); trying again", error)
                wait = 1.0
            except RedisError:
                _log.warning("Redis is away; nothing is sent until it is back")
                wait = 1.0
        self._end_child()

    def _sweep(self) -> float:
        """Sweep once and wake a worker if something is due; return the seconds to wait."""
        redis_error: RedisError | None = None
        try:
            self._ahead = offset(self._redis)
        except RedisError as error:
            redis_error = error  # the clocks stand to each other as they did
        now = datetime.now(UTC) + self._ahead
        if redis_error is None and check(self._database, self._redis, now):
            self._say_behind()
            return _SWEEP_SECONDS
        swept = sweep(self._database, self._settings, now)
        self._say_outgrown()
        if redis_error is not None:
            raise redis_error
        keep = timedelta(days=self._settings.retention_days)
        note_erased(self._database, self._redis, keep, now)
        sweep_ended(self._redis, now)
        if swept.due_at is None:
            return _SWEEP_SECONDS
        seconds = (swept.due_at - now).total_seconds()
        if seconds <= 0:
            wake(self._redis)
            return 1.0
        return min(_SWEEP_SECONDS, max(_SOONEST_SECONDS, seconds))

    def _wake(self) -> None:
        with suppress(RedisError):  # the next sweep does it
            wake(self._redis)

    def _say_behind(self) -> None:
        if time.monotonic() - self._said_behind_at < _SAY_AGAIN_SECONDS:
            return
        self._said_behind_at = time.monotonic()
        _log.error(
            "nothing is sent: the database is older than what was sent. Was a backup put back? "
            "Follow docs/operations/restore.md: it ends with `postbag restored --since MOMENT`"
        )

    def _say_outgrown(self) -> None:
        if time.monotonic() - self._weighed_at < _WEIGH_AGAIN_SECONDS:
            return
        self._weighed_at = time.monotonic()
        letters = outgrown(self._database)
        if letters is not None:
            _log.warning(
                "SQLite holds %s letters: PostgreSQL is due (docs/operations/deploy.md)",
                f"{letters:,}",
            )

    def _keep_child(self) -> None:
        if self._child is not None and self._child.poll() is None:
            return
        if time.monotonic() - self._started_at < _RESTART_SECONDS:
            return
        if self._child is not None:
            _log.warning("the sending process ended; starting another")
        self._started_at = time.monotonic()
        command = [sys.executable, "-m", "worker.rq_worker", str(os.getpid())]
        self._child = subprocess.Popen(command)  # noqa: S603 - our own

    def _end_child(self) -> None:
        if self._child is None or self._child.poll() is not None:
            return
        self._child.send_signal(signal.SIGTERM)
        try:
            self._child.wait(self._settings.send_timeout_seconds + 4)
        except subprocess.TimeoutExpired:
            _log.error("the sending process did not end in time")
            self._child.kill()
            self._child.wait()


def main() -> int:
    """Run until SIGTERM or SIGINT; return the exit status."""
    os.umask(0o077)  # what a process of ours writes is for its owner's eyes
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - before there is a log
        return 1
    configure(settings.log_format)
    worker = Worker(settings)
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, worker.stop)
    worker.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
