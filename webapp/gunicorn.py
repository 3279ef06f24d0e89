"""Settings of the web server. Every process has threads of its own; any number may run."""

import os
import sys
import tempfile
from typing import Any

_host = os.environ.get("HOST", "").strip() or "0.0.0.0"  # noqa: S104 - a proxy stands in front
bind = f"{f'[{_host}]' if ':' in _host else _host}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "webapp.server.arrivals.Patient"
logger_class = "webapp.server.log.Log"
threads = 8
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
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="postbag-measured-"))


def child_exit(_server: Any, worker: Any) -> None:  # noqa: ANN401 - gunicorn brings no types
    """Forget what only a living process could tell."""
    from prometheus_client import multiprocess  # noqa: PLC0415 - it looks for the folder at once

    multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


# A thread that stores a letter holds the database's one place for writers, and has to win the
# interpreter back after each statement: from threads that render pages, in 5 ms a time by default.
sys.setswitchinterval(0.0005)
