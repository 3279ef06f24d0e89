"""Workers are killed at any moment, again and again: one process of them, or all at once."""

import random
import time
from collections.abc import Callable
from functools import partial

import psutil
import pytest

from rig.servers import wait_for
from tests.faults.at_stake import load, write
from tests.faults.conftest import StartStack
from tests.faults.judge import GOES_ON_WITHIN_SECONDS, finish, judge, states, taken
from tests.support.stack import Stack

SLUG = "kills"


@pytest.mark.parametrize("seed", [5])
def test_random_kills_lose_nothing_and_send_nothing_twice(
    seed: int, start_stack: StartStack, is_long: bool, say: Callable[[str], None]
) -> None:
    letters, kills = (5_000, 200) if is_long else (300, 6)
    dice = random.Random(seed)
    stack = start_stack(worker_count=2, SEND_TIMEOUT="1", SEND_RATE="100")
    load(stack, SLUG, targets=50)
    submitted = write(stack, SLUG, letters // 50)
    for _ in range(kills):
        wait_for(partial(is_under_way, stack, number_taken(stack)), GOES_ON_WITHIN_SECONDS)
        time.sleep(dice.uniform(0, 0.15))
        strike(stack, dice)
    finish(stack, SLUG, 300 + letters / 50)
    verdict = judge(stack, SLUG, submitted)
    assert verdict.longest_gap_seconds < GOES_ON_WITHIN_SECONDS
    say(
        f"{kills} kills: {verdict.submitted} letters, {verdict.taken} taken once, "
        f"{verdict.unknown} unknown; longest gap {verdict.longest_gap_seconds:.1f} s"
    )


def number_taken(stack: Stack) -> int:
    return sum(taken(stack).values())


def is_under_way(stack: Stack, before: int) -> bool:
    """Tell whether letters leave again, or none is left to leave."""
    return number_taken(stack) > before or "queued" not in states(stack, SLUG).values()


def strike(stack: Stack, dice: random.Random) -> None:
    """Kill one process of a worker, or all of them; what does not start again by itself, we do."""
    n = dice.randrange(len(stack.workers))
    worker = stack.workers[n]
    family = [psutil.Process(worker.pid), *psutil.Process(worker.pid).children(recursive=True)]
    victim = dice.choice([None, *family])
    if victim is None:
        stack.kill_worker(worker)
    elif victim.is_running():
        victim.kill()
    if victim in {None, family[0]}:
        worker.wait()
        del stack.workers[n]
        stack.start_worker()
