"""Wake the workers: one RQ job without data, and only where none is waiting already."""

from typing import Final

from redis import Redis
from rq import Queue
from rq.serializers import JSONSerializer

QUEUE: Final = "letters"
DRAIN: Final = "worker.jobs.drain"
DRAIN_SECONDS: Final = 300
"""A drain hands over to the next after this time."""


def queue(redis: Redis) -> Queue:
    """Return the one queue. A second one would lose jobs when a worker dies between two steps."""
    return Queue(QUEUE, connection=redis, serializer=JSONSerializer)


def wake(redis: Redis) -> bool:
    """Put a wake-up on the queue unless one waits there; tell whether it did.

    Raises redis.RedisError. Two callers at once may both put one: the second finds nothing to do.
    """
    letters = queue(redis)
    if letters.count:
        return False
    letters.enqueue(
        DRAIN,
        job_timeout=DRAIN_SECONDS + 120,
        result_ttl=0,
        failure_ttl=86_400,
        description="send what is due",
    )
    return True
