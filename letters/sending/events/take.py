"""Take what is posted of letters, so that books which lose it again can be told by that."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

from redis import Redis, RedisError

from letters.sending import mark
from letters.sending.events.delivery_event import DeliveryEvent
from letters.sending.events.record import record
from letters.sending.in_redis import RedisMark
from letters.storage.database import Database

_IN_A_TURN: Final = 1_000


def take(database: Database, redis: Redis, posted: Sequence[DeliveryEvent], now: datetime) -> None:
    """Record what was posted, and let Redis know of it. Raises StorageUnavailable.

    In turns, for every letter that is handed in waits for each. If one fails, SendGrid posts all of
    them again, and what is recorded stays as it is. News is not refused while Redis is away: a
    worker tells it later (worker/mark.py).
    """
    with database.look() as connection:
        kept = RedisMark(redis, mark.installation(connection))
    in_redis, ours = None, None
    with suppress(RedisError):
        in_redis = kept.read()  # before the books are looked at: see mark.is_behind
    for begin in range(0, len(posted), _IN_A_TURN):
        with database.write() as connection:
            # Noticed first: what is counted here would make up for what was lost.
            mark.is_behind(connection, in_redis, now)
            ours = record(connection, posted[begin : begin + _IN_A_TURN], now) or ours
    if ours is not None:
        with suppress(RedisError):
            kept.raise_news(ours)
