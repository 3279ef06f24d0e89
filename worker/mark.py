"""Hold the books against the mark in Redis. See :mod:`letters.sending.mark`."""

from datetime import datetime

from redis import Redis

from letters.sending import gate
from letters.sending import mark as books
from letters.sending.in_redis import RedisMark
from letters.storage.database import Database


def check(database: Database, redis: Redis, now: datetime) -> bool:
    """Compare books and Redis; tell whether the books are older than what was sent or told.

    What Redis has lost it gets anew. Raises StorageUnavailable and redis.RedisError.
    """
    with database.read() as connection:
        kept = RedisMark(redis, books.installation(connection))
    in_redis = kept.read()  # before the books are read: see books.is_behind
    with database.read() as connection:
        ours = books.look(connection)
        is_known = gate.look(connection).behind_since is not None
    if is_known:
        return True
    if in_redis is not None and in_redis.is_ahead_of(ours):
        with database.write() as connection:
            return books.is_behind(connection, in_redis, now)
    if in_redis is None or ours.is_ahead_of(in_redis):
        kept.raise_to(ours)
    return False
