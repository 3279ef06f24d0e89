"""A database is put back under running processes, as a night's restore does: nothing goes twice."""

import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from letters.states import State
from rig.servers import Valkey, wait_for
from tests.conftest import MakePostgres
from tests.faults.at_stake import load, write
from tests.faults.conftest import StartStack
from tests.faults.judge import goes_on, see_desk, states, taken
from tests.support.seldom import seldom
from tests.support.stack import Stack

SLUG, TARGETS, WRITERS = "restored", 10, 3


class Backup:
    """A copy of a stack's database, and the way to put it back in its place."""

    def __init__(self, stack: Stack, make: MakePostgres | None) -> None:
        self._stack, self._make = stack, make
        stack.database.close()
        name = self._name
        self._copy = name + ".backup" if make is None else copied(make, name)
        if make is None:
            shutil.copy(name, self._copy)

    @property
    def _name(self) -> str:
        return str(self._stack.database.engine.url.database)

    def put_back(self) -> None:
        """Put it back; nobody may use the database meanwhile."""
        self._stack.database.close()
        if self._make is None:
            for more in ("-wal", "-shm"):
                Path(self._name + more).unlink(missing_ok=True)
            shutil.copy(self._copy, self._name)
            return
        admin = self._stack.database.engine.url.set(database="postgres")
        engine = create_engine(admin, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {self._name} WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {self._name} TEMPLATE {self._copy}"))
        engine.dispose()


def copied(make: MakePostgres, name: str) -> str:
    return make(name).rpartition("/")[2].partition("?")[0]


@pytest.fixture
def make_postgres(database_kind: str, request: pytest.FixtureRequest) -> MakePostgres | None:
    return request.getfixturevalue("postgres_url") if database_kind == "postgresql" else None


@pytest.mark.parametrize("redis", ["kept", seldom("lost")])
def test_nothing_is_sent_twice_by_a_database_that_was_put_back(
    redis: str,
    start_stack: StartStack,
    own_valkey: Valkey,
    make_postgres: MakePostgres | None,
    say: Callable[[str], None],
) -> None:
    stack = start_stack(worker_count=0, SEND_TIMEOUT="1")
    load(stack, SLUG, TARGETS)
    write(stack, SLUG, WRITERS)
    stop_web(stack)
    since = datetime.now(UTC)
    backup = Backup(stack, make_postgres)
    for _ in range(2):
        stack.start_worker()
    stack.start_web()
    wait_for(lambda: set(states(stack, SLUG).values()) == {State.DELIVERED}, 300)
    stack.stop_workers()
    stop_web(stack)
    sent = taken(stack) + taken(stack, "notice_id")

    backup.put_back()
    stack.start_web()
    if redis == "lost":
        own_valkey.flush()
        assert stack.postbag("restored", "--since", since.isoformat()).returncode == 0
    for _ in range(2):
        stack.start_worker()
    if redis == "kept":
        wait_for(lambda: "older than what was sent" in stack.postbag("doctor").stdout)
        wait_for(lambda: "Nothing is sent" in see_desk(stack, f"/{SLUG}"))
        time.sleep(2)
        assert taken(stack) + taken(stack, "notice_id") == sent
        assert stack.postbag("restored", "--since", since.isoformat()).returncode == 0
    assert set(states(stack, SLUG).values()) == {State.UNKNOWN}

    back_at = time.time()
    write(stack, SLUG, 1)
    wait_for(goes_on(stack, back_at))
    wait_for(lambda: sum(taken(stack).values()) == TARGETS * (WRITERS + 1))
    assert set((taken(stack) + taken(stack, "notice_id")).values()) == {1}
    assert stack.books(SLUG)["states"]["unknown"] == TARGETS * WRITERS
    say(f"Redis {redis}: {sum(sent.values())} requests had left, none left again")


def stop_web(stack: Stack) -> None:
    assert stack.web is not None
    stack.web.terminate()
    stack.web.wait(20)
