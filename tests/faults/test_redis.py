"""Redis is emptied and killed while letters leave. It holds nothing that cannot be had anew."""

import time
from collections.abc import Callable

from rig.servers import Valkey, wait_for
from tests.faults.at_stake import load, write
from tests.faults.conftest import StartStack
from tests.faults.judge import GOES_ON_WITHIN_SECONDS, goes_on, judge, most_in_a_second, settle

SLUG = "redis"
PER_SECOND = 50
WORKERS = 2


def test_an_emptied_and_a_killed_redis_cost_no_letter_and_no_pacing(
    start_stack: StartStack, own_valkey: Valkey, is_long: bool, say: Callable[[str], None]
) -> None:
    letters, flushes = (1_000, 5) if is_long else (300, 2)
    stack = start_stack(worker_count=WORKERS, SEND_TIMEOUT="1", SEND_RATE=str(PER_SECOND))
    load(stack, SLUG, targets=20)
    submitted = write(stack, SLUG, letters // 20)
    waits: list[float] = []
    for n in range(flushes + 1):
        wait_for(goes_on(stack, time.time()))
        time.sleep(1.2)  # no second sees two of them
        happened_at = time.time()
        if n == flushes // 2:
            own_valkey.kill()
            time.sleep(2)  # while nothing can be reserved
            own_valkey.start()
        else:
            own_valkey.flush()
        back_at = time.time()
        wait_for(goes_on(stack, back_at), GOES_ON_WITHIN_SECONDS)
        waits.append(time.time() - back_at)
        assert back_at - happened_at < GOES_ON_WITHIN_SECONDS
    settle(stack, SLUG, 3 * letters / PER_SECOND + 45)

    verdict = judge(stack, SLUG, submitted)
    assert verdict.unknown == 0
    most = most_in_a_second(stack)
    # What Redis forgot is at most one batch of each worker: far less than a second's worth.
    assert most <= PER_SECOND + 1 + PER_SECOND // 10 * WORKERS
    say(
        f"{flushes} flushes, one kill: {verdict.taken} letters taken once, none unknown; sent "
        f"again after {max(waits):.1f} s; at most {most} in a second of {PER_SECOND} allowed"
    )
