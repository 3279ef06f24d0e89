"""Start children, start them again when they die, and end them in good order."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from launch.failure import Failure
from launch.processes.lifeline import Lifeline
from launch.processes.sessions import end_session
from launch.processes.signals import Signals

_LOOK_AGAIN_SECONDS = 0.1
_SETTLED_SECONDS = 60.0
_LONGEST_PAUSE_SECONDS = 30.0
_STEP_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True)
class Service:
    """A program that is to run for as long as ./run does."""

    name: str
    command: Sequence[str | Path]
    environment: Mapping[str, str]
    patience_seconds: float  # how long it may take to end


@dataclass
class _Running:
    service: Service
    process: subprocess.Popen[bytes]
    started_at: float
    deaths: int = 0  # in a row, with no settled life between
    again_at: float | None = None


def pause_before_restart(deaths: int) -> float:
    """Give the seconds to wait after so many deaths in a row: 1, 2, 4 and so on, 30 at most."""
    return min(2.0 ** min(deaths - 1, 10), _LONGEST_PAUSE_SECONDS)


class Supervisor:
    """Holds the children of ./run. Services end in the reverse of the order they started in."""

    def __init__(self, root: Path, lifeline: Lifeline, signals: Signals) -> None:
        self._root = root
        self._lifeline = lifeline
        self._signals = signals
        self._running: dict[str, _Running] = {}
        self._words = threading.Lock()

    def start(self, service: Service) -> None:
        """Start a service. What it prints goes to standard error, each line after its name."""
        with self._signals.held():
            process = self._spawn(service)
            self._running[service.name] = _Running(service, process, time.monotonic())

    def step(
        self,
        command: Sequence[str | Path],
        environment: Mapping[str, str],
        *,
        quiet: bool = False,
    ) -> tuple[int, str]:
        """Run a program that ends by itself; give its exit status and standard output.

        Its standard error is ours, unless `quiet`.
        """
        with self._signals.held():
            process = subprocess.Popen(
                command,
                cwd=self._root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL if quiet else None,
                text=True,
                start_new_session=True,
            )
            self._lifeline.begun("step", process.pid, _STEP_PATIENCE_SECONDS)
        try:
            output, _ = process.communicate()
        finally:
            end_session(process.pid, _STEP_PATIENCE_SECONDS)
            self._lifeline.over("step")
        return process.returncode, output

    def wait_for(self, ready: Callable[[], bool], seconds: float, refusal: str) -> None:
        """Look after the services until `ready`; raise Failure(refusal) if that takes too long."""
        deadline = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > deadline:
                raise Failure(refusal)
            self._look_after()
            time.sleep(_LOOK_AGAIN_SECONDS)

    def look_after_forever(self) -> None:
        """Start again what dies, until Stopped is raised."""
        while True:
            self._look_after()
            time.sleep(_LOOK_AGAIN_SECONDS)

    def stop(self) -> None:
        """End all services, the last started first. No signal breaks in on this."""
        with self._signals.held():
            for name, running in reversed(self._running.items()):
                if not end_session(running.process.pid, running.service.patience_seconds):
                    self._say(f"{name} did not end in time and was killed.")
                running.process.wait()
                self._lifeline.over(name)
            self._running.clear()

    def _look_after(self) -> None:
        self._lifeline.look_after()
        for running in self._running.values():
            now = time.monotonic()
            if running.again_at is None:
                if running.process.poll() is not None:
                    self._note_death(running, now)
            elif now >= running.again_at:
                with self._signals.held():
                    running.process = self._spawn(running.service)
                    running.started_at, running.again_at = time.monotonic(), None

    def _note_death(self, running: _Running, now: float) -> None:
        # What it left behind may still hold its port or its socket.
        end_session(running.process.pid, 0)
        settled = now - running.started_at >= _SETTLED_SECONDS
        running.deaths = 1 if settled else running.deaths + 1
        pause_seconds = pause_before_restart(running.deaths)
        running.again_at = now + pause_seconds
        how = _how_it_ended(running.process.returncode)
        self._say(f"{running.service.name} {how}; it starts again in {pause_seconds:.0f} s.")

    def _spawn(self, service: Service) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            service.command,
            cwd=self._root,
            env=service.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._lifeline.begun(service.name, process.pid, service.patience_seconds)
        threading.Thread(
            target=self._pass_on, args=(service.name, process.stdout), daemon=True
        ).start()
        return process

    def _pass_on(self, name: str, lines: IO[bytes]) -> None:
        with lines:
            for line in lines:
                self._write(f"{name:<8} | ".encode() + line.rstrip(b"\r\n") + b"\n")

    def _say(self, sentence: str) -> None:
        self._write(f"{sentence}\n".encode())

    def _write(self, line: bytes) -> None:
        with self._words:
            try:
                sys.stderr.buffer.write(line)
                sys.stderr.buffer.flush()
            except OSError:
                return  # nobody reads our words any more; the services go on


def _how_it_ended(status: int) -> str:
    if status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with status {status}"
