"""Three organisations on one installation: nothing of one shows a word of another."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pypdf
import pytest
from flask.testing import FlaskClient

from letters.campaign import Status
from letters.campaigns import store
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
    yield Installation(books, create_app(settings_as_given(**given)).test_client())
    database.close()


def only(key: str, said: str) -> None:
    """Fail if anything of another organisation is said."""
    for other, words in WORDS.items():
        if other != key:
            found = [word for word in words if word in said]
            assert not found, f"{found} beside {key}"


@pytest.mark.parametrize("key", WORDS)
def test_no_page_mail_or_pdf_of_one_says_a_word_of_another(three: Installation, key: str) -> None:
    slug, books = f"trees-{key}", three.books
    name = f"{key.title()} Committee"
    books.write(f"trees-{key}", "ana@readers.example")
    stored = books.find(slug)
    receipt = f"/l/{books.tokens.receipt(books.submission('ana@readers.example'))}"
    office = f"/o/{books.tokens.office(stored.targets[0].id)}"
    for path in (f"/c/{slug}", f"/c/{slug}/embed", f"/c/{slug}/thanks", f"/c/{slug}/privacy",
                 receipt, f"{receipt}/not-me", office):  # fmt: skip
        said = three.says(path)
        only(key, said)
        assert name in said, path
        assert f"/c/{slug}/privacy" in said
    for path in (f"/c/{slug}/letter.pdf", f"{receipt}/letter.pdf"):
        only(key, three.says(path))
    refused = three.says(f"/c/{slug}", 422, name="", email="", token="forged")
    only(key, refused)
    assert name in refused
    (mail,) = books.mails("ana@readers.example")
    only(key, mail.subject + mail.body)
    assert f"This mail is from {name}." in mail.body
    assert f"/c/{slug}/privacy" in mail.body
    with books.database.write() as connection:
        store.set_status(connection, slug, Status.CLOSED, books.now)
    over = three.says(f"/c/{slug}", 410)
    only(key, over)
    assert name in over


def test_the_privacy_page_has_the_organisations_words_and_the_installations_facts(
    three: Installation,
) -> None:
    said = three.says("/c/trees-rookery/privacy")
    for words in (
        "Rookery Committee, 1 Quay Street",
        "us@rookery.example",
        "We of rookery keep <strong>little</strong>.",
        "Rookery Committee e. V.",
        "erased 90 days after",
        "SendGrid",
        "complain to the authority",
    ):
        assert words in said
    assert "Several organisations" in three.says("/privacy")
    assert three.client.get("/c/nothing/privacy").status_code == 404
