"""Keep in Redis how far claims and news have come: only ids and numbers.

See :mod:`letters.sending.mark`.
"""

from collections.abc import Sequence
from typing import Final, cast

from redis import Redis

from letters.sending.mark import Claimed, Mark

_LOG_LENGTH: Final = 20_000  # claims that are remembered one by one: some 2 MB
_RAISE_NEWS: Final = """
local news = tonumber(redis.call('HGET', KEYS[1], 'news') or '0')
if tonumber(ARGV[1]) > news then redis.call('HSET', KEYS[1], 'news', ARGV[1]) end
"""
_RAISE: Final = f"""{_RAISE_NEWS}
local claims = tonumber(redis.call('HGET', KEYS[1], 'claims') or '-1')
if tonumber(ARGV[2]) > claims then redis.call('HSET', KEYS[1], 'claims', ARGV[2]) end
local newest = redis.call('HGET', KEYS[1], 'newest') or ''
if ARGV[3] > newest then redis.call('HSET', KEYS[1], 'newest', ARGV[3]) end
for n = 5, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[n]) end
redis.call('LTRIM', KEYS[2], -ARGV[4], -1)
"""


class RedisMark:
    """The mark of one installation. Every call may raise redis.RedisError."""

    def __init__(self, redis: Redis, installation: str) -> None:
        key = f"postbag:{installation}"
        self._redis: Final = redis
        self._mark: Final = f"{key}:claims"
        self._log: Final = f"{key}:claimed"
        self._raise: Final = redis.register_script(_RAISE)
        self._raise_news: Final = redis.register_script(_RAISE_NEWS)

    def read(self) -> Mark | None:
        """Return the mark; None: Redis knows of none."""
        claims, newest, news = cast(
            "list[bytes | None]", self._redis.hmget(self._mark, ["claims", "newest", "news"])
        )
        if claims is None:
            return None
        return Mark(int(claims), (newest or b"").decode(), int(news or 0))

    def raise_to(self, mark: Mark, claimed: Sequence[Claimed] = ()) -> None:
        """Let the mark be this at least, and remember what was claimed."""
        log = [f"{each.number}:{each.letter_id}:{each.attempt_id}" for each in claimed]
        self._raise(
            keys=[self._mark, self._log],
            args=[mark.news, mark.claims, mark.newest, _LOG_LENGTH, *log],
        )

    def raise_news(self, news: int) -> None:
        """Let so much news be known at least. No claim is: that is for who has made it."""
        self._raise_news(keys=[self._mark], args=[news])

    def claimed_after(self, claims: int) -> list[Claimed] | None:
        """Return everything that was claimed after so many claims; None: not all is remembered."""
        log = [
            Claimed(int(number), letter_id, attempt_id)
            for number, letter_id, attempt_id in (
                entry.decode().split(":")
                for entry in cast("list[bytes]", self._redis.lrange(self._log, 0, -1))
            )
        ]
        if min((each.number for each in log), default=claims + 2) > claims + 1:
            return None
        return [each for each in log if each.number > claims]
