"""The services of ./run start, end and start again in their order."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest

from launch.checkout import Checkout
from launch.failure import Failure
from launch.processes.lifeline import children_left
from launch.processes.sessions import look_at
from launch.processes.supervisor import pause_before_restart
from launch.start import only_one

ROOT = Path(__file__).resolve().parents[2]


class Started:
    """A small ./run in `folder`, see supervised.py, with both its services up."""

    def __init__(self, folder: Path, words: IO[bytes]) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.launch.supervised", folder],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=words,
            text=True,
        )
        assert self.process.stdout is not None
        self.pids = [int(pid) for pid in self.process.stdout.readline().split()]

    @property
    def first(self) -> int:
        """The process id of the first service."""
        return self.pids[0]

    def living(self) -> list[int]:
        """Give those of the services' processes that live."""
        return [pid for pid in self.pids if look_at(pid) is not None]


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    with (tmp_path / "words").open("wb") as words:
        started = Started(tmp_path, words)
    yield started
    started.process.terminate()
    started.process.communicate()


def eventually(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline, "it does not come true"
        time.sleep(0.02)


def test_sigterm_ends_all_in_reverse_order(started: Started) -> None:
    assert len(started.living()) == 4
    started.process.terminate()
    assert started.process.wait(timeout=20) == 0
    assert started.living() == []
    assert (started.folder / "ended").read_text() == "second\nfirst\n"


def test_after_kill_9_all_ends_in_the_same_order(started: Started) -> None:
    started.process.kill()
    eventually(lambda: started.living() == [])
    assert (started.folder / "ended").read_text() == "second\nfirst\n"


def test_the_next_run_waits_for_what_a_killed_one_left(started: Started) -> None:
    os.kill(started.first, signal.SIGSTOP)  # it takes its time to end
    started.process.kill()
    started.process.wait()
    eventually((started.folder / "ended").exists)
    os.kill(started.first, signal.SIGCONT)
    with only_one(Checkout(started.folder)):
        assert started.living() == []


def test_a_second_run_is_told_of_the_first(started: Started) -> None:
    with pytest.raises(Failure) as caught, only_one(Checkout(started.folder)):
        pass
    assert str(caught.value) == (
        f"Postbag is running already in this checkout, as process {started.process.pid}: use "
        f"that one, or end it with Ctrl-C in its window or with: kill {started.process.pid}."
    )


def test_a_killed_service_starts_again_and_leaves_nothing_behind(started: Started) -> None:
    note = started.folder / "first"
    note.unlink()
    os.kill(started.first, signal.SIGKILL)
    eventually(note.exists)
    assert len(started.living()) == 2  # the second service's
    words = (started.folder / "words").read_text()
    assert words == "first was ended by SIGKILL; it starts again in 1 s.\n"


def test_a_service_that_was_started_again_keeps_its_place(started: Started) -> None:
    note = started.folder / "first"
    note.unlink()
    os.kill(started.first, signal.SIGKILL)
    eventually(note.exists)
    started.pids += [int(pid) for pid in note.read_text().split()]
    started.process.kill()
    eventually(lambda: started.living() == [])
    assert (started.folder / "ended").read_text() == "second\nfirst\n"


def test_pauses_grow_while_a_service_keeps_dying() -> None:
    assert [pause_before_restart(deaths) for deaths in (1, 2, 3, 4, 5, 6, 999)] == [
        1, 2, 4, 8, 16, 30, 30,
    ]  # fmt: skip


def test_the_lifeline_knows_who_is_left() -> None:
    lines = ["begun a 10 5.0\n", "begun b 11 1.0\n", "begun a 12 5.0\n", "over b\n"]
    assert children_left(lines) == {"a": (12, 5.0)}
