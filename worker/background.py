"""Work beside the sweeper: the desk's figures, other systems' webhooks, links that people ask for.

Threads of the worker's own process, so that a slow receiver holds up neither the figures nor the
sweep. Each may fail: it says so and goes on.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from letters.desk import history
from letters.notices import asking
from letters.notices.links import Links
from letters.receipts import lost
from letters.settings import Settings
from letters.storage.database import Database, StorageUnavailable
from letters.tokens import Tokens
from worker.webhooks import deliver

_LOOK_SECONDS: Final = 1.0
_REST_SECONDS: Final = 10.0
_log = logging.getLogger(__name__)


def start(
    database: Database, settings: Settings, stopping: threading.Event, wake: Callable[[], object]
) -> None:
    """Start the threads; they end when `stopping` is set, or with the process.

    `wake` lets what was queued leave at once.
    """
    links = Links(settings.public_url, Tokens(settings.secret_keys))

    def read_news() -> bool:
        return history.read_on(database, datetime.now(UTC)) == history.MOST

    def tell_others() -> bool:
        return deliver(database, settings, datetime.now(UTC)) > 0

    def answer_who_asks() -> bool:
        if asking.answer(database, links, datetime.now(UTC)):
            wake()
        return False

    def answer_who_lost() -> bool:
        if lost.answer(database, links, datetime.now(UTC)):
            wake()
        return False

    for name, work in (
        ("figures", read_news),
        ("webhooks", tell_others),
        ("sign-in links", answer_who_asks),
        ("lost links", answer_who_lost),
    ):
        threading.Thread(
            target=_repeat, args=(name, work, stopping), name=name, daemon=True
        ).start()


def _repeat(name: str, work: Callable[[], bool], stopping: threading.Event) -> None:
    """Do `work` again and again, at once while there is more."""
    wait = 0.0
    while not stopping.wait(wait):
        try:
            wait = 0.0 if work() else _LOOK_SECONDS
        except StorageUnavailable:
            wait = _LOOK_SECONDS  # the sweeper says so
        except Exception:  # noqa: BLE001 - a thread that dies of it is missed by nobody
            _log.exception("the %s could not be told; trying again", name)
            wait = _REST_SECONDS
