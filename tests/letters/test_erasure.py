"""What was erased stays erased, whatever comes in later."""

from datetime import timedelta

import pytest
from sqlalchemy import Table, select

from letters import erasure
from letters.storage.database import Database
from letters.storage.schema import attempt, event, history
from tests.books import Books
from worker.sendgrid import Answer


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def erase(books: Books, submission_id: str) -> None:
    with books.database.write() as connection:
        erasure.erase(connection, submission_id, books.now)


def details(books: Books, table: Table) -> set[str]:
    with books.database.read() as connection:
        return {row for row in connection.execute(select(table.c.detail)).scalars() if row}


def test_a_late_event_names_nobody_who_was_erased(books: Books) -> None:
    books.load("trees")
    writer = books.write("trees")
    claims = books.claim()
    books.answer(claims, Answer.TAKEN)
    erase(books, books.submission(writer))
    for one in claims:
        books.block(one, f"550 5.1.1 <{writer}> is not known here")
    books.sweep()
    assert books.states("trees") == {"bounced": 1}
    for table in (event, history, attempt):
        assert details(books, table) == set()


def test_other_letters_keep_the_words_of_the_other_side(books: Books) -> None:
    books.load("trees")
    erase(books, books.submission(books.write("trees")))
    books.write("trees")
    for one in books.send():
        books.block(one, "421 too many")
    assert details(books, event) == {"421 too many"}


def test_an_erased_letter_is_never_sent_again(books: Books) -> None:
    books.load("trees", pacing='per_target_per_hour = 3600000\nresend_unknown = "when-proven"')
    writer = books.write("trees")
    books.answer(books.claim(), Answer.UNKNOWN)
    erase(books, books.submission(writer))
    books.wait(hours=1)
    books.write("trees")
    (later,) = books.send()
    books.deliver(later)
    books.now += timedelta(hours=1)
    books.sweep()
    assert books.states("trees") == {"delivered": 1, "failed": 1}
    assert books.send() == []
