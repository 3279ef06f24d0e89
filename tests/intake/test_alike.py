"""What an address writes once more is work like a stranger's letter: its time tells nobody.

The very statements are compared, so no busy machine can hide a difference. By the clock it is
measured, too: tests/abuse/test_timing.py.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, event

from letters.campaigns.stored import StoredCampaign
from letters.receipts import refusal
from letters.receipts.receipt import cancel, read
from letters.storage.database import Database
from letters.submission import Draft, Submission
from tests.support.books import Books

EMAIL = "tess@readers.example"


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def form(stored: StoredCampaign, email: str = EMAIL, name: str = "Tess") -> Submission:
    """Give a fresh form, filled in."""
    drafts = tuple(Draft(each.id, "Trees", "Keep them.\n\nTess") for each in stored.targets)
    return Submission(*(secrets.token_hex(16), name, email, "", "", ("trees",), 0.5, False, drafts))


@contextmanager
def watched(books: Books) -> Iterator[list[str]]:
    """Give all that is said to the database meanwhile, with the ends of transactions."""
    said: list[str] = []

    def on_statement(_connection: Connection, _cursor: object, statement: str, *_: Any) -> None:  # noqa: ANN401
        said.append(statement)

    def on_commit(_connection: Connection) -> None:
        said.append("COMMIT")

    engine = books.database.engine
    event.listen(engine, "before_cursor_execute", on_statement)
    event.listen(engine, "commit", on_commit)
    yield said
    event.remove(engine, "before_cursor_execute", on_statement)
    event.remove(engine, "commit", on_commit)


def statements(books: Books, stored: StoredCampaign, new: Submission) -> list[str]:
    intake = books.intake
    with watched(books) as said:
        intake.take(stored, new, books.now)
    books.wait(milliseconds=10)
    return said


def withdraw(books: Books) -> None:
    with books.database.write() as connection:
        of = read(connection, books.submission(EMAIL), books.now)
        cancel(connection, of.submission_id, [each.id for each in of.letters], books.now)


def refuse(books: Books) -> None:
    with books.database.write() as connection:
        refusal.refuse(connection, books.tokens, books.submission(EMAIL), books.now)


def lose(books: Books) -> None:
    """Let it end without arriving: turned back, or not confirmed in time."""
    for claim in books.send():
        books.block(claim)
    books.wait(days=8)
    books.sweep()


def nothing(_books: Books) -> None:
    """Leave it as it is."""


MEANWHILE: dict[str, Callable[[Books], object]] = {
    "at once": nothing,
    "when mail may go again": lambda books: books.wait(hours=25),
    "when it has left": Books.send,
    "when it is withdrawn": withdraw,
    "when it did not arrive": lose,
    "when its owner wants none": refuse,
}


@pytest.mark.parametrize("meanwhile", MEANWHILE)
@pytest.mark.parametrize("confirm", ["none", "before-sending"])
def test_a_repeat_is_the_same_work_as_a_first_letter(
    books: Books, confirm: str, meanwhile: str
) -> None:
    stored = books.load("trees", "a@t.example", "b@t.example", more=f'confirm = "{confirm}"\n')
    first = statements(books, stored, form(stored))
    assert first.count("COMMIT") == 1
    MEANWHILE[meanwhile](books)
    for again in (form(stored), form(stored, name="Tess Moor"), form(stored, name="Tess Moor")):
        assert statements(books, stored, again) == first
    assert statements(books, stored, form(stored, "nobody@readers.example")) == first


def test_a_repeat_to_one_of_two_is_the_same_work(books: Books) -> None:
    stored = books.load("trees", "a@t.example", "b@t.example")
    half = form(stored)
    books.intake.take(stored, replace(half, drafts=half.drafts[:1]), books.now)
    both = statements(books, stored, form(stored))
    assert both == statements(books, stored, form(stored, "nobody@readers.example"))
