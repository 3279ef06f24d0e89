"""Which tests are run, in which order, and against what: see also tests/support/real_parts.py."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol
from zlib import crc32

import hypothesis
import pytest

from tests.support.programs import FROM_NOTHING

# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile(
    "postbag", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
# One failing example is enough to know that a change is noticed; to find the least takes a minute.
hypothesis.settings.register_profile(
    "mutants",
    hypothesis.settings.get_profile("postbag"),
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)
hypothesis.settings.load_profile("postbag")


_FIGURES = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long tests at full length")


def pytest_configure(config: pytest.Config) -> None:
    """Start each program from nothing with --long; leave out of `-m pure` what it does not need."""
    if config.getoption("--long"):
        os.environ[FROM_NOTHING] = "yes"
    if config.getoption("markexpr") != "pure":  # to import servers and browsers takes seconds
        config.pluginmanager.import_plugin("tests.support.real_parts")


# These bring processes of their own, and many of them. By default they run on SQLite, in English
# and in Arabic, which is written the other way; on PostgreSQL and in Spanish with --long.
_HEAVY = ("abuse", "desk", "faults", "page", "server")
_SECOND = {"database_kind": "postgresql", "language": "es"}
# By default each file of these runs on one of the two databases, half of them on each. All other
# tests run on both, and in all languages, always.
_BY_TURNS = (
    *("answers", "journey", "notices", "offices", "operations", "organisations", "updates", "web"),
)
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


_MAY_MAKE_HOSTS = os.geteuid() == 0
"""Whether tests/cluster can have networks of its own: that takes root."""
_BUSY = 10
"""How many times longer a thing may take where other tests run beside it."""

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


def _turn(item: pytest.Item, tests: Path) -> tuple[int, str]:
    folder = item.path.relative_to(tests).parts[0]
    if folder in _FIRST:
        # What runs on one database is together, so that nothing is started again between files.
        return _FIRST.index(folder), _its_database(item.path) if folder in _BY_TURNS else ""
    return len(_FIRST) + (folder in _PURE), ""


def _its_database(path: Path) -> str:
    return ("postgresql", "sqlite")[crc32(path.name.encode()) % 2]


def _is_left_to_the_other(item: pytest.Item, folder: str) -> bool:
    """Tell whether a test's file runs on the other database where not all is run."""
    call = getattr(item, "callspec", None)
    kind = None if call is None else call.params.get("database_kind")
    return folder in _BY_TURNS and kind not in {None, _its_database(item.path)}


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
        if (
            item.get_closest_marker("long")
            or item.nodeid.startswith(_MEASURES)
            or (folder in _HEAVY and is_second)
            or _is_left_to_the_other(item, folder)
        ):
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


class MakePostgres(Protocol):
    """Make a PostgreSQL database, empty or a copy of one that nobody uses, and give its URL."""

    def __call__(self, template: str = "template1") -> str: ...

    def drop(self, name: str) -> None:
        """Throw a database away, whoever is still connected to it."""


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
