"""The real app on a real database and a real Valkey, without a server in front."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from letters.campaigns import store
from letters.files.campaign_file import read_campaign
from letters.storage.database import Database
from letters.storage.schema import writing
from letters.tokens import Tokens
from rig.campaigns import campaign_file, form_fields
from rig.servers import Valkey
from sandbox.keys import new_key, public_key
from tests.support.stack import SECRET_KEY, supporter
from webapp.app import create_app


@dataclass
class Site:
    """One app on its own database, and what its books say."""

    app: Flask
    database: Database
    tokens: Tokens

    @property
    def client(self) -> FlaskClient:
        """Give a client without cookies, as a stranger's first visit has."""
        return self.app.test_client(use_cookies=False)

    def load(self, slug: str = "trees", *targets: str, more: str = "") -> None:
        campaign = read_campaign(campaign_file(slug, *targets, more=more))
        with self.database.write() as connection:
            store.load(connection, campaign, datetime.now(UTC))

    def form(self, slug: str = "trees", **changes: object) -> dict[str, Any]:
        """Give the form as served, filled in."""
        page = self.client.get(f"/c/{slug}").text
        return {**form_fields(page), **supporter(), **changes}

    def letters(self) -> list[tuple[str, str]]:
        """Give subject and text of every letter stored, the earliest first."""
        with self.database.read() as connection:
            rows = connection.execute(
                select(writing.c.subject, writing.c.body)
                .where(writing.c.writer_key.is_not(None))
                .order_by(writing.c.letter_id)
            )
            return [(row.subject, row.body) for row in rows]

    def count(self) -> int:
        with self.database.read() as connection:
            return int(
                connection.execute(
                    select(func.count()).where(writing.c.writer_key.is_not(None))
                ).scalar_one()
            )


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[Valkey]:
    """Give a Valkey that a test may kill."""
    with Valkey(tmp_path) as server:
        yield server


@pytest.fixture
def make_site(
    make_database_url: Callable[[], str], own_valkey: Valkey
) -> Iterator[Callable[..., Site]]:
    made: list[Database] = []

    def make(**overrides: str) -> Site:
        url = make_database_url()
        database = Database(url)
        made.append(database)
        app = create_app(
            {
                "DATABASE_URL": url,
                "REDIS_URL": own_valkey.new_database(),
                "SECRET_KEY": SECRET_KEY,
                "PUBLIC_URL": "http://localhost",
                "SENDGRID_API_KEY": "SG.x",
                "SENDGRID_EVENT_PUBLIC_KEY": public_key(new_key()),
                "MAIL_FROM": "letters@postbag.example",
                "FORM_LIMIT": "100000/hour",
                "FORM_MIN_SECONDS": "0",
                "LOG_FORMAT": "text",
                **overrides,
            }
        )
        made.append(app.extensions["postbag"].database)
        site = Site(app, database, Tokens((SECRET_KEY,)))
        site.load()
        return site

    yield make
    for database in made:
        database.close()
