"""Three organisations on one installation, a campaign of each, and a browser without a screen."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pypdf
import pytest
from flask import Flask
from flask.testing import FlaskClient

from letters.organisation import Organisation
from letters.organisations import store as organisations
from letters.storage.database import Database
from letters.storage.migrate import migrate
from rig.servers import Valkey
from tests.support.books import Books, settings, settings_as_given
from webapp.app import create_app


def organisation(key: str, accent: str) -> Organisation:
    """Give an organisation whose every word has its key in it."""
    return Organisation(
        key,
        name=f"{key.title()} Committee",
        website=f"https://{key}.example/",
        contact=f"us@{key}.example",
        privacy=f"We of {key} keep **little**.",
        controller=f"{key.title()} Committee, 1 Quay Street",
        imprint=f"{key.title()} Committee e. V.",
        accent=accent,
        mail_from=f"post@{key}.example",
    )


THREE = [
    organisation("lantern", "#0f5f6b"),
    organisation("rookery", "#8a1c5b"),
    organisation("millrace", "#2f6b1d"),
]
WORDS = {one.key: {one.key, one.key.title(), one.accent} for one in THREE}


@dataclass
class Installation:
    """Three organisations, a campaign of each, and a browser."""

    books: Books
    app: Flask
    client: FlaskClient

    def says(self, path: str, status: int = 200, **fields: str) -> str:
        answer = self.client.post(path, data=fields) if fields else self.client.get(path)
        assert answer.status_code == status, path
        if answer.mimetype == "application/pdf":
            pdf = pypdf.PdfReader(io.BytesIO(answer.data))
            return f"{pdf.metadata} " + " ".join(page.extract_text() for page in pdf.pages)
        return answer.text


@pytest.fixture
def three(tmp_path: Path, valkey: Valkey) -> Iterator[Installation]:
    url = f"sqlite:///{tmp_path / 'postbag.db'}"
    given = {"DATABASE_URL": url, "REDIS_URL": valkey.new_database(), "FORM_MIN_SECONDS": "0"}
    database = Database(url)
    migrate(database)
    books = Books(database, datetime.now(UTC), settings(**given))
    with database.write() as connection:
        for one in THREE:
            organisations.load(connection, one, None, books.now)
    for one in THREE:
        more = f'organisation = "{one.key}"\noffice_page = true\nembed_origins = []\n'
        books.load(f"trees-{one.key}", f"office@{one.key}-town.example", more=more)
    app = create_app(settings_as_given(**given))
    yield Installation(books, app, app.test_client())
    database.close()
