"""Let gunicorn write into our own log: its lines in our format, and nothing of a request in it."""

import logging
import os

from gunicorn.glogging import Logger

from letters.logs import configure


class Log(Logger):  # type: ignore[misc]  # gunicorn brings no types
    """gunicorn's logger. There is no access log: requests' lines hold receipt tokens."""

    def setup(self, cfg: object) -> None:
        """Send everything to the root's handler."""
        self.cfg = cfg
        self.loglevel = logging.WARNING
        self._access_log_enabled = False
        configure(os.environ.get("LOG_FORMAT", "").strip() or "json")
        for log in (self.error_log, self.access_log):
            log.handlers.clear()
        self.error_log.setLevel(self.loglevel)
        self.error_log.propagate = True

    def access(self, *_: object) -> None:
        """Write nothing."""

    def exception(self, _message: str, *_arguments: object, **_more: object) -> None:
        """Write the kind of an error and its place; gunicorn's words hold the address asked for."""
        self.error_log.error("the web server stumbled", exc_info=True)
