"""Submissions that wait at the same moment share a transaction, and nothing else."""

import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import Connection, event, func, select, text
from sqlalchemy.exc import IntegrityError

from letters.books import ledger
from letters.campaigns.stored import StoredCampaign
from letters.intake.take import Intake
from letters.storage.database import Database
from letters.storage.schema import letter, tally
from letters.submission import Draft, Submission
from rig.servers import wait_for
from tests.support.books import Books

WRITERS = 8


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def written(stored: StoredCampaign) -> Submission:
    """Give what one more supporter hands in."""
    return Submission(
        token_id=secrets.token_hex(16),
        name="Ana Reed",
        email=f"{secrets.token_hex(8)}@readers.example",
        postcode="",
        reason="",
        points=("trees",),
        personal_share=0.5,
        opt_in=False,
        drafts=tuple(Draft(each.id, "Trees", "Keep them. 🌳") for each in stored.targets),
    )


@contextmanager
def nobody_writes(database: Database) -> Iterator[None]:
    """Let everybody who stores a submission wait."""
    with database.write() as connection:  # in SQLite nobody writes beside it
        if not database.is_sqlite:
            connection.execute(text("LOCK TABLE submission IN ACCESS EXCLUSIVE MODE"))
        yield


def take_at_once(
    books: Books, handed_in: Sequence[tuple[StoredCampaign, Submission]]
) -> tuple[list[Future[None]], int]:
    """Hand in while nobody can write; give what came of each, and the commits."""
    intake: Intake = books.intake
    commits: list[int] = []

    def on_commit(connection: Connection) -> None:
        commits.append(id(connection))

    with ThreadPoolExecutor(len(handed_in)) as pool:
        with nobody_writes(books.database):
            taken = [pool.submit(intake.take, *each, books.now) for each in handed_in]
            wait_for(lambda: len(intake.waiting) == len(handed_in))
            event.listen(books.database.engine, "commit", on_commit)
        for each in taken:
            each.exception()
    return taken, len(commits) - 1  # the last of nobody_writes is one, too


def counted(books: Books) -> tuple[int, int, int]:
    """Give the letters, the letters tallied, and the notices; the books agree."""
    with books.database.read() as connection:
        assert all(each.reconciled for each in ledger.count(connection).values())
        kinds: dict[str, int] = dict(
            connection.execute(select(letter.c.kind, func.count()).group_by(letter.c.kind)).all()
        )
        tallied = connection.execute(select(func.sum(tally.c.letters))).scalar_one()
    return kinds["letter"], tallied, kinds["notice"]


def test_submissions_that_wait_take_one_commit(books: Books) -> None:
    trees, roads = books.load("trees", "a@t.example", "b@t.example"), books.load("roads")
    handed_in = [(stored, written(stored)) for stored in (trees, roads) * (WRITERS // 2)]
    taken, commits = take_at_once(books, handed_in)
    assert [each.exception() for each in taken] == [None] * WRITERS
    assert commits <= 2  # the first may have begun before the others came
    letters = sum(len(new.drafts) for _, new in handed_in)
    assert counted(books) == (letters, letters, WRITERS)


def test_one_that_cannot_be_stored_hurts_none_of_the_others(books: Books) -> None:
    stored = books.load("trees")
    handed_in = [(stored, written(stored)) for _ in range(WRITERS)]
    handed_in[WRITERS // 2] = replace(stored, id=0), written(stored)  # of no campaign
    taken, _ = take_at_once(books, handed_in)
    errors = [type(each.exception()) for each in taken if each.exception()]
    assert errors == [IntegrityError]
    assert counted(books) == (WRITERS - 1, WRITERS - 1, WRITERS - 1)


@pytest.mark.parametrize("shared", ["form", "address"])
def test_what_waits_with_one_form_or_address_is_one_letter(books: Books, shared: str) -> None:
    stored = books.load("trees")
    one = written(stored)
    handed_in = [
        (
            stored,
            replace(written(stored), token_id=one.token_id, email=one.email)
            if shared == "form"
            else replace(written(stored), email=one.email),
        )
        for _ in range(WRITERS)
    ]
    taken, _ = take_at_once(books, handed_in)
    assert [each.exception() for each in taken] == [None] * WRITERS
    assert counted(books) == (1, 1, 1)


def test_one_address_that_writes_to_two_targets_at_once_gets_one_notice(books: Books) -> None:
    stored = books.load("trees", "a@t.example", "b@t.example")
    one = written(stored)
    processes = [books.intake for _ in one.drafts]

    def are_waiting() -> bool:
        if books.database.is_sqlite:
            return all(len(each.waiting) for each in processes)
        with books.database.read() as connection:
            held = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            return bool(connection.execute(text(held)).scalar_one() == len(processes))

    with ThreadPoolExecutor(len(processes)) as pool:
        with books.database.write() as connection:
            if not books.database.is_sqlite:  # what is known can be read, but nothing entered
                connection.execute(text("LOCK TABLE letter IN SHARE ROW EXCLUSIVE MODE"))
            taken = [
                pool.submit(
                    each.take,
                    stored,
                    replace(one, token_id=secrets.token_hex(16), drafts=(draft,)),
                    books.now,
                )
                for each, draft in zip(processes, one.drafts, strict=True)
            ]
            wait_for(are_waiting)
        assert [each.exception() for each in taken] == [None, None]
    assert counted(books) == (2, 2, 1)
