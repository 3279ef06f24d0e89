"""A Redis of a test's own, and backups of databases."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest
from redis import Redis

from letters.storage.database import Database
from rig.servers import Valkey
from tests.conftest import MakePostgres


class BackUp(Protocol):
    """Make a copy of a database as it stands, and open it."""

    def __call__(self, database: Database) -> Database: ...


@pytest.fixture
def redis(valkey: Valkey) -> Iterator[Redis]:
    """Give a Redis that is empty."""
    client = Redis.from_url(valkey.new_database())
    yield client
    client.close()


@pytest.fixture
def back_up(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BackUp]:
    made: list[Database] = []

    def copy(database: Database) -> Database:
        name = database.engine.url.database
        assert name is not None
        database.close()  # PostgreSQL copies what nobody uses, SQLite's log goes into its file
        if database_kind == "postgresql":
            make: MakePostgres = request.getfixturevalue("postgres_url")
            url = make(name)
        else:
            file = tmp_path / f"backup-{len(made)}.db"
            shutil.copy(name, file)
            url = f"sqlite:///{file}"
        made.append(Database(url))
        return made[-1]

    yield copy
    for each in made:
        each.close()
