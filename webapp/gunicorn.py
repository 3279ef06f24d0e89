"""Settings of the web server. Every process has threads of its own; any number may run."""

import os
import sys

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

# A thread that stores a letter holds the database's one place for writers, and has to win the
# interpreter back after each statement: from threads that render pages, in 5 ms a time by default.
sys.setswitchinterval(0.0005)
