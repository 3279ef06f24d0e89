"""The account-wide rate, on a real Valkey: whoever asks, the times lie one interval apart."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from redis import Redis

from rig.servers import Valkey
from worker.rate import Rate

PER_SECOND = 200.0
THREADS = 6
CALLS = 60
# What a reserved time is measured with: the answers' own delays on a busy machine.
_MAPPING_SECONDS = 0.05


@pytest.fixture(scope="module")
def redis_url(valkey: Valkey) -> str:
    return valkey.new_database()


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    client = Redis.from_url(redis_url)
    client.flushdb()
    yield client
    client.close()


def reserve_many(redis_url: str, counts: list[int]) -> list[float]:
    """Reserve as one worker does; give every time that it may send at."""
    client = Redis.from_url(redis_url)
    rate = Rate(client, PER_SECOND)
    starts = []
    for count in counts:
        first = rate.reserve(count)
        starts += [first + n * rate.interval_seconds for n in range(count)]
    client.close()
    return starts


def from_threads(redis_url: str, counts: list[int]) -> list[float]:
    with ThreadPoolExecutor(THREADS) as pool:
        workers = [pool.submit(reserve_many, redis_url, counts) for _ in range(THREADS)]
        return sorted(start for worker in workers for start in worker.result())


@pytest.mark.parametrize("count", [1, 10])
def test_workers_share_one_row_of_times_without_gaps_or_overlaps(
    redis: Redis, redis_url: str, count: int
) -> None:
    rate = Rate(redis, PER_SECOND)
    rate.reserve(10 * int(PER_SECOND))  # ten seconds ahead, so that the clock never overtakes
    before_us = free_at_us(redis)

    starts = from_threads(redis_url, [count] * CALLS)

    reserved = THREADS * CALLS * count
    assert len(starts) == reserved
    assert free_at_us(redis) - before_us == reserved * round(rate.interval_seconds * 1_000_000)
    assert starts[-1] - starts[0] == pytest.approx(
        (reserved - 1) * rate.interval_seconds, abs=_MAPPING_SECONDS + reserved * 1e-6
    )


def free_at_us(redis: Redis) -> int:
    """Give the first time that nobody has reserved, in microseconds since 1970."""
    (key,) = redis.keys()
    return int(redis.get(key) or 0)


def test_one_worker_gets_exact_distances(redis: Redis) -> None:
    rate = Rate(redis, PER_SECOND)
    first = rate.reserve(1_000)
    second = rate.reserve(1)
    assert second - first == pytest.approx(1_000 * rate.interval_seconds, abs=_MAPPING_SECONDS)


def test_no_second_holds_more_than_the_rate(redis: Redis, redis_url: str) -> None:
    starts = from_threads(redis_url, [1, 3, 10, 2] * 10)
    most = int(PER_SECOND * (1 + _MAPPING_SECONDS))
    for first, later in zip(starts, starts[most:], strict=False):
        assert later - first >= 1.0


def test_what_was_not_used_is_not_saved_up(redis: Redis) -> None:
    rate = Rate(redis, 1_000_000.0)
    firsts = [rate.reserve(1) for _ in range(50)]  # slower than the rate allows
    assert all(later > earlier for earlier, later in pairwise(firsts))


def test_times_reserved_before_a_loss_of_redis_overlap_with_at_most_one_batch_a_worker(
    redis: Redis, redis_url: str
) -> None:
    rate = Rate(redis, PER_SECOND)
    before = rate.reserve(rate.batch)
    redis.flushall()
    after = rate.reserve(rate.batch)
    # A worker waits for its times before it asks again. What Redis forgot is thus one batch for
    # each worker: a twentieth of a second's letters, and a burst of a second's needs twenty.
    assert rate.batch * 20 <= PER_SECOND
    assert after - before < rate.batch * rate.interval_seconds + _MAPPING_SECONDS

    starts = from_threads(redis_url, [rate.batch] * 4)
    most = int(PER_SECOND * (1 + _MAPPING_SECONDS)) + rate.batch
    for first, later in zip(starts, starts[most:], strict=False):
        assert later - first >= 1.0


def test_the_key_ends_by_itself(redis: Redis) -> None:
    Rate(redis, PER_SECOND).reserve(1)
    (key,) = redis.keys()
    assert 0 < redis.pttl(key) <= 3_600_000
