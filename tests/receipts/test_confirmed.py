"""What somebody said yes to is what leaves in their name."""

import secrets
from dataclasses import replace

import pytest
from sqlalchemy import select

from letters.storage.database import Database
from letters.storage.schema import letter, submission, writing
from letters.submission import Draft, Submission
from tests.support.books import Books


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def kept(books: Books) -> list[tuple[str, str]]:
    """Give the writer's name and the text of each letter."""
    with books.database.read() as connection:
        rows = connection.execute(
            select(submission.c.name, writing.c.body)
            .select_from(letter.join(writing).join(submission))
            .where(letter.c.kind == "letter")
        )
        return [(row.name, row.body) for row in rows]


@pytest.mark.parametrize("is_confirmed", [False, True])
def test_a_token_posted_again_changes_nothing_that_was_confirmed(
    books: Books, *, is_confirmed: bool
) -> None:
    # Whoever holds the form's token need not be whose address was typed into it.
    stored = books.load("trees", more='confirm = "before-sending"')
    writer, target_id = "ana@readers.example", stored.targets[0].id
    first = Submission(
        secrets.token_hex(16), "Ana Reed", writer, "", "", (), 0.5, False,
        (Draft(target_id, "Trees", "As she read it."),),
    )  # fmt: skip
    books.intake.take(stored, first, books.now)
    if is_confirmed:
        books.confirm(writer)
    again = replace(first, name="Mallory", drafts=(Draft(target_id, "Trees", "Not hers."),))
    books.intake.take(stored, again, books.now)
    expected = ("Ana Reed", "As she read it.") if is_confirmed else ("Mallory", "Not hers.")
    assert kept(books) == [expected]
