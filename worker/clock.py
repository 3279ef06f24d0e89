"""Read the one clock that all workers share: Redis's own."""

from datetime import UTC, datetime, timedelta

from redis import Redis


def offset(redis: Redis) -> timedelta:
    """Return how far Redis's clock is ahead of ours. Raises redis.RedisError.

    A machine whose clock is wrong would move slots an hour away or call claims abandoned.
    """
    seconds, microseconds = redis.time()
    theirs = datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds)
    ahead = theirs - datetime.now(UTC)
    return ahead if abs(ahead) > timedelta(seconds=1) else timedelta()
