"""Real parts for every test: Valkey, SQLite, PostgreSQL and Chromium. Only SendGrid is played."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import hypothesis
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright
from sqlalchemy import create_engine, text

from letters.storage.database import Database
from letters.storage.migrate import migrate
from rig.servers import Valkey, postgres_server
from tests.support.command import Terminal
from tests.support.programs import FROM_NOTHING
from tests.support.stack import Stack

# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile(
    "postbag", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("postbag")


_FIGURES = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long tests at full length")


def pytest_configure(config: pytest.Config) -> None:
    """Start each program from nothing with --long."""
    if config.getoption("--long"):
        os.environ[FROM_NOTHING] = "yes"


# These bring processes of their own, and many of them. By default they run on SQLite, in English
# and in Arabic, which is written the other way; on PostgreSQL and in Spanish with --long. All other
# tests run on both databases and in all languages, always.
_HEAVY = ("abuse", "desk", "faults", "page", "server")
_SECOND = {"database_kind": "postgresql", "language": "es"}
# These measure, and need the machine to themselves: they run with --long, one after the other.
_MEASURES = (
    "tests/operations/test_proxies.py",  # and needs programs of the system
    "tests/operations/test_pgbouncer.py",  # the same
    "tests/operations/test_alerts.py",  # the same
    "tests/operations/test_scores.py",  # the same
    "tests/faults/test_rate.py",
    "tests/cluster/test_faults_between_hosts.py::test_each_fault_ten_times",
    "tests/faults/test_minute.py",
    "tests/desk/test_live.py::test_fifty",
    "tests/abuse/test_timing.py",
    "tests/abuse/test_webhook.py::test_a_thousand_false_posts_wait",
)


# These take many processes, and a twin of each is always run: the other clock, signal or database.
_TWINS = (
    "tests/faults/test_clock.py::test_a_wrong_clock_starves_no_letter_and_doubles_none[sqlite-behind]",
    "tests/faults/test_clock.py::test_a_worker_with_a_wrong_clock_sends_alone[sqlite-ahead]",
    "tests/faults/test_restored.py::test_nothing_is_sent_twice_by_a_database_that_was_put_back[sqlite-lost]",
    "tests/faults/test_stop.py::test_a_worker_stops_soon_whenever_it_is_told[sqlite-one process]",
    "tests/web/test_copies.py::test_a_copy_has_everything_but_the_letters[postgresql]",
)
_MAY_MAKE_HOSTS = os.geteuid() == 0
"""Whether tests/cluster can have networks of its own: that takes root."""
_BUSY = 10
"""How many times longer a thing may take where other tests run beside it."""
_PAGE_PATIENCE_MS = 60_000

# What decides, without a database, a process or a browser: `-m pure` runs these in seconds.
_PURE = ("files", "letters", "pacing", "text")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import no other tests for `-m pure`: that alone would take seconds."""
    folder = collection_path.relative_to(config.rootpath).parts[1:2]
    if config.getoption("markexpr") == "pure" and folder and folder[0] not in _PURE:
        return not folder[0].endswith(".py")
    return None


# Whole files go to whoever is free. These take longest and begin first, so that at the end nobody
# is left alone with one of them; the pure ones fill the gaps.
_FIRST = (
    *(
        "web",
        "journey",
        "faults",
        "cluster",
        "page",
        "abuse",
        "desk",
        "server",
        "offices",
        "sandbox",
    ),
    *("operations", "notices", "updates", "answers", "launch"),
)


def _turn(item: pytest.Item, tests: Path) -> int:
    folder = item.path.relative_to(tests).parts[0]
    if folder in _FIRST:
        return _FIRST.index(folder)
    return len(_FIRST) + (folder in _PURE)


@pytest.hookimpl(tryfirst=True)  # before `-m` chooses
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the pure tests; leave the heavy ones' second database and language to --long."""
    items.sort(key=lambda item: _turn(item, config.rootpath / "tests"))
    for item in items:
        if item.path.relative_to(config.rootpath / "tests").parts[0] in _PURE:
            item.add_marker("pure")
    left = [] if _MAY_MAKE_HOSTS else _of_the_cluster(config, items)
    items[:] = [item for item in items if item not in left]
    if config.getoption("--long"):
        _leave(config, left)
        return
    for item in list(items):
        folder = item.path.relative_to(config.rootpath / "tests").parts[0]
        call = getattr(item, "callspec", None)
        is_second = call is not None and any(
            call.params.get(name) == value for name, value in _SECOND.items()
        )
        if item.nodeid.startswith(_MEASURES + _TWINS) or (folder in _HEAVY and is_second):
            items.remove(item)
            left.append(item)
    _leave(config, left)


def _of_the_cluster(config: pytest.Config, items: list[pytest.Item]) -> list[pytest.Item]:
    cluster = config.rootpath / "tests" / "cluster"
    return [item for item in items if item.path.is_relative_to(cluster)]


def _leave(config: pytest.Config, left: list[pytest.Item]) -> None:
    if left:
        config.hook.pytest_deselected(items=left)


@pytest.fixture(scope="session")
def is_long(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--long"))


@pytest.fixture(scope="session")
def slack(*, is_long: bool) -> int:
    """Give by how much processor time may pass its bound where caches are shared with others."""
    return 1 if is_long else 4


class AtMost(Protocol):
    """Hold what took some seconds to a bound."""

    def __call__(self, took_seconds: float, bound_seconds: float) -> None: ...


@pytest.fixture(scope="session")
def at_most(*, is_long: bool) -> AtMost:
    """Hold a bound of time: the promised one with --long, ten times that on a busy machine."""

    def hold(took_seconds: float, bound_seconds: float) -> None:
        bound_seconds *= 1 if is_long else _BUSY
        assert took_seconds < bound_seconds, f"{took_seconds:.2f} s, not {bound_seconds:.2f}"

    return hold


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with Valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


class MakePostgres(Protocol):
    """Make a PostgreSQL database, empty or a copy of one that nobody uses, and give its URL."""

    def __call__(self, template: str = "template1") -> str: ...


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakePostgres]:
    """Give what makes PostgreSQL databases."""
    with postgres_server() as admin_url:
        engine = create_engine(admin_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:  # no test cuts the machine's power
            connection.execute(text("ALTER SYSTEM SET fsync = off"))
            connection.execute(text("SELECT pg_reload_conf()"))

        def make(template: str = "template1") -> str:
            name = f"postbag_{secrets.token_hex(6)}"
            with engine.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
            return engine.url.set(database=name).render_as_string(hide_password=False)

        yield make
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
def database(make_database_url: Callable[[], str]) -> Iterator[Database]:
    """Give a new database of each kind, with its tables."""
    made = Database(make_database_url())
    yield made
    made.close()


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


@pytest.fixture
def say(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Give a function that keeps a measured figure for the end of the test run."""
    figures = request.config.stash.setdefault(_FIGURES, [])
    return lambda figure: figures.append(f"{request.node.name}: {figure}")


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    figures = config.stash.get(_FIGURES, [])
    if not _MAY_MAKE_HOSTS:
        figures = [*figures, "tests/cluster needs root, and was left out: sudo ./run test"]
    if figures:
        terminalreporter.section("figures")
    for figure in figures:
        terminalreporter.line(figure)
