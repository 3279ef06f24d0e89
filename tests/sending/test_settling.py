"""A word counts for what was seen, for the whole of a digest, and never for what is gone."""

import pytest
from sqlalchemy import select

from letters.receipts import erasure
from letters.sending import settling
from letters.sending.claiming.claimed import Claim
from letters.sending.outcomes import Answer
from letters.sending.settling import CannotSettle, Doubt, Word
from letters.storage.database import Database
from letters.storage.schema import letter
from tests.sending.test_digests import MORE, leave_as_it_is
from tests.support.books import Books
from tests.support.command import Terminal


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def say(books: Books, letter_id: str, word: Word, seen: str | None = None) -> None:
    with books.database.write() as connection:
        settling.settle(connection, letter_id, word, books.now, seen=seen)


def go(books: Books, answer: Answer) -> Claim:
    """Let the letter leave once."""
    books.wait(hours=1)
    (claim,) = [one for one in books.claim() if not one.is_notice]
    books.answer([claim], answer)
    return claim


def test_two_people_who_saw_the_same_let_it_go_again_once(books: Books) -> None:
    books.load("trees")
    books.write("trees")
    first = go(books, Answer.UNKNOWN)
    say(books, first.letter_id, Word.AGAIN, seen=first.attempt_id)
    second = go(books, Answer.UNKNOWN)
    with pytest.raises(CannotSettle) as late:
        say(books, first.letter_id, Word.AGAIN, seen=first.attempt_id)
    assert late.value.doubt is Doubt.SEEN_EARLIER
    assert books.states("trees") == {"unknown": 1}
    say(books, second.letter_id, Word.SENT, seen=second.attempt_id)
    assert books.states("trees") == {"accepted": 1}


def test_what_failed_since_is_not_queued_by_an_earlier_look(books: Books) -> None:
    books.load("trees")
    books.write("trees")
    first = go(books, Answer.REFUSED)
    with books.database.write() as connection:
        settling.again(connection, first.letter_id, books.now, seen=first.attempt_id)
    second = go(books, Answer.REFUSED)
    with pytest.raises(CannotSettle), books.database.write() as connection:
        settling.again(connection, first.letter_id, books.now, seen=first.attempt_id)
    with books.database.write() as connection:
        settling.again(connection, first.letter_id, books.now, seen=second.attempt_id)
    assert books.states("trees") == {"queued": 1}


def ids_of(books: Books) -> list[str]:
    with books.database.read() as connection:
        found = select(letter.c.id).where(letter.c.kind == "letter").order_by(letter.c.id)
        return list(connection.execute(found).scalars())


@pytest.mark.parametrize("place", [0, -1])
def test_a_word_on_one_letter_of_a_digest_is_a_word_on_all(books: Books, place: int) -> None:
    books.load("trees", more=MORE)
    for _ in range(3):
        leave_as_it_is(books)
    (digest,) = [one for one in books.claim() if not one.is_notice]
    books.answer([digest], Answer.UNKNOWN)
    letter_id = ids_of(books)[place]
    say(books, letter_id, Word.AGAIN, seen=digest.attempt_id)
    assert books.states("trees") == {"queued": 3}


def test_what_was_erased_meanwhile_does_not_leave_any_more(books: Books) -> None:
    books.load("trees")
    writer = books.write("trees")
    claims = books.claim()  # its worker stands still
    books.wait(minutes=1)
    books.sweep()
    assert books.states("trees") == {"unknown": 1}
    with books.database.write() as connection:
        erasure.erase(connection, books.submission(writer), books.now)
    books.answer(claims, Answer.GIVEN_BACK)  # and goes on
    assert books.states("trees") == {"failed": 1}
    books.wait(hours=1)
    assert books.claim() == []


def test_the_command_line_compares_too(books: Books, terminal: Terminal) -> None:
    books.load("trees")
    books.write("trees")
    claim = go(books, Answer.UNKNOWN)
    refused = terminal.run("letter", "settle", claim.letter_id, "again", "--attempt", "another")
    assert (refused.status, "look at it again" in refused.said) == (1, True)
    words = ("letter", "settle", claim.letter_id, "again", "--attempt", claim.attempt_id)
    assert terminal.run(*words).status == 0
    assert books.states("trees") == {"queued": 1}
