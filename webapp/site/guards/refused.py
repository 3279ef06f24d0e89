"""Count what is refused at the doors, without a word of who or what it was.

The numbers are kept in Redis for all processes together. While Redis is away each process keeps its
own, and adds them when it is back.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Final

from flask import Flask, Response, request
from redis import Redis, RedisError

_KEY: Final = "postbag:refused"
_STATUSES: Final = frozenset({400, 403, 404, 405, 408, 413, 414, 429, 431})
_MINUTE: Final = 60.0
_HIGH: Final = 100
"""Refusals at one door in a minute, from which on a line in the log tells of them."""
_AWAY_SECONDS: Final = 10.0
_log = logging.getLogger(__name__)


class Refusals:
    """The refusals of one process, by door and status."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._lock = threading.Lock()
        self._kept: Counter[str] = Counter()
        self._minute: Counter[str] = Counter()
        self._minute_began = time.monotonic()
        self._away_until = 0.0

    def count(self, door: str, status: int) -> None:
        """Count one."""
        now = time.monotonic()
        with self._lock:
            self._kept[f"{door}/{status}"] += 1
            if now - self._minute_began >= _MINUTE:
                self._minute.clear()
                self._minute_began = now
            self._minute[door] += 1
            is_high = self._minute[door] == _HIGH
        if is_high:
            _log.warning("%d requests were refused in a minute at the door: %s", _HIGH, door)
        self._pass_on(now)

    def counted(self) -> Mapping[tuple[str, int], int]:
        """Return how many were refused in all processes, by door and status."""
        self._pass_on(time.monotonic())
        found: Counter[str] = Counter()
        try:
            for name, number in self._redis.hgetall(_KEY).items():
                found[name.decode() if isinstance(name, bytes) else name] += int(number)
        except RedisError:
            _log.warning("Redis is away; only this process's refusals are told")
        with self._lock:
            found.update(self._kept)
        return {
            (name.rpartition("/")[0], int(name.rpartition("/")[2])): number
            for name, number in sorted(found.items())
        }

    def _pass_on(self, now: float) -> None:
        with self._lock:
            if now < self._away_until or not self._kept:
                return
            passed, self._kept = self._kept, Counter()
        try:
            with self._redis.pipeline(transaction=True) as pipe:
                for name, number in passed.items():
                    pipe.hincrby(_KEY, name, number)
                pipe.execute()
        except RedisError:
            with self._lock:
                self._kept.update(passed)
                self._away_until = now + _AWAY_SECONDS


def register(app: Flask, redis: Redis) -> Refusals:
    """Count what `app` refuses; return the counts."""
    refusals = Refusals(redis)
    app.extensions["refusals"] = refusals
    # What is no request never comes as far as the app: the server tells of it.
    app.extensions["malformed"] = partial(refusals.count, "server")

    def see(response: Response) -> Response:
        if response.status_code in _STATUSES:
            refusals.count(request.blueprint or "nowhere", response.status_code)
        return response

    app.after_request(see)
    return refusals
