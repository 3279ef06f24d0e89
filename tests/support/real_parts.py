"""Real parts for every test: Valkey, SQLite, PostgreSQL and Chromium. Only SendGrid is played."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
from sqlalchemy import Engine, create_engine, text

from letters.storage.database import Database
from letters.storage.migrate import migrate
from rig.servers import Valkey, postgres_server, quick_folder
from tests.conftest import MakePostgres
from tests.support import once
from tests.support.command import Terminal
from tests.support.stack import Stack

_PAGE_PATIENCE_MS = 60_000


def pytest_configure() -> None:
    """Keep what tests write in memory, and do once for a run what depends on the code alone."""
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(quick_folder()))
    once.share()


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with Valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


class _Maker:
    def __init__(self, admin: Engine) -> None:
        self._admin = admin

    def __call__(self, template: str = "template1") -> str:
        name = f"postbag_{secrets.token_hex(6)}"
        with self._admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        return self._admin.url.set(database=name).render_as_string(hide_password=False)

    def drop(self, name: str) -> None:
        with self._admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakePostgres]:
    """Give what makes PostgreSQL databases."""
    with postgres_server(quick_folder()) as admin_url:
        engine = create_engine(admin_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:  # no test cuts the machine's power
            connection.execute(text("ALTER SYSTEM SET fsync = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
        yield _Maker(engine)
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"], scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="session")
def make_empty_url(
    database_kind: str,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[], str]:
    """Give a function that gives the URL of a new, empty database of each kind in turn."""
    if database_kind == "postgresql":
        make: MakePostgres = request.getfixturevalue("postgres_url")
        return make
    return lambda: f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'postbag.db'}"


@pytest.fixture(scope="session")
def make_database_url(
    database_kind: str, make_empty_url: Callable[[], str], request: pytest.FixtureRequest
) -> Callable[[], str]:
    """Give a function that gives the URL of a new database with its tables, of each kind in turn.

    They are copies of one: to run every migration for every test takes minutes.
    """
    first = Database(make_empty_url())
    migrate(first)
    first.close()
    name = first.engine.url.database
    assert name is not None
    if database_kind == "postgresql":
        make: MakePostgres = request.getfixturevalue("postgres_url")
        return lambda: make(name)

    def copy() -> str:
        url = make_empty_url()
        shutil.copy(name, url.removeprefix("sqlite:///"))
        return url

    return copy


@pytest.fixture
def database(
    make_database_url: Callable[[], str], request: pytest.FixtureRequest
) -> Iterator[Database]:
    """Give a new database of each kind, with its tables."""
    made = Database(make_database_url())
    name = str(made.engine.url.database)
    throw_away = (
        Path(name).unlink
        if made.is_sqlite
        else partial(request.getfixturevalue("postgres_url").drop, name)
    )
    yield made
    made.close()
    throw_away()


@pytest.fixture
def terminal(
    database: Database,
    valkey: Valkey,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Terminal:
    """Give a terminal on the test's own database, of each kind."""
    url = database.engine.url.render_as_string(hide_password=False)
    return Terminal(monkeypatch, capsys, url, valkey.new_database())


@pytest.fixture(scope="session")
def stack(
    make_database_url: Callable[[], str],
    valkey: Valkey,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Stack]:
    """Give everything running: web, worker, stand-in. Tests bring campaigns of their own."""
    with Stack(
        tmp_path_factory.mktemp("stack"), make_database_url(), valkey.new_database()
    ) as running:
        running.organise()
        yield running


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Give what drives browsers to one module: no two of its kind can run at once."""
    expect.set_options(timeout=_PAGE_PATIENCE_MS)
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Give a browser without a window to one module."""
    with start_browser(playwright, "POSTBAG_CHROMIUM_SHELL") as running:
        yield running


@pytest.fixture(scope="module")
def whole_browser(playwright: Playwright) -> Iterator[Browser]:
    """Give a browser as people have it: it keeps pages, and guards what other sites store."""
    with start_browser(playwright, "POSTBAG_CHROMIUM", "--disable-back-forward-cache") as running:
        yield running


@contextmanager
def start_browser(playwright: Playwright, name: str, *without: str) -> Iterator[Browser]:
    """Start the browser that `./run test` found, without some of Playwright's own arguments."""
    path = os.environ.get(name, "")
    assert path, "no browser: start the tests with ./run test, which finds or installs one"
    running = playwright.chromium.launch(
        executable_path=path,
        args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"],
        ignore_default_args=[*without],
    )
    yield running
    running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give a page with cookies of its own."""
    context = browser.new_context()
    context.set_default_timeout(_PAGE_PATIENCE_MS)
    yield context.new_page()
    context.close()
