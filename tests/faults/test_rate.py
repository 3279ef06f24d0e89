"""The account's rate and a target's cap hold over all workers, whatever happens to Redis and them.

Judged by the times at which requests came in.
"""

import time
from collections.abc import Callable

from sqlalchemy import update

from letters.storage.schema import target
from rig.servers import Valkey, wait_for
from tests.faults.at_stake import load, write
from tests.faults.conftest import StartStack
from tests.faults.judge import most_in_a_second, requests
from tests.support.stack import Stack

PER_SECOND = 50


def test_the_rate_is_used_and_never_exceeded(
    start_stack: StartStack, is_long: bool, say: Callable[[str], None]
) -> None:
    workers, seconds = (4, 20) if is_long else (2, 6)
    stack, begin = begin_at_full_rate(start_stack, workers, seconds)
    time.sleep(seconds)
    mean, most = mean_rate(stack, begin, seconds), most_in_a_second(stack, begin)
    say(f"{workers} workers, {seconds} s: mean {mean:.2f}/s, at most {most} in a second")
    assert mean >= 0.98 * PER_SECOND
    assert most <= PER_SECOND + 1


def test_an_emptied_redis_costs_one_burst_of_less_than_a_second(
    start_stack: StartStack, own_valkey: Valkey, is_long: bool, say: Callable[[str], None]
) -> None:
    workers, seconds = (4, 20) if is_long else (2, 6)
    stack, begin = begin_at_full_rate(start_stack, workers, seconds)
    time.sleep(seconds / 2)
    flushed_at = time.time()
    own_valkey.flush()
    time.sleep(seconds / 2)
    arrivals = [a for a in arrivals_of(stack) if a >= begin]
    calm = [a for a in arrivals if not flushed_at - 1 <= a <= flushed_at + 1]
    burst = most_in_a_second(stack, begin)
    mean = mean_rate(stack, begin, seconds)
    say(f"{workers} workers, flushed: mean {mean:.2f}/s, at most {burst} in a second")
    assert mean >= 0.98 * PER_SECOND
    assert burst <= 2 * PER_SECOND + 1
    for part in (
        [a for a in calm if a < flushed_at],
        [a for a in calm if a > flushed_at],
    ):
        for first, later in zip(part, part[PER_SECOND + 1 :], strict=False):
            assert later - first >= 1.0


def test_a_database_that_stalls_crowds_no_second(
    start_stack: StartStack, is_long: bool, say: Callable[[str], None]
) -> None:
    workers, stalls = 4, (10 if is_long else 4)
    stack, begin = begin_at_full_rate(start_stack, workers, 2 * stalls)
    for _ in range(stalls):
        time.sleep(1.0)
        with stack.database.write() as connection:
            connection.execute(update(target).values(position=target.c.position))
            time.sleep(0.6)  # every worker's claim waits for us
    time.sleep(1.0)
    most = most_in_a_second(stack, begin)
    say(f"{workers} workers, {stalls} stalls: at most {most} in a second")
    assert most <= PER_SECOND + 1


def begin_at_full_rate(start_stack: StartStack, workers: int, seconds: int) -> tuple[Stack, float]:
    """Start sending more than can leave; give when the rate counts from, in Unix seconds."""
    stack = start_stack(worker_count=workers, SEND_RATE=str(PER_SECOND))
    load(stack, "rate", targets=20)
    write(stack, "rate", (seconds + 6) * PER_SECOND // 20)
    wait_for(lambda: len(requests(stack)) > 2 * PER_SECOND, 60)  # every worker has started by then
    return stack, time.time()


def arrivals_of(stack: Stack) -> list[float]:
    return sorted(entry["received_at"] for entry in requests(stack))


def mean_rate(stack: Stack, begin: float, seconds: float) -> float:
    return sum(begin <= a < begin + seconds for a in arrivals_of(stack)) / seconds
