"""The list of campaigns says who needs somebody, and keeps live, drafts and closed apart."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from letters.campaign import Status
from letters.campaigns import store, targets
from letters.sending.outcomes import Answer
from letters.storage.database import Database
from rig.servers import Valkey
from tests.abuse.at_desk import Desk
from tests.abuse.conftest import Site
from tests.support.books import Books, settings_as_given
from webapp.app import create_app


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database, datetime.now(UTC) - timedelta(hours=1))


@pytest.fixture
def site(books: Books, valkey: Valkey) -> Iterator[Site]:
    url = books.database.engine.url.render_as_string(hide_password=False)
    app = create_app(settings_as_given(DATABASE_URL=url, REDIS_URL=valkey.new_database()))
    yield Site(app, books.database, books.tokens)
    app.extensions["postbag"].database.close()


def groups(page: str) -> dict[str, list[str]]:
    """Give the slugs in each part of the list, in order."""
    parts = re.split(r'<section class="group group-(\w+)"', page)[1:]
    return {
        name: re.findall(r'<h3><a href="/desk/([\w-]+)"', part)
        for name, part in zip(parts[::2], parts[1::2], strict=True)
    }


def test_what_needs_somebody_comes_first_and_the_rest_is_kept_apart(
    site: Site, books: Books
) -> None:
    for slug in ("calm", "draft", "over", "failed", "held"):
        books.load(slug, f"one@{slug}.example", f"two@{slug}.example")
    with books.database.write() as connection:
        store.set_status(connection, "draft", Status.DRAFT, books.now)
        store.set_status(connection, "over", Status.CLOSED, books.now)
    books.write("failed")
    books.answer([one for one in books.claim() if not one.is_notice], Answer.REFUSED, "400")
    with books.database.write() as connection:
        targets.hold_by_hand(connection, "held", "one@held.example", books.now)
    page = Desk(site).client.get("/desk").text
    assert groups(page) == {
        "needs": ["failed", "held"],
        "live": ["calm"],
        "draft": ["draft"],
        "closed": ["over"],
    }
    assert "2 letters failed" in page
    assert "nothing goes to 1 target" in page
