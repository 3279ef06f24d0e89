"""Let operators see what the workers do: counts in Redis, for all of them together.

They are for watching alone. What is lost of them with Redis, or while it is away, is not missed.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, cast

from redis import Redis, RedisError

from letters.sending.outcomes import Answer

_ANSWERS: Final = "postbag:answers"
_SWEPT: Final = "postbag:swept"


def count(redis: Redis, answers: Iterable[Answer]) -> None:
    """Count what became of requests."""
    with suppress(RedisError), redis.pipeline(transaction=False) as pipe:
        for answer, number in Counter(answers).items():
            pipe.hincrby(_ANSWERS, str(answer), number)
        pipe.execute()


def sweep_ended(redis: Redis, now: datetime) -> None:
    """Keep when a worker last swept."""
    with suppress(RedisError):
        redis.set(_SWEPT, repr(now.timestamp()))


def answers(redis: Redis) -> Mapping[Answer, int]:
    """Return what became of requests. Raises redis.RedisError."""
    found = cast("dict[bytes, bytes]", redis.hgetall(_ANSWERS))
    return {answer: int(found.get(str(answer).encode(), 0)) for answer in Answer}


def swept_at(redis: Redis) -> datetime | None:
    """Return when a worker last swept; None: nobody knows. Raises redis.RedisError."""
    found = cast("bytes | None", redis.get(_SWEPT))
    return None if found is None else datetime.fromtimestamp(float(found), UTC)
