"""Keep the account-wide rate: a generic cell rate algorithm in Redis, on Redis's own clock.

It reserves rather than refuses: it answers when to send, so it is fair among workers.
"""

import time
from typing import Final, cast

from redis import Redis

_KEY: Final = "postbag:rate"
_MARGIN: Final = 0.983  # timers jitter; a little slower never puts a request too many in a second
_FAST: Final = 1_000
_PATIENCE_SECONDS: Final = 0.01
_LONGEST_KEPT_MS: Final = 3_600_000
_RESERVE: Final = """
local now = redis.call('TIME')
local now_us = now[1] * 1000000 + now[2]
local free_us = tonumber(redis.call('GET', KEYS[1]) or '0')
if free_us < now_us then free_us = now_us end
local next_us = free_us + ARGV[1] * ARGV[2]
redis.call('SET', KEYS[1], string.format('%.0f', next_us), 'PX', ARGV[3])
return {free_us, now_us}
"""


class Rate:
    """Reserve times to send at, over all workers together."""

    def __init__(self, redis: Redis, per_second: float) -> None:
        self._reserve = redis.register_script(_RESERVE)
        self._per_second = per_second
        self._ahead = float("inf")
        self.interval_seconds: Final = 1 / (per_second * _MARGIN)

    @property
    def patience_seconds(self) -> float:
        """Return how late a request may leave without a second getting more than it may.

        The margin leaves room for that, and for the way to the other side. Beyond a thousand a
        second no process is late by enough to matter, and asking for each would cost more.
        """
        if self._per_second > _FAST:
            return float("inf")
        return _PATIENCE_SECONDS

    @property
    def batch(self) -> int:
        """Return how many times to reserve at once: a twentieth of a second's worth."""
        return max(1, int(self._per_second / 20))

    def reserve(self, count: int) -> float:
        """Reserve `count` times, `interval_seconds` apart; return the first on time.monotonic().

        Raises redis.RedisError.
        """
        interval_us = max(1, round(self.interval_seconds * 1_000_000))
        answer = self._reserve(keys=[_KEY], args=[interval_us, count, _LONGEST_KEPT_MS])
        first_us, now_us = cast("tuple[int, int]", answer)
        # The quickest answer tells best how the two clocks stand to each other. Without it the
        # answers' own delays would bunch requests together.
        self._ahead = min(self._ahead, time.monotonic() - now_us / 1_000_000)
        return first_us / 1_000_000 + self._ahead
