"""Servers that a fault test may flush, kill and restart: its own, and no other's."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from rig.servers import Valkey
from tests.support.stack import Stack


class StartStack(Protocol):
    """Start a stack around an empty database; it ends with the test."""

    def __call__(self, *, worker_count: int = 1, **overrides: str) -> Stack: ...


@pytest.fixture(scope="module")
def own_valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    """Give a Redis that nobody else uses."""
    with Valkey(tmp_path_factory.mktemp("own-valkey")) as server:
        yield server


@pytest.fixture
def start_stack(
    make_database_url: Callable[[], str], own_valkey: Valkey, tmp_path: Path
) -> Iterator[StartStack]:
    with ExitStack() as running:

        def start(*, worker_count: int = 1, **overrides: str) -> Stack:
            return running.enter_context(
                Stack(
                    tmp_path,
                    make_database_url(),
                    own_valkey.new_database(),
                    worker_count=worker_count,
                    **overrides,
                )
            )

        yield start
