"""The process that ends ./run's children when ./run could not: after a kill -9, say.

It reads a pipe whose other end ./run alone holds, on Linux and macOS alike. A line says that a
child leads a new session (`begun NAME SESSION PATIENCE`) or is over for good (`over NAME`). When
the pipe closes, ./run is gone, and what has begun and is not over is ended, the last name first:
web before worker, and those before what they stand on. A child that was started again keeps its
place.
"""

import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from launch.processes.sessions import end_session


class Lifeline:
    """./run's side: it starts the process, tells it of sessions and starts it again if it dies."""

    def __init__(self, root: Path, lock: int) -> None:
        """Hold on to `lock`, too: an open flock that a next ./run waits for."""
        self._root = root
        self._lock = lock
        self._children: dict[str, tuple[int, float]] = {}
        self._process = self._start()

    def begun(self, name: str, session: int, patience_seconds: float) -> None:
        """Say that a child leads a new session, and how long it may take to end."""
        self._children[name] = session, patience_seconds
        self._tell(_begun(name, session, patience_seconds))

    def over(self, name: str) -> None:
        """Say that nothing is left of a child."""
        del self._children[name]
        self._tell(f"over {name}\n")

    def look_after(self) -> None:
        """Start the process again if it has died."""
        if self._process.poll() is not None:
            self._process = self._start()
            for name, (session, patience_seconds) in self._children.items():
                self._tell(_begun(name, session, patience_seconds))

    def close(self) -> None:
        """Let go. The process ends what is still there, then itself."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "launch.processes.lifeline"],
            cwd=self._root,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            bufsize=0,
            pass_fds=[self._lock],
            start_new_session=True,  # what ends ./run's process group must not end this
        )

    def _tell(self, line: str) -> None:
        if self._process.stdin is None:
            return
        try:
            self._process.stdin.write(line.encode())
        except BrokenPipeError:
            return  # it has died; look_after() starts it again and tells it everything


def children_left(lines: Iterable[str]) -> dict[str, tuple[int, float]]:
    """Give the session and patience in seconds of each child that has begun and is not over."""
    left: dict[str, tuple[int, float]] = {}
    for line in lines:
        match line.split():
            case ["begun", name, session, patience_seconds]:
                left[name] = int(session), float(patience_seconds)
            case ["over", name]:
                left.pop(name, None)
    return left


def _begun(name: str, session: int, patience_seconds: float) -> str:
    return f"begun {name} {session} {patience_seconds}\n"


def _main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # only the pipe ends it
    for session, patience_seconds in reversed(children_left(sys.stdin).values()):
        end_session(session, patience_seconds)


if __name__ == "__main__":
    _main()
