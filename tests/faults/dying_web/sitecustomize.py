"""Let a web process die while it takes an answer: Python imports this at its start.

Its steps are each statement, each commit, each connection that is given back after one, and the
answer that is ready. A file DEATHS/STEP-NUMBER is one death at a step: whoever takes the file away
dies.
"""

import os
import signal
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

from flask import Flask, has_request_context, request, request_finished
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.pool import Pool

_DEATHS = Path(os.environ["DEATHS"])
_PATH = "/webhooks/sendgrid/inbound"


def _reached(*_: Any, **__: Any) -> None:  # noqa: ANN401 - what happens, in SQLAlchemy's words
    if not has_request_context() or request.path != _PATH:
        return
    steps = request.environ.setdefault("steps", count())
    for death in _DEATHS.glob(f"{next(steps)}-*"):
        with suppress(FileNotFoundError):
            death.unlink()
            os.kill(os.getpid(), signal.SIGKILL)


def _answers(_app: Flask, **_: Any) -> None:  # noqa: ANN401
    _reached()


event.listen(Engine, "before_cursor_execute", _reached)
event.listen(Engine, "commit", _reached)
event.listen(Pool, "checkin", _reached)
request_finished.connect(_answers)
