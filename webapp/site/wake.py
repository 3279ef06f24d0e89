"""Tell the worker that something waits. Its sweeper would find it too, a little later."""

import logging

from redis import Redis, RedisError

from worker.wake import wake, workers

_log = logging.getLogger(__name__)


def wake_worker(redis: Redis) -> None:
    """Wake a worker if Redis is there; a letter that is stored is sent in any case."""
    try:
        wake(redis)
    except RedisError:
        _log.warning("Redis is away; the sweeper wakes the worker when it is back")


def workers_seen(redis: Redis) -> int:
    """Return how many workers Redis has heard of lately. Raises redis.RedisError."""
    return workers(redis)
