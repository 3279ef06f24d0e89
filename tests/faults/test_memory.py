"""A worker's memory stays flat, however many letters it sends."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import psutil
import pytest
from sqlalchemy import func, select

from letters.storage.schema import tally
from rig.servers import wait_for
from tests.faults.at_stake import load, write
from tests.faults.conftest import StartStack
from tests.support.stack import Stack

SLUG = "memory"
MEBIBYTE = 1 << 20
GROWTH_MEBIBYTES = 12.0
"""Pools, caches and the allocator's own rounding fill up at first; then nothing grows."""


@pytest.mark.long
def test_a_workers_memory_stays_flat(
    start_stack: StartStack, is_long: bool, say: Callable[[str], None]
) -> None:
    letters, targets = (100_000, 500) if is_long else (3_000, 100)
    stack = start_stack(worker_count=0, SEND_RATE="100000", SEND_TIMEOUT="15")
    stack.stand_in.order({"events": {"hold": True}})
    load(stack, SLUG, targets)
    write(stack, SLUG, letters // targets)
    worker = stack.start_worker()
    step = letters // 20
    curve: list[tuple[int, float]] = []  # letters sent, and the whole worker's memory in MiB
    deadline = time.monotonic() + timedelta(minutes=30).total_seconds()
    while (sent := sent_by(stack)) < letters:
        assert time.monotonic() < deadline
        if sent >= step * (len(curve) + 1):
            curve.append((sent, memory_mebibytes(worker.pid)))
        time.sleep(0.02)
    wait_for(lambda: sent_by(stack) == letters)
    say("letters: MiB  " + "  ".join(f"{sent:,}: {size:.1f}" for sent, size in curve))
    assert len(curve) > 4
    settled = curve[len(curve) // 4 :]
    assert max(size for _, size in settled) - settled[0][1] < GROWTH_MEBIBYTES


def sent_by(stack: Stack) -> int:
    with stack.database.read() as connection:
        accepted = select(func.sum(tally.c.letters)).where(tally.c.state == "accepted")
        return int(connection.execute(accepted).scalar() or 0)


def memory_mebibytes(pid: int) -> float:
    """Give what a worker's processes hold for themselves alone, all together."""
    root = psutil.Process(pid)
    total = 0
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            total += process.memory_full_info().uss
    return total / MEBIBYTE
