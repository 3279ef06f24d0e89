"""Run the RQ worker: it forks a work-horse for each wake-up.

`python -m worker.rq_worker PID` is started by `python -m worker`, whose process id it gets, and
ends with it.
"""

import logging
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Final

from redis import Redis, RedisError
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

import worker.jobs  # noqa: F401 - imported once here, so that no work-horse has to
from letters.logs import configure
from letters.settings import read_settings
from worker.wake import WakeUp, queue

_log = logging.getLogger("worker")
_PARENT_CHECK_SECONDS: Final = 1.0


class SendingWorker(Worker):
    """An RQ worker that lets its work-horse end in good order, and is soon back after Redis is."""

    max_connection_wait_time = 5.0  # RQ's own 60 seconds would be too long to wait

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        """Fork, and lose no SIGTERM: before there is a work-horse nobody could pass it on.

        It is held back in the work-horse until that can end in good order.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        super().fork_work_horse(job, queue)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        if self._stop_requested:
            os.kill(self.horse_pid, signal.SIGTERM)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Stop after the running job, and tell the job to come to its end."""
        if self.horse_pid:
            os.kill(self.horse_pid, signal.SIGTERM)
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """Do nothing more: RQ would kill letters that are in flight.

        Some hosts send SIGTERM twice. Whoever cannot wait sends SIGKILL.
        """


def main() -> int:
    """Run until SIGTERM, or until the process that started us is gone."""
    settings = read_settings(os.environ)
    configure(settings.log_format)
    # Told, not asked: our parent may have been killed before we could ask.
    parent = int(sys.argv[1])
    threading.Thread(target=_stop_when_orphaned, args=(parent,), daemon=True).start()
    logging.getLogger("rq.worker").addFilter(_in_one_line)
    redis = Redis.from_url(settings.redis_url, socket_connect_timeout=5)
    try:
        SendingWorker(
            [queue(redis)],
            connection=redis,
            serializer=JSONSerializer,
            queue_class=Queue,
            job_class=WakeUp,
            worker_ttl=60,
            log_job_description=False,
        ).work(logging_level="WARNING")
    except RedisError as error:
        _log.warning("Redis is away (%s)", type(error).__name__)
        time.sleep(1)
        return 1
    return 0


def _in_one_line(record: logging.LogRecord) -> bool:
    """Let RQ say that Redis is away without the hundred lines of where it noticed."""
    if record.exc_info and isinstance(record.exc_info[1], RedisError):
        record.exc_info = None
    return True


def _stop_when_orphaned(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_PARENT_CHECK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
