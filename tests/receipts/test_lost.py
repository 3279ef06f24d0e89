"""Whoever lost the link to their letter asks for it, and nobody learns whether there is one."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from letters.notices.links import Links
from letters.receipts import lost
from letters.storage.database import Database
from letters.storage.schema import lost_link
from rig.servers import Valkey
from tests.support.books import URL, Books, settings_as_given
from webapp.app import create_app

ANNA = "anna@readers.example"


@pytest.fixture
def books(database: Database) -> Books:
    made = Books(database, datetime.now(UTC) - timedelta(days=3))
    for slug in ("trees", "roads"):
        made.load(slug)
        made.write(slug, ANNA)
    return made


def ask(books: Books, *emails: str) -> int:
    with books.database.write() as connection:
        for email in emails:
            lost.write_down(connection, email, books.now)
    mails = lost.answer(books.database, Links(URL, books.tokens), books.now)
    with books.database.read() as connection:
        assert not connection.execute(select(lost_link)).all()  # nothing is kept of who asked
    return mails


def test_the_links_that_there_are_are_mailed_once_a_day(books: Books) -> None:
    before = len(books.mails(ANNA))
    assert ask(books, "ANNA+any@readers.example", ANNA) == 2
    links = [re.findall(rf"^{URL}/l/\S+$", mail.body, re.MULTILINE) for mail in books.mails(ANNA)]
    assert sorted(links[before:]) == sorted(links[:before])
    books.wait(hours=23)
    assert ask(books, ANNA) == 0
    books.wait(hours=2)
    assert ask(books, ANNA) == 2


def test_nobody_else_is_mailed(books: Books) -> None:
    assert ask(books, "nobody@readers.example") == 0
    assert books.mails("nobody@readers.example") == []


def test_who_asked_long_ago_waits_no_more(books: Books) -> None:
    with books.database.write() as connection:
        lost.write_down(connection, ANNA, books.now - timedelta(hours=2))
    assert ask(books) == 0


@pytest.mark.parametrize("path", ["/lost-link", "/c/trees/lost-link"])
def test_the_answer_is_the_same_for_everybody(books: Books, valkey: Valkey, path: str) -> None:
    url = books.database.engine.url.render_as_string(hide_password=False)
    app = create_app(settings_as_given(DATABASE_URL=url, REDIS_URL=valkey.new_database()))
    client = app.test_client(use_cookies=False)
    told = []
    for email in (ANNA, "nobody@readers.example", f" <{ANNA}>"):
        answer = client.post(path, data={"email": email})
        told.append((answer.status_code, answer.location, client.get(answer.location).text))
    assert len(set(told)) == 1
    assert "the links to them are on their way" in told[0][2]
    refused = client.post(path, data={"email": "anna"})
    assert (refused.status_code, refused.text.count('value="anna"')) == (422, 1)
    with books.database.read() as connection:
        kept = connection.execute(select(lost_link.c.email)).scalars().all()
    assert kept == [ANNA, "nobody@readers.example", ANNA]
    app.extensions["postbag"].database.close()
