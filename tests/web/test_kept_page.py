"""A page is kept as it was set: whoever asks gets what is so now, and a token of their own."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from letters.campaign import Status
from letters.campaigns import seats, store
from letters.storage.database import Database
from letters.storage.schema import target
from rig.campaigns import form_fields
from rig.servers import Valkey
from tests.support.books import Books, settings_as_given
from webapp.app import create_app

A, B = "a@harbours.example", "b@harbours.example"


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


@pytest.fixture
def client(books: Books, valkey: Valkey) -> Iterator[FlaskClient]:
    url = books.database.engine.url.render_as_string(hide_password=False)
    app = create_app(settings_as_given(DATABASE_URL=url, REDIS_URL=valkey.new_database()))
    books.load("trees", A, B)
    yield app.test_client()
    app.extensions["postbag"].database.close()


def test_each_visitor_gets_a_token_and_the_number_of_letters_so_far(
    books: Books, client: FlaskClient
) -> None:
    pages = [client.get("/c/trees").text for _ in range(2)]
    first, second = (form_fields(page)["token"] for page in pages)
    assert first != second
    assert pages[0].replace(str(first), "") == pages[1].replace(str(second), "")
    books.write("trees")
    assert "<strong>2</strong> letters so far" in client.get("/c/trees").text


def test_what_changes_is_on_the_next_page(books: Books, client: FlaskClient) -> None:
    before = client.get("/c/trees").text
    with books.database.write() as connection:
        changed = {"name": "Minister Reed", "email": A, "salutation": "Minister Reed"}
        kept = {**seats.target_definition(books.find("trees").targets[0].target), **changed}
        connection.execute(update(target).where(target.c.email == A).values(definition=kept))
    after = client.get("/c/trees").text
    assert "Minister Reed" not in before
    assert "Minister Reed" in after
    books.load("trees", A, B, more='goal = 500\nsummary = "Another summary."')
    assert "Another summary." in client.get("/c/trees").text
    assert "500" in client.get("/c/trees").text
    with books.database.write() as connection:
        store.set_status(connection, "trees", Status.CLOSED, books.now)
    assert client.get("/c/trees").status_code == 410


def test_a_frame_and_a_source_have_pages_of_their_own(books: Books, client: FlaskClient) -> None:
    assert 'name="source" value="shared"' not in client.get("/c/trees").text
    assert 'value="shared"' in client.get("/c/trees?source=shared").text
    assert 'value="shared"' not in client.get("/c/trees").text
    assert "embedded" in client.get("/c/trees/embed").text
    assert 'name="embedded"' not in client.get("/c/trees").text
