"""Start our programs, each as a process of its own, without reading their modules each time.

To read them takes a second of a core for every process, and the tests start hundreds. So one
process has read them (forker.py), and forks: what it starts is told its own command, environment
and files. With --long, under coverage and with a path of its own for modules, a program starts from
nothing, as in life.
"""

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Final, Protocol

from rig import ROOT

FROM_NOTHING: Final = "POSTBAG_TESTS_FROM_NOTHING"
"""Set in the environment of the tests where each program starts from nothing."""


class Program(Protocol):
    """A program that was started, with what `subprocess.Popen` has."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...
    def send_signal(self, sig: int, /) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


class _Forked:
    """A process that the forker made. A pipe tells how it ended."""

    def __init__(self, pid: int, told: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._told = told

    def poll(self) -> int | None:
        if self.returncode is None:
            try:
                answer = os.read(self._told, 16)
            except BlockingIOError:
                return None
            os.close(self._told)
            self.returncode = int(answer)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None and not select.select([self._told], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        status = self.poll()
        assert status is not None
        return status

    def send_signal(self, sig: int, /) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _from_nothing() -> bool:
    return any(name.startswith((FROM_NOTHING, "COVERAGE_PROCESS")) for name in os.environ)


@cache
def _forker() -> socket.socket:
    """Start the forker; it ends when this process does."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with its:
        forker = subprocess.Popen(
            [sys.executable, "-m", "tests.support.forker", str(its.fileno())],
            cwd=ROOT,
            pass_fds=[its.fileno()],
        )
    atexit.register(forker.wait)
    atexit.register(ours.close)  # which ends it: the last registered is the first called
    return ours


def start(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    stdout: IO[bytes],
    stderr: IO[bytes],
    stdin: IO[bytes] | None = None,
) -> Program:
    """Start `python -m module …` or a script of Python, in the checkout's folder."""
    with Path(os.devnull).open("rb") as nothing:
        given = stdin or nothing
        if _from_nothing() or "PYTHONPATH" in environment:  # a module that is to come first
            return subprocess.Popen(
                command, cwd=ROOT, env=environment, stdin=given, stdout=stdout, stderr=stderr
            )
        order = json.dumps({"command": list(command), "environment": dict(environment)})
        told, tells = os.pipe()
        os.set_blocking(told, False)
        files = [*(file.fileno() for file in (given, stdout, stderr)), tells]
        socket.send_fds(_forker(), [order.encode()], files)
        os.close(tells)
        return _Forked(int(_forker().recv(32)), told)


def run(
    command: Sequence[str], environment: Mapping[str, str], text: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, as `subprocess.run` does."""
    with (
        tempfile.TemporaryFile() as stdin,
        tempfile.TemporaryFile() as stdout,
        tempfile.TemporaryFile() as stderr,
    ):
        stdin.write((text or "").encode())
        stdin.seek(0)
        status = start(command, environment, stdin=stdin, stdout=stdout, stderr=stderr).wait()
        said = []
        for file in (stdout, stderr):
            file.seek(0)
            said.append(file.read().decode())
    return subprocess.CompletedProcess(list(command), status, *said)
