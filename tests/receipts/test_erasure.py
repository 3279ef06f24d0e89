"""What is kept of a writer, how long, and what an erasure does not let people do."""

import pytest
from sqlalchemy import func, select

from letters.campaign import Status
from letters.campaigns import store, targets
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


@pytest.mark.parametrize("waits", ["held", "paused"])
def test_what_nobody_decides_about_expires_and_is_erased_then(books: Books, waits: str) -> None:
    books.load("trees")
    writer = books.write("trees")
    with books.database.write() as connection:
        if waits == "held":
            targets.hold_by_hand(connection, "trees", "minister@harbours.example", books.now)
        else:
            store.set_status(connection, "trees", Status.PAUSED, books.now)
    books.wait(days=89)
    books.sweep()
    assert books.states("trees") in ({"held": 1}, {"queued": 1})
    books.wait(days=2)
    books.sweep()
    assert books.states("trees") == {"expired": 1}
    assert "could not leave in time" in books.mails(writer)[-1].body
    books.send()
    books.wait(days=91)
    books.sweep()
    assert erased(books) == 1


def test_who_never_says_yes_is_erased_as_well(books: Books) -> None:
    books.load("trees", more='confirm = "before-sending"')
    books.write("trees")
    books.send()
    for _ in range(2):
        books.wait(days=98)
        books.sweep()
    assert erased(books) == 1
    assert books.states("trees") == {"expired": 1}
