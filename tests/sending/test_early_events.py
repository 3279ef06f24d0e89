"""An event can come before our own commit: it settles the letter, and what we learn later stays."""

import pytest

from letters.sending.outcomes import Answer
from letters.states import Cause
from letters.storage.database import Database
from tests.support.books import Books

LATE_ANSWERS = [Answer.TAKEN, Answer.UNKNOWN, Answer.SLOW_DOWN, Answer.REFUSED, Answer.UNREACHABLE]


@pytest.fixture
def books(database: Database) -> Books:
    made = Books(database)
    made.load("trees")
    made.write("trees")
    return made


@pytest.mark.parametrize("answer", LATE_ANSWERS)
@pytest.mark.parametrize(
    ("cause", "state"),
    [
        (Cause.TAKEN, "accepted"),
        (Cause.DEFER, "deferred"),
        (Cause.DELIVER, "delivered"),
        (Cause.DROP, "dropped"),
        (Cause.BOUNCE, "bounced"),
    ],
)
def test_an_event_while_the_request_is_under_way_settles_the_letter(
    books: Books, answer: Answer, cause: Cause, state: str
) -> None:
    (claim,) = [c for c in books.claim() if not c.is_notice]
    assert books.states("trees") == {"sending": 1}
    books.tell(claim, cause)
    assert books.states("trees") == {state: 1}
    books.answer([claim], answer, "whatever the worker made of it")
    assert books.states("trees") == {state: 1}


def test_an_event_settles_a_letter_that_a_dead_worker_left(books: Books) -> None:
    (claim,) = [c for c in books.claim() if not c.is_notice]
    books.wait(minutes=2)
    books.sweep()
    assert books.states("trees") == {"unknown": 1}
    books.deliver(claim)
    assert books.states("trees") == {"delivered": 1}


def test_an_event_corrects_a_letter_that_was_given_up(books: Books) -> None:
    (claim,) = [c for c in books.claim() if not c.is_notice]
    books.answer([claim], Answer.REFUSED, "400: said in error")
    assert books.states("trees") == {"failed": 1}
    books.deliver(claim)
    assert books.states("trees") == {"delivered": 1}
