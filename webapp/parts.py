"""Hold what one web process needs: settings, database, Redis and tokens, built once."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from flask import current_app
from redis import Redis

from letters.settings import Settings
from letters.storage.database import Database
from letters.tokens import Tokens

_NAME = "postbag"


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one web process."""

    settings: Settings
    database: Database
    redis: Redis
    tokens: Tokens

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC)


def build(settings: Settings) -> Parts:
    """Return new parts; nothing is connected before it is used."""
    return Parts(
        settings,
        Database(settings.database_url),
        Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2),
        Tokens(settings.secret_keys),
    )


def parts() -> Parts:
    """Return the parts of the app that handles this request."""
    return cast("Parts", current_app.extensions[_NAME])
