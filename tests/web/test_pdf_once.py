"""A letter is set once for all processes, and one at a time."""

import threading
import time
from collections.abc import Iterator

import pytest
from redis import Redis

from rig.servers import Valkey, wait_for
from tests.conftest import AtMost
from webapp.action.made.pdf import once


@pytest.fixture
def redis(valkey: Valkey) -> Iterator[Redis]:
    connection = Redis.from_url(valkey.new_database())
    yield connection
    connection.close()


class Press:
    """Something that takes a while to make, and notes how often and how many at once."""

    def __init__(self) -> None:
        self.made = self.at_once = self.most = 0
        self.go_on = threading.Event()
        self._lock = threading.Lock()

    def make(self) -> bytes:
        with self._lock:
            self.made += 1
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        self.go_on.wait(10)
        with self._lock:
            self.at_once -= 1
        return b"paper"


def test_six_who_ask_at_once_get_one_that_is_made_once(redis: Redis) -> None:
    press, got = Press(), []
    threads = [
        threading.Thread(target=lambda: got.append(once(redis, "a", press.make))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    wait_for(lambda: press.made)
    press.go_on.set()
    for thread in threads:
        thread.join()
    assert got == [b"paper"] * 6
    assert press.made == 1
    assert once(redis, "a", press.make) == b"paper"
    assert press.made == 1


def test_of_many_different_ones_one_is_made_at_a_time_and_nobody_waits_long(
    redis: Redis, at_most: AtMost
) -> None:
    press, got = Press(), []
    begun = time.monotonic()
    first = threading.Thread(target=lambda: got.append(once(redis, "a", press.make)))
    first.start()
    wait_for(lambda: press.made)
    assert once(redis, "b", press.make) is None  # and the page says to come back
    at_most(time.monotonic() - begun, 5)
    press.go_on.set()
    first.join()
    assert once(redis, "b", press.make) == b"paper"
    assert press.most == 1


def test_another_process_keeps_this_one_from_it(redis: Redis) -> None:
    press = Press()
    redis.set("postbag:pdf:making", "1", ex=60)
    assert once(redis, "a", press.make) is None
    assert press.made == 0


def test_what_fails_leaves_nobody_waiting(redis: Redis) -> None:
    def fail() -> bytes:
        raise ValueError("no paper")

    with pytest.raises(ValueError, match="no paper"):
        once(redis, "a", fail)
    press = Press()
    press.go_on.set()
    assert once(redis, "a", press.make) == b"paper"


def test_without_redis_it_is_made_all_the_same() -> None:
    away = Redis.from_url("unix:///nowhere/at/all.sock")
    press = Press()
    press.go_on.set()
    assert once(away, "a", press.make) == b"paper"
