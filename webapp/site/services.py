"""Hold what one web process needs: settings, database, Redis, tokens and intake, built once."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from flask import current_app
from redis import Redis

from letters.desk.proofs import Site
from letters.intake.take import Intake
from letters.notices.links import Links
from letters.settings import Settings
from letters.storage.database import Database
from letters.tokens import Tokens

_NAME = "postbag"


@dataclass(frozen=True, slots=True)
class Services:
    """The parts of one web process."""

    settings: Settings
    database: Database
    redis: Redis
    tokens: Tokens
    intake: Intake

    @property
    def links(self) -> Links:
        """Return what links in mails are made of."""
        return Links(self.settings.public_url, self.tokens)

    @property
    def passkeys(self) -> Site:
        """Return the site that passkeys are made for."""
        return Site(self.settings.public_url, self.tokens)

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC)


def build(settings: Settings) -> Services:
    """Return new parts; nothing is connected before it is used."""
    database, tokens = Database(settings.database_url), Tokens(settings.secret_keys)
    return Services(
        settings,
        database,
        Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2),
        tokens,
        Intake(database, Links(settings.public_url, tokens)),
    )


def services() -> Services:
    """Return the parts of the app that handles this request."""
    return cast("Services", current_app.extensions[_NAME])
