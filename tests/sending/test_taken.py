"""What a notice says, links with it, is nowhere in the database once its mail has left."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from letters.desk import organisers
from letters.languages import Language
from letters.notices import asking, post, to_organisers
from letters.notices.asking import Asking
from letters.notices.links import Links
from letters.sending.outcomes import Answer
from letters.states import Cause
from letters.storage.database import Database
from letters.storage.schema import metadata
from letters.tokens import digest
from tests.support.books import URL, Books

CONFIRM = 'confirm = "before-sending"'


@pytest.fixture
def books(make_database_url: Callable[[], str]) -> Iterator[Books]:
    database = Database(make_database_url())
    yield Books(database)
    database.close()


def cells(books: Books) -> list[str]:
    """Give every text in every table."""
    with books.database.read() as connection:
        return [
            str(value)
            for table in metadata.sorted_tables
            for row in connection.execute(select(table))
            for value in row
            if value is not None
        ]


def links_in_clear(books: Books) -> list[str]:
    marks = ("/l/", "/desk/sign-in/")
    return [text for text in cells(books) if any(mark in text for mark in marks)]


def queue_links(books: Books) -> None:
    """Let every kind of link wait for its mail: to confirm, to a receipt, to sign in, to join."""
    books.load("asks", more=CONFIRM)
    books.write("asks")
    books.load("sends")
    books.write("sends")
    with books.database.write() as connection:
        found = organisers.enrol(connection, "ana@desk.example", books.now)
        somebody = Asking(found.email, digest("hers"), None, Language.EN)
        asking.write_down(connection, somebody, books.now)
        link = Links(URL, books.tokens).sign_in("a-token")
        invitation = to_organisers.invitation(
            link, URL, Language.EN, by="bo@desk.example", is_admin=False
        )
        purpose, to = post.Purpose.SIGN_IN, "cleo@desk.example"
        post.post(connection, books.tokens, invitation, purpose, to, books.now)
    assert asking.answer(books.database, Links(URL, books.tokens), books.now) == 1


def test_no_link_stands_in_any_table_after_sendgrid_has_taken_its_mail(books: Books) -> None:
    queue_links(books)
    assert len(links_in_clear(books)) == 4
    books.send()
    assert links_in_clear(books) == []
    assert "/desk/sign-in/a-token" in books.mails("cleo@desk.example")[0].body  # it was in the mail


def test_nor_after_an_event_has_said_so(books: Books) -> None:
    queue_links(books)
    claims = [one for one in books.claim() if one.is_notice]
    books.answer(claims, Answer.UNKNOWN)
    assert len(links_in_clear(books)) == 4  # it may not have left: then it is needed again
    for one in claims:
        books.tell(one, Cause.DELIVER, "delivered")
    assert links_in_clear(books) == []


def test_nor_after_sendgrid_has_refused_it_for_good(books: Books) -> None:
    queue_links(books)
    books.answer([one for one in books.claim() if one.is_notice], Answer.REFUSED)
    assert links_in_clear(books) == []


def test_what_was_not_taken_is_sent_as_it_was(books: Books) -> None:
    queue_links(books)
    claims = [one for one in books.claim() if one.is_notice]
    first = {one.letter_id: one.body for one in claims}
    books.answer(claims, Answer.SLOW_DOWN)
    books.wait(minutes=5)
    again = {one.letter_id: one.body for one in books.claim() if one.is_notice}
    assert again == first
