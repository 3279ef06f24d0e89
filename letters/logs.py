"""Write logs as JSON lines or as plain text, to standard error. No personal data goes in."""

import json
import logging
import sys
import threading
import traceback
from datetime import UTC, datetime
from types import TracebackType


class Discreet(logging.Formatter):
    """Tells of an error its kind and its place, and not its words.

    They can hold what somebody typed: PostgreSQL's name the address that is there already.
    """

    def formatException(  # noqa: N802 - logging's own name
        self,
        ei: tuple[type[BaseException], BaseException, TracebackType | None]
        | tuple[None, None, None],
    ) -> str:
        """Return an error and what caused it, the first cause first."""
        told: list[str] = []
        error = ei[1]
        while error is not None:
            frames = "".join(traceback.format_tb(error.__traceback__))
            told.insert(0, f"{frames}{type(error).__module__}.{type(error).__qualname__}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(told)


class JsonLines(Discreet):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON: time, level, logger, message, and a traceback if any."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def configure(log_format: str) -> None:
    """Send every log of this process to standard error in `log_format`, "json" or "text"."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonLines()
        if log_format == "json"
        else Discreet("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # What nobody catches is told in the same way, and without its words.
    logging.captureWarnings(capture=True)
    sys.excepthook = _tell_uncaught
    threading.excepthook = lambda told: _tell_uncaught(
        told.exc_type, told.exc_value or told.exc_type(), told.exc_traceback
    )
    for chatty in ("rq", "alembic", "asyncio", "fontTools"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _tell_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if issubclass(kind, (KeyboardInterrupt, SystemExit)):
        sys.__excepthook__(kind, error, trace)
    else:
        logging.getLogger("uncaught").critical("ended by an error", exc_info=(kind, error, trace))
