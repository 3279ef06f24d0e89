"""Who can be written to: what is read of a target and the condition in SQL say the same."""

from datetime import timedelta
from itertools import product

import pytest
from sqlalchemy import select, update

from letters.books.writable import writable
from letters.storage.database import Database
from letters.storage.schema import office, target
from tests.support.books import START, Books


@pytest.mark.parametrize(
    ("hold", "of_office", "is_withdrawn", "days_left"),
    list(product((None, "by-organiser"), (None, "bounced"), (False, True), (None, -1, 0, 1))),
)
def test_a_row_and_the_condition_agree(
    database: Database,
    hold: str | None,
    of_office: str | None,
    is_withdrawn: bool,
    days_left: int | None,
) -> None:
    books = Books(database)
    books.load("trees", "a@x.example")
    valid_before = None if days_left is None else START + timedelta(days=days_left)
    with database.write() as connection:
        connection.execute(
            update(target).values(
                hold_reason=hold, withdrawn=is_withdrawn, valid_before=valid_before
            )
        )
        connection.execute(update(office).values(hold_reason=of_office))
    (read,) = books.find("trees").targets
    with database.read() as connection:
        found = connection.execute(select(target.c.id).where(writable(START))).all()
        others = connection.execute(select(target.c.id).where(~writable(START))).all()
    expected = hold is None and of_office is None and not is_withdrawn and days_left in {None, 1}
    assert read.can_be_written_to(START) == bool(found) == expected
    assert len(found) + len(others) == 1
