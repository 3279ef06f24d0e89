"""Settings of the web server. Every process has threads of its own; any number may run."""

import os

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
