"""Let many desks look at one campaign for the price of one: looked up and drawn once a change."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, cast

from flask import current_app

from letters.desk import version as pulse
from letters.desk.version import Pulse
from webapp.site.services import services

_NAME: Final = "postbag-glance"
FRESH_SECONDS: Final = 0.25
_DRAWN_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class _Drawn:
    version: str
    at: float
    page: str


class Glance:
    """What this process saw last of each campaign. Losing it costs one look."""

    def __init__(self) -> None:
        self.place_of_token: Final = secrets.token_hex(16)
        """Stands in what was drawn where each visitor's own form token belongs."""
        self._lock = threading.RLock()
        self._pulses: dict[str, tuple[float, Pulse]] = {}
        self._drawn: dict[tuple[str, str], _Drawn] = {}

    def look(self, slug: str, *, most_seconds: float = FRESH_SECONDS) -> Pulse:
        """Return a campaign's pulse, so many seconds old at most; raise UnknownCampaign."""
        with self._lock:
            at, found = self._pulses.get(slug, (0.0, None))
            if found is None or time.monotonic() - at > most_seconds:
                at = time.monotonic()
                with services().database.read() as connection:
                    found = pulse.feel(
                        connection,
                        slug,
                        services().now(),
                        services().settings.unknown_grace_seconds,
                    )
                self._pulses[slug] = (at, found)
            return found

    def drawn(
        self, slug: str, kind: str, draw: Callable[[], str], *, most_seconds: float = FRESH_SECONDS
    ) -> tuple[Pulse, str]:
        """Return a campaign's pulse, so old at most, and what `draw` gave at the last change.

        `kind` tells apart what looks different to different people. Others wait while one draws,
        as all want the same. Raises UnknownCampaign.
        """
        with self._lock:
            found = self.look(slug, most_seconds=most_seconds)
            kept = self._drawn.get((slug, kind))
            now = time.monotonic()
            if (
                kept is None
                or kept.version != found.version
                or now - kept.at > _DRAWN_SECONDS  # it says how long ago things were
            ):
                kept = _Drawn(found.version, now, draw())
                self._drawn[slug, kind] = kept
            return found, kept.page


def glance() -> Glance:
    """Return what this process saw last."""
    return cast("Glance", current_app.extensions.setdefault(_NAME, Glance()))
