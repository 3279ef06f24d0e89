"""SIGTERM ends a worker soon, whenever it comes: to one process, or to all as some hosts do it."""

import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import psutil
import pytest

from letters.states import State
from rig.servers import wait_for
from tests.faults.at_stake import load, write
from tests.faults.conftest import StartStack
from tests.faults.judge import requests, states, taken
from tests.support.seldom import seldom
from tests.support.stack import Stack

SLUG = "stop"
SEND_TIMEOUT_SECONDS = 1
SOONEST, LATEST = 0.3, 1.3
"""After its start, in what it takes to its first request: while it starts, forks and sends."""


@pytest.mark.parametrize(
    "to_all",
    [
        seldom(False, id="one process"),
        pytest.param(True, id="all processes"),
    ],
)
def test_a_worker_stops_soon_whenever_it_is_told(
    start_stack: StartStack, is_long: bool, say: Callable[[str], None], *, to_all: bool
) -> None:
    stops = 60 if is_long else 4
    stack = start_stack(worker_count=0, SEND_TIMEOUT=str(SEND_TIMEOUT_SECONDS), SEND_RATE="20")
    load(stack, SLUG, targets=30)
    write(stack, SLUG, 4 * stops)
    started_at = time.monotonic()
    stack.start_worker()
    wait_for(lambda: requests(stack))
    start_seconds = time.monotonic() - started_at
    stack.stop_workers()
    longest, before, sent = 0.0, len(requests(stack)), 0
    for n in range(stops):
        worker = stack.start_worker()
        if n < stops - 1:
            time.sleep(start_seconds * (SOONEST + n * (LATEST - SOONEST) / (stops - 1)))
        else:  # the last is sending for sure, however slow the machine has become meanwhile
            wait_for(partial(has_more, stack, before + sent))
        everyone = [psutil.Process(worker.pid)]
        everyone += everyone[0].children(recursive=True)
        told_at = time.monotonic()
        for process in everyone if to_all else everyone[:1]:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGTERM)
        try:
            worker.wait(SEND_TIMEOUT_SECONDS + 5)
        except subprocess.TimeoutExpired:
            pytest.fail(f"it did not stop, told after {n} of {stops} steps")
        stack.workers.remove(worker)
        longest = max(longest, time.monotonic() - told_at)
        assert State.SENDING not in states(stack, SLUG).values()
        assert not [process for process in everyone if process.is_running()]
        sent = len(requests(stack)) - before
    assert State.UNKNOWN not in states(stack, SLUG).values()
    assert set(taken(stack).values()) <= {1}
    assert sent
    say(f"{stops} stops, {sent} requests meanwhile: at most {longest:.1f} s")


def has_more(stack: Stack, than: int) -> bool:
    return len(requests(stack)) > than
