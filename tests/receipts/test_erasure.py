"""What is kept of a writer, how long, and what an erasure does not let people do."""

import pytest
from sqlalchemy import func, select

from letters.receipts import erasure
from letters.storage.database import Database
from letters.storage.schema import notice, submission
from tests.support.books import Books


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def erase(books: Books, writer: str) -> None:
    with books.database.write() as connection:
        erasure.erase(connection, books.submission(writer), books.now)


def erased(books: Books) -> int:
    with books.database.read() as connection:
        query = select(func.count()).where(submission.c.erased_at.is_not(None))
        return int(connection.execute(query).scalar_one())


def hashes(books: Books) -> int:
    with books.database.read() as connection:
        query = select(func.count()).where(notice.c.address.is_not(None))
        return int(connection.execute(query).scalar_one())


def test_writing_and_erasing_again_and_again_brings_one_mail(books: Books) -> None:
    books.load("trees")
    mails = 0
    for _ in range(3):
        books.write("trees", "victim@readers.example")
        mails += len(books.mails("victim@readers.example"))
        books.send()
        erase(books, "victim@readers.example")
    assert mails == 1


def test_what_is_known_of_an_erased_address_goes_after_a_day(books: Books) -> None:
    books.load("trees")
    writer = books.write("trees")
    books.send()
    erase(books, writer)
    books.sweep()
    assert hashes(books) == 1
    books.wait(hours=25)
    books.sweep()
    assert hashes(books) == 0


def test_a_letter_that_was_delivered_is_kept_for_ninety_days(books: Books) -> None:
    books.load("trees")
    books.write("trees")
    (letter,) = books.send()
    books.deliver(letter)
    books.wait(days=89)
    books.sweep()
    assert erased(books) == 0
    books.wait(days=2)
    books.sweep()
    assert erased(books) == 1
    assert books.states("trees") == {"delivered": 1}


def test_a_letter_of_which_no_news_comes_is_not_kept_for_ever(books: Books) -> None:
    books.load("trees")
    books.write("trees")
    books.send()
    books.wait(days=91)
    books.sweep()
    assert erased(books) == 1
    assert books.states("trees") == {"accepted": 1}


def test_a_letter_that_still_waits_is_kept(books: Books) -> None:
    books.load("trees")
    books.write("trees")
    books.wait(days=200)
    books.sweep()
    assert erased(books) == 0
