"""Settings of the web server. Every process has threads of its own; any number may run."""

import ctypes
import os
import shutil
import sys
import tempfile
from typing import Any

from gunicorn import systemd

_host = os.environ.get("HOST", "").strip() or "0.0.0.0"  # noqa: S104 - a proxy stands in front
bind = f"{f'[{_host}]' if ':' in _host else _host}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "webapp.server.arrivals.Patient"
logger_class = "webapp.server.log.Log"
threads = 4  # more of them take the interpreter from each other, and answer fewer requests
timeout = 60
graceful_timeout = 8  # with what an end costs itself, all are gone within ten seconds
keepalive = 5
umask = 0o077  # what a process of ours writes is for its owner's eyes
# Requests' lines hold receipt tokens, so there is no access log.
accesslog = None
errorlog = "-"
loglevel = "warning"
control_socket_disable = True
preload_app = False

# Where this server's processes keep what they measure, for each other to read. Whoever has a folder
# in memory for it names that.
_measured = tempfile.mkdtemp(prefix="postbag-measured-")
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", _measured)


def child_exit(_server: Any, worker: Any) -> None:  # noqa: ANN401 - gunicorn brings no types
    """Forget what only a living process could tell."""
    from prometheus_client import multiprocess  # noqa: PLC0415 - it looks for the folder at once

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def post_worker_init(worker: Any) -> None:  # noqa: ANN401 - the same
    """Tell systemd, where it looks after us, that a master beside the old one serves now.

    SIGUSR2 starts it, on the same socket: nobody is turned away while the code changes.
    """
    if "GUNICORN_PID" in os.environ:
        systemd.sd_notify(f"MAINPID={worker.ppid}", worker.log)


def on_exit(server: Any) -> None:  # noqa: ANN401 - the same
    """Leave no folder behind, unless another master has taken over and measures on."""
    if not server.reexec_pid:
        shutil.rmtree(_measured, ignore_errors=True)


# A thread that stores a letter holds the database's one place for writers, and has to win the
# interpreter back after each statement: from threads that render pages, in 5 ms a time by default.
# Much less, and all of them spend their time on taking it from each other.
sys.setswitchinterval(0.002)

# The GNU C library gives each thread a heap of its own, up to eight a core, and what one has let
# go of there no other can have: 32 writers to 650 targets took 550 MB so, and take 340 with two
# heaps. Other libraries have no such call.
_M_ARENA_MAX = -8  # mallopt(3), malloc.h
if hasattr(ctypes.CDLL(None), "mallopt"):
    ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)
