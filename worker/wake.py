"""Wake the workers: one RQ job without data, and only where none is waiting already."""

import logging
from collections.abc import Callable
from typing import Any, Final

from redis import Redis
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.utils import import_attribute

QUEUE: Final = "letters"
DRAIN: Final = "worker.jobs.drain"
DRAIN_SECONDS: Final = 300
"""A drain hands over to the next after this time."""


_log = logging.getLogger("worker")
_JOB_SECONDS: Final = DRAIN_SECONDS + 120


class WakeUp(Job):
    """The one job that a worker runs, whatever stands in the queue.

    RQ runs the function whose name it finds in Redis. Whoever can write there must not thereby run
    what they like where our keys are, so of what is found nothing is believed but its id.
    """

    @property  # type: ignore[misc]  # nobody sets it
    def func_name(self) -> str:
        """Return the name of what is run."""
        return DRAIN

    @property
    def func(self) -> Callable[[], None]:
        """Return what is run."""
        drain: Callable[[], None] = import_attribute(DRAIN)
        return drain

    instance = None
    success_callback = failure_callback = stopped_callback = None

    @property  # type: ignore[misc]  # the same
    def args(self) -> tuple[()]:
        """Return no arguments."""
        return ()

    @property  # type: ignore[misc]  # the same
    def kwargs(self) -> dict[str, Any]:
        """Return no arguments."""
        return {}

    def restore(self, raw_data: dict[bytes, bytes]) -> None:
        """Take what Redis keeps of a job, and say so if it is none of ours."""
        super().restore(raw_data)
        self.timeout = _JOB_SECONDS
        try:
            is_ours = self.serializer.loads(self.data) == [DRAIN, None, [], {}]
        except Exception:  # noqa: BLE001 - it may be anything
            is_ours = False
        if not is_ours:
            _log.warning("a job that is none of ours was on the queue: taken as a wake-up")


def queue(redis: Redis) -> Queue:
    """Return the one queue. A second one would lose jobs when a worker dies between two steps."""
    return Queue(QUEUE, connection=redis, serializer=JSONSerializer, job_class=WakeUp)


def wake(redis: Redis) -> bool:
    """Put a wake-up on the queue unless one waits there; tell whether it did.

    Raises redis.RedisError. Two callers at once may both put one: the second finds nothing to do.
    """
    letters = queue(redis)
    if letters.count:
        return False
    letters.enqueue(
        DRAIN,
        job_timeout=_JOB_SECONDS,
        result_ttl=0,
        failure_ttl=86_400,
        description="send what is due",
    )
    return True


def workers(redis: Redis) -> int:
    """Return how many workers Redis has heard of lately. Raises redis.RedisError."""
    return Worker.count(queue=queue(redis))
