"""Behind PgBouncer in transaction mode, as Debian packages it: with one setting all is as without.

It hands each transaction to another session, so nothing may be set for a session, or kept in it.
"""

import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url, text

from letters.storage.database import Database, StorageUnavailable
from letters.storage.migrate import migrate
from postbag.doctor import stores
from rig.servers import free_port, wait_for
from tests.conftest import MakePostgres
from tests.support.books import Books


@pytest.fixture(scope="module")
def program() -> str:
    found = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
    if not Path(found).exists():
        subprocess.run(
            ["apt-get", "install", "-qy", "--no-install-recommends", "pgbouncer"], check=False
        )
    assert Path(found).exists(), "no PgBouncer: install Debian's package of that name"
    return found


@pytest.fixture
def behind_it(program: str, postgres_url: MakePostgres) -> Iterator[str]:
    """Give the URL of a database behind a PgBouncer of our own, which has three sessions."""
    url = make_url(postgres_url())
    # It refuses to be root, and PostgreSQL's socket is for its owner.
    owner = Path(str(url.query["host"])).owner()
    folder = Path(tempfile.mkdtemp(prefix="postbag-test-pgbouncer-"))
    folder.chmod(0o777)
    port = free_port()
    settings = {
        "listen_addr": "127.0.0.1",
        "listen_port": str(port),
        "unix_socket_dir": "",
        "auth_type": "any",
        "pool_mode": "transaction",
        "default_pool_size": "3",
        "logfile": str(folder / "log"),
        "pidfile": str(folder / "pid"),
    }
    lines = [f"{name} = {value}" for name, value in settings.items()]
    server = f"host={url.query['host']} user={url.username} dbname={url.database}"
    file = folder / "pgbouncer.ini"
    file.write_text("\n".join(["[databases]", f"behind = {server}", "[pgbouncer]", *lines]))
    log = folder / "log"
    log.touch()
    log.chmod(0o666)
    running = subprocess.Popen([program, "-u", owner, str(file)], stdout=subprocess.DEVNULL)
    wait_for(lambda: "listening on" in log.read_text())
    yield f"postgresql+psycopg://{url.username}@127.0.0.1:{port}/behind"
    running.terminate()
    running.wait(20)
    shutil.rmtree(folder)


def test_without_the_setting_it_is_refused_in_one_sentence(behind_it: str) -> None:
    database = Database(behind_it)
    with pytest.raises(StorageUnavailable):
        database.prove_write()
    assert "add pgbouncer=true to DATABASE_URL" in stores.database(database).sentence
    database.close()


def test_with_it_letters_leave_and_no_statement_meets_another(behind_it: str) -> None:
    database = Database(f"{behind_it}?pgbouncer=true")
    migrate(database)
    books = Books(database)
    books.load("trees", *(f"t{n}@office.example" for n in range(5)))

    def ask(errors: list[Exception]) -> None:
        for n in range(60):
            try:
                with database.write() as connection:
                    assert connection.execute(text("SELECT :n"), {"n": n}).scalar_one() in {
                        n,
                        str(n),
                    }
                    assert connection.execute(text("SHOW lock_timeout")).scalar_one() == "20s"
                with database.read() as connection:
                    connection.execute(text(f"SELECT {n}, :words"), {"words": "x" * n}).one()
            except Exception as error:  # noqa: BLE001 - it is shown below
                errors.append(error)

    errors: list[Exception] = []
    threads = [threading.Thread(target=ask, args=(errors,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        books.write("trees")
    assert len(books.send()) == 25
    for thread in threads:
        thread.join()
    assert errors == []
    database.close()
