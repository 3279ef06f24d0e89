"""The books in a process of their own: they answer, they raise, and they end with their context."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from letters.sending.outcomes import Answer, Outcome
from letters.storage.database import Database, StorageUnavailable
from rig.servers import Valkey
from tests.support.books import Books
from worker.bookkeeper import Bookkeeper

NOW = timedelta()


@pytest.fixture
def redis_url(valkey: Valkey) -> str:
    return valkey.new_database()


@pytest.fixture
def books(database: Database) -> Books:
    made = Books(database, now=datetime.now(UTC) - timedelta(minutes=1))
    made.load("trees", "minister@harbours.example")
    return made


@pytest.fixture
def kept(books: Books, redis_url: str) -> Iterator[Bookkeeper]:
    url = books.database.engine.url.render_as_string(hide_password=False)
    with Bookkeeper(url, redis_url, NOW) as running:
        yield running


def test_it_claims_and_records(books: Books, kept: Bookkeeper) -> None:
    assert kept.next_due() is None
    books.write("trees")
    due = kept.next_due()
    assert due is not None
    assert due <= datetime.now(UTC)
    won = kept.claim(10)
    assert books.states("trees") == {"sending": 1}
    outcome = Outcome(Answer.TAKEN, datetime.now(UTC))
    for _ in range(2):  # safe to repeat
        kept.record([(each, outcome) for each in won])
    assert books.states("trees") == {"accepted": 1}


def test_it_claims_no_more_than_it_is_asked_for(books: Books, kept: Bookkeeper) -> None:
    for _ in range(3):
        books.write("trees")
    assert [len(kept.claim(4)), len(kept.claim(4)), len(kept.claim(4))] == [4, 2, 0]


def test_a_database_that_is_away_is_told_and_asked_again(tmp_path: Path, redis_url: str) -> None:
    with Bookkeeper(f"sqlite:///{tmp_path}/none/postbag.db", redis_url, NOW) as kept:
        for _ in range(2):
            with pytest.raises(StorageUnavailable):
                kept.next_due()


def test_its_process_ends_with_its_context(tmp_path: Path, redis_url: str) -> None:
    before = set(psutil.Process(os.getpid()).children())
    with Bookkeeper(f"sqlite:///{tmp_path}/postbag.db", redis_url, NOW):
        (new,) = set(psutil.Process(os.getpid()).children()) - before
    assert not new.is_running()


def test_a_process_that_was_killed_is_noticed(tmp_path: Path, redis_url: str) -> None:
    before = set(psutil.Process(os.getpid()).children())
    with Bookkeeper(f"sqlite:///{tmp_path}/postbag.db", redis_url, NOW) as kept:
        (new,) = set(psutil.Process(os.getpid()).children()) - before
        new.kill()
        new.wait()
        with pytest.raises((OSError, EOFError)):
            kept.next_due()
