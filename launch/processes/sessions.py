"""Find and end everything that one child started.

Every child of ./run leads a session of its own, and what it starts stays in that session, also
when its parent dies. So a session's members are what has to end, whoever has adopted them.
"""

import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_LOOK_AGAIN_SECONDS = 0.05
_KILLED_WITHIN_SECONDS = 5.0


@dataclass(frozen=True)
class Process:
    """A living process; a zombie is none."""

    pid: int
    session: int


def end_session(session: int, patience_seconds: float) -> bool:
    """Ask the leader to end, wait for it that long, then kill whatever is left.

    Only the leader is asked: gunicorn and RQ end their own children in their own good order.
    Tell whether it ended in time.
    """
    if leader_lives(session):
        _send(session, signal.SIGTERM)
    deadline = time.monotonic() + patience_seconds
    while leader_lives(session) and time.monotonic() < deadline:
        time.sleep(_LOOK_AGAIN_SECONDS)
    in_time = not leader_lives(session)
    deadline = time.monotonic() + _KILLED_WITHIN_SECONDS
    while (left := members(session)) and time.monotonic() < deadline:
        for process in left:
            _send(process.pid, signal.SIGKILL)
        time.sleep(_LOOK_AGAIN_SECONDS)
    return in_time


def leader_lives(session: int) -> bool:
    """Tell whether the process that leads this session is alive."""
    process = look_at(session)
    return process is not None and process.session == session


def members(session: int) -> list[Process]:
    """Give all living processes of a session."""
    return [process for process in _all_processes() if process.session == session]


def look_at(pid: int) -> Process | None:
    """Give the process, or None if it is gone or a zombie."""
    if Path("/proc/self/stat").exists():
        return _from_proc(Path("/proc") / str(pid))
    found = [process for process in _from_ps() if process.pid == pid]
    return found[0] if found else None


def _all_processes() -> list[Process]:
    if not Path("/proc/self/stat").exists():
        return _from_ps()
    folders = (folder for folder in Path("/proc").iterdir() if folder.name.isdecimal())
    return [process for folder in folders if (process := _from_proc(folder)) is not None]


def _from_proc(folder: Path) -> Process | None:
    """Read /proc/PID/stat, see proc(5): pid (name) state ppid pgrp session ..."""
    try:
        text = (folder / "stat").read_text(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None  # it ended meanwhile
    # The name may hold spaces and brackets of its own.
    state, _parent, _group, session = text.rpartition(")")[2].split()[:4]
    return None if state in "ZX" else Process(int(folder.name), int(session))


def _from_ps() -> list[Process]:
    # macOS has no /proc, and its ps shows no session ids; the system call does.
    shown = subprocess.run(
        ["/bin/ps", "-A", "-o", "pid=,stat="], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    processes = []
    for line in shown.splitlines():
        pid, state = line.split()[:2]
        if state.startswith("Z"):
            continue
        try:
            processes.append(Process(int(pid), os.getsid(int(pid))))
        except (ProcessLookupError, PermissionError):
            continue  # it ended meanwhile, or is none of ours
    return processes


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return  # it ended meanwhile
