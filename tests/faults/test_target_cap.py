"""A target's hourly cap holds exactly, whatever happens to Redis and to the workers."""

import signal
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise

from rig.servers import Valkey, wait_for
from tests.faults.at_stake import load, write
from tests.faults.conftest import StartStack
from tests.faults.judge import finish, goes_on, judge, requests
from tests.support.stack import Stack

SLUG = "cap"
PER_HOUR = 3600
TARGETS = 4


def test_a_targets_cap_holds_through_flushes_kills_and_restarts(
    start_stack: StartStack, own_valkey: Valkey, is_long: bool, say: Callable[[str], None]
) -> None:
    rounds = 5 if is_long else 1
    stack = start_stack(worker_count=2, SEND_TIMEOUT="1")
    load(stack, SLUG, TARGETS, pacing=f"per_target_per_hour = {PER_HOUR}")
    submitted = write(stack, SLUG, 8 * rounds)
    for _ in range(rounds):
        for fault in (own_valkey.flush, lambda: kill_one(stack), lambda: restart_one(stack)):
            wait_for(goes_on(stack, time.time()))
            fault()
    finish(stack, SLUG, 60 + 10 * rounds)
    verdict = judge(stack, SLUG, submitted)

    arrivals: dict[str, list[float]] = defaultdict(list)
    for entry in requests(stack):
        if entry["letter_id"]:
            arrivals[entry["to"]].append(entry["received_at"])
    assert len(arrivals) == TARGETS
    closest = min(later - one for times in arrivals.values() for one, later in pairwise(times))
    say(f"{verdict.taken} letters, never two to one target within {closest:.3f} s of each other")
    assert closest >= 3600 / PER_HOUR


def kill_one(stack: Stack) -> None:
    stack.kill_worker(stack.workers.pop(0))
    stack.start_worker()


def restart_one(stack: Stack) -> None:
    worker = stack.workers.pop(0)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(stack.settings.send_timeout_seconds + 5) == 0
    stack.start_worker()
