"""Whose a campaign is, in the books and in what SendGrid is sent."""

from dataclasses import replace

import pytest

from letters.organisation import Organisation
from letters.organisations import store as organisations
from letters.organisations.store import NotNamed
from letters.record import Deed, entries
from letters.storage.database import Database
from tests.support.books import Books
from worker.wall.request_body import request_body

LANTERN = Organisation("lantern", "Lantern Committee", mail_from="post@lantern.example")
HARBOUR = Organisation("harbour", "Los amigos del puerto, c. a.")


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def load(books: Books, *organisation: Organisation) -> None:
    with books.database.write() as connection:
        for one in organisation:
            organisations.load(connection, one, None, books.now)


def named(books: Books, slug: str) -> str:
    return books.find(slug).campaign.organisation


def test_without_any_a_campaign_is_nobodys_until_the_first_takes_it_over(books: Books) -> None:
    books.load("trees")
    assert books.find("trees").organisation is None
    load(books, LANTERN, HARBOUR)
    assert books.find("trees").organisation == LANTERN
    assert named(books, "trees") == "lantern"


def test_where_there_is_one_a_campaign_need_not_name_it(books: Books) -> None:
    load(books, LANTERN)
    books.load("trees")
    load(books, HARBOUR)
    assert named(books, "trees") == "lantern"  # as it was when it was loaded


def test_where_there_are_several_it_has_to(books: Books) -> None:
    load(books, LANTERN, HARBOUR)
    books.load("trees", more='organisation = "harbour"')
    assert named(books, "trees") == "harbour"
    for more, key in (("", ""), ('organisation = "nobody"', "nobody")):
        with pytest.raises(NotNamed) as caught:
            books.load("trees", more=more)
        assert (caught.value.key, caught.value.known) == (key, ("harbour", "lantern"))
    assert named(books, "trees") == "harbour"


def test_what_changes_is_in_the_record(books: Books) -> None:
    load(books, LANTERN)
    load(books, LANTERN)
    load(books, replace(LANTERN, name="Lantern", contact="us@lantern.example"))
    with books.database.read() as connection:
        told = [e.detail for e in entries(connection) if e.deed is Deed.ORGANISATION]
    assert told == ["lantern: name, contact", "lantern: name, mail_from"]


def test_a_letter_says_whose_campaign_it_is_of_and_a_notice_is_from_them(books: Books) -> None:
    load(books, LANTERN, HARBOUR)
    for whose in (LANTERN, HARBOUR):
        to = f"minister@{whose.key}.example"
        books.load(whose.key, to, more=f'organisation = "{whose.key}"')
        books.write(whose.key)
    sent = [request_body(claim, "letters@postbag.example") for claim in books.claim()]
    for whose, sender in (
        (LANTERN, "post@lantern.example"),
        (HARBOUR, "letters@postbag.example"),
    ):
        mine = [body for body in sent if whose.key in body["categories"]]
        (letter,) = (body for body in mine if "letter" in body["categories"])
        (notice,) = (body for body in mine if "notice" in body["categories"])
        assert letter["headers"] == {
            "X-Campaign": whose.key,
            "X-Campaign-Organisation": whose.name,
        }
        assert letter["from"] == {"email": sender, "name": "Ana Reed"}
        assert notice["from"] == {"email": sender, "name": whose.name}
        assert notice["headers"] == {"Auto-Submitted": "auto-generated"}
