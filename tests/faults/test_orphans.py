"""A work-horse whose worker was killed ends by itself, however early that was."""

import subprocess
import sys

import pytest

from rig import ROOT
from rig.servers import PATIENCE_SECONDS
from tests.faults.at_stake import load, write
from tests.faults.conftest import StartStack
from tests.faults.judge import finish, judge

SLUG = "orphans"
ENDS_WITHIN_SECONDS = PATIENCE_SECONDS
PROGRAM = """
import os, time
import worker.jobs
started_by = os.getpid()
if os.fork() == 0:
    while os.getppid() == started_by:
        time.sleep(0.01)
    worker.jobs.drain()
"""


@pytest.mark.long
def test_a_work_horse_that_never_saw_its_worker_ends(start_stack: StartStack) -> None:
    stack = start_stack(worker_count=0, SEND_RATE="1")
    load(stack, SLUG, targets=200)
    submitted = write(stack, SLUG, 1)  # more than three minutes of work
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=stack.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as program:
        program.communicate(timeout=ENDS_WITHIN_SECONDS)  # until the last process is gone
    stack.environment["SEND_RATE"] = "200"
    stack.start_worker()
    finish(stack, SLUG, 200)
    assert judge(stack, SLUG, submitted).unknown == 0
