"""A worker is killed at each step of a send. Nothing is lost, and nothing is sent twice.

The short run kills worker and work-horse once at each step; with --long twenty times, and every
other time the work-horse alone.
"""

import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import pytest

from letters.states import State
from rig.servers import Valkey, wait_for
from tests.faults.at_stake import load, write
from tests.faults.judge import (
    GOES_ON_WITHIN_SECONDS,
    goes_on,
    judge,
    settle,
    states,
    sweep_later,
)
from tests.support.stack import Stack
from worker.failpoints import Step

TARGETS, WRITERS = 10, 2
SETTLED_WITHIN_SECONDS = 20.0


@pytest.fixture(scope="module")
def idle_stack(
    make_database_url: Callable[[], str],
    own_valkey: Valkey,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """Give a stack whose workers come and go with the tests."""
    with Stack(
        tmp_path_factory.mktemp("crash"),
        make_database_url(),
        own_valkey.new_database(),
        worker_count=0,
        SEND_TIMEOUT="1",
    ) as stack:
        yield stack


@pytest.mark.parametrize("step", list(Step), ids=str)
def test_a_crash_loses_nothing_and_sends_nothing_twice(
    step: Step, idle_stack: Stack, is_long: bool, say: Callable[[str], None]
) -> None:
    stack, kills, slug = idle_stack, 20 if is_long else 1, f"crash-{step}"
    load(stack, slug, TARGETS)
    passes = cycle((2, 1))  # the first pass may be of notices only
    submitted, longest = 0, 0.0
    worker = stack.start_worker(POSTBAG_FAILPOINT=f"{step}:{next(passes)}")
    for n in range(kills):
        submitted += write_until_one_dies(stack, slug)
        if n % 2 and n + 1 < kills:
            continue  # the work-horse alone died
        stack.kill_worker(worker)
        stack.workers.remove(worker)
        killed_at = time.time()
        sweep_later(stack)
        is_last = n + 1 == kills
        worker = stack.start_worker(POSTBAG_FAILPOINT="" if is_last else f"{step}:{next(passes)}")
        if "queued" in states(stack, slug).values() and is_last:
            wait_for(goes_on(stack, killed_at), GOES_ON_WITHIN_SECONDS)
            longest = max(longest, time.time() - killed_at)
    settle(stack, slug, SETTLED_WITHIN_SECONDS)
    stack.stop_workers()

    verdict = judge(stack, slug, submitted)
    say(
        f"{kills} kills: {verdict.submitted} letters, {verdict.taken} taken once, "
        f"{verdict.unknown} unknown; sent again {longest:.1f} s after the last"
    )


def write_until_one_dies(stack: Stack, slug: str) -> int:
    """Hand in letters until a work-horse has died; return how many.

    On a slow machine all of them may leave in one pass, and the second never comes.
    """
    before, written = deaths(stack), write(stack, slug, WRITERS)

    def has_died() -> bool:
        nonlocal written
        if not {State.QUEUED, State.SENDING} & set(states(stack, slug).values()):
            written += write(stack, slug, WRITERS)
        return deaths(stack) > before

    wait_for(has_died)
    return written


def deaths(stack: Stack) -> int:
    """Count the work-horses that were killed."""
    return sum(log.read_text().count("signal 9") for log in Path(stack.folder).glob("worker-*.log"))
