"""Whoever lost the link to their letter asks for it, and nobody learns whether there is one."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from letters.notices.links import Links
from letters.receipts import lost
from letters.receipts.links_again import MOST
from letters.storage.database import Database
from letters.storage.schema import lost_link, submission
from rig.servers import Valkey
from tests.support.books import URL, Books, settings_as_given
from webapp.app import create_app

ANNA = "anna@readers.example"
CONFIRMED = 'confirm = "before-sending"\nrouting = "choice"\n'


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


def links(body: str) -> list[str]:
    """Give the links to follow, each on a line of its own."""
    return re.findall(rf"^{URL}/l/\S+$", body, re.MULTILINE)


def submissions(books: Books) -> list[str]:
    with books.database.read() as connection:
        return list(connection.execute(select(submission.c.id).order_by(submission.c.id)).scalars())


def test_the_links_that_there_are_are_mailed_once_a_day(books: Books) -> None:
    before = len(books.mails(ANNA))
    assert ask(books, "ANNA+any@readers.example", ANNA) == 2
    first, (again,) = books.mails(ANNA)[:before], books.mails(ANNA)[before:]
    assert sorted(links(again.body)) == sorted(link for mail in first for link in links(mail.body))
    books.wait(hours=23)
    assert ask(books, ANNA) == 0
    books.wait(hours=2)
    assert ask(books, ANNA) == 2


def test_however_many_were_written_one_mail_comes_with_the_newest(database: Database) -> None:
    books = Books(database)
    books.load("trees", *(f"office-{n}@harbours.example" for n in range(25)), more=CONFIRMED)
    for place in range(25):
        books.write("trees", ANNA, targets=[place])
        books.wait(minutes=1)
    before = len(books.mails(ANNA))
    assert ask(books, ANNA) == MOST
    (mail,) = books.mails(ANNA)[before:]
    newest = [
        f"{URL}/l/{books.tokens.receipt(one)}/confirm" for one in reversed(submissions(books)[-20:])
    ]
    assert links(mail.body) == newest
    assert "There are more; these are the newest 20." in mail.body
    names = [stored.target.name for stored in books.find("trees").targets]
    assert f"2 March 2026, “Keep the harbour's trees”, to {names[24]}. It waits for your yes:" in (
        mail.body.splitlines()
    )
    assert mail.body.count("/not-me") == 1  # it erases all that was written in the campaign
    books.wait(hours=23)
    assert ask(books, ANNA) == 0


def test_one_links_mail_says_to_whom_it_went_and_what_waits(books: Books) -> None:
    books.load("seas", *(f"office-{n}@harbours.example" for n in range(5)))
    books.write("seas", ANNA)
    books.write("seas", ANNA, text="Dear Minister 1,\n\nOnce more.\n\nAna")
    before = len(books.mails(ANNA))
    assert ask(books, ANNA) == 3
    (mail,) = books.mails(ANNA)[before:]
    assert "and others. It was written once more, and you decide which one goes:" in mail.body
    assert f"{URL}/privacy" in mail.body  # several campaigns of nobody's
    assert len(re.findall(r"/not-me$", mail.body, re.MULTILINE)) == 3
    assert {claim.from_name for claim in books.claim() if claim.subject == mail.subject} == {
        "Postbag"
    }


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
