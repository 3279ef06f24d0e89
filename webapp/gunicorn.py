"""Settings of the web server. Every process has threads of its own; any number may run."""

import os
import sys

bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 8
timeout = 60
graceful_timeout = 10
keepalive = 5
# Requests' lines hold receipt tokens, so there is no access log.
accesslog = None
errorlog = "-"
loglevel = "warning"
control_socket_disable = True
preload_app = False

# A thread that stores a letter holds the database's one place for writers, and has to win the
# interpreter back after each statement: from threads that render pages, in 5 ms a time by default.
sys.setswitchinterval(0.0005)
