"""Bring people to a campaign: going live leads to its links, and a writer passes them on."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from letters.campaign import Status
from letters.campaigns import store
from letters.organisations import store as organisations
from letters.storage.database import Database
from rig.servers import Valkey
from tests.abuse.at_desk import Desk
from tests.abuse.conftest import Site
from tests.support.books import URL, Books, settings_as_given
from tests.support.stack import LANTERN
from webapp.app import create_app


@pytest.fixture
def books(database: Database) -> Books:
    made = Books(database, datetime.now(UTC))
    more = 'language = "es"\nembed_origins = ["https://harbour.example"]'
    made.load("trees", pacing="per_target_per_hour = 30", more=more)
    return made


@pytest.fixture
def site(books: Books, valkey: Valkey) -> Iterator[Site]:
    url = books.database.engine.url.render_as_string(hide_password=False)
    app = create_app(settings_as_given(DATABASE_URL=url, REDIS_URL=valkey.new_database()))
    yield Site(app, books.database, books.tokens)
    app.extensions["postbag"].database.close()


def test_the_desk_has_all_that_brings_people(site: Site, books: Books) -> None:
    desk = Desk(site)
    page = html.unescape(desk.client.get("/desk/trees/share?source=fair_2027").text)
    for source in ("newsletter", "website", "poster", "fair_2027"):
        assert f'value="{URL}/c/trees?source={source}"' in page
    assert f'<iframe src="{URL}/c/trees/embed"' in page
    assert f'<script async src="{URL}/static/embed.js" data-ground="host"></script>' in page
    assert "https://harbour.example" in page
    drawn = desk.client.get("/desk/trees/qr.svg")
    assert drawn.mimetype == "image/svg+xml"
    assert set(re.findall(r"https?://[\w./]+", drawn.text)) == {"http://www.w3.org/2000/svg"}


def test_going_live_leads_there_the_first_time(site: Site, books: Books) -> None:
    with books.database.write() as connection:
        organisations.load(connection, LANTERN, None, books.now)
        store.set_status(connection, "trees", Status.DRAFT, books.now)
    desk = Desk(site)
    assert "It is a draft" in desk.client.get("/desk/trees/share").text
    for status, place in (("live", "/desk/trees/share"), ("paused", "/desk/trees"),
                          ("live", "/desk/trees")):  # fmt: skip
        assert desk.post("/desk/trees/status", {"status": status}).location == place


@pytest.mark.parametrize("page", ["thanks", "receipt"])
def test_a_writer_passes_it_on_by_plain_links_in_the_campaigns_language(
    site: Site, books: Books, page: str
) -> None:
    receipt = books.tokens.receipt(books.submission(books.write("trees")))
    path = {"thanks": "/c/trees/thanks", "receipt": f"/l/{receipt}?done=confirmed"}[page]
    shown = site.client.get(path).text
    found = [
        html.unescape(one) for one in re.findall(r'<li><a class="button" href="([^"]+)"', shown)
    ]
    hosts = [urlsplit(one).hostname or "mail" for one in found]
    assert hosts == ["wa.me", "mail", "t.me", "www.facebook.com", "bsky.app", "x.com"]
    (words,) = parse_qs(urlsplit(found[0]).query)["text"]
    assert words.endswith(f"{URL}/c/trees?source=shared")
    assert "¿escribe usted también una carta?" in words
    assert not re.search(r'<(script|img|link)[^>]+(src|href)="https?://(?!post\.example)', shown)
