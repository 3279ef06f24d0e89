"""The migrations lead to the tables that the code defines, and back again."""

import subprocess
import sys
from collections.abc import Callable

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from letters.settings import read_settings
from letters.storage.database import Database
from letters.storage.migrate import configuration, is_current, migrate
from letters.storage.schema import metadata
from tests.support.stack import Stack
from tests.support.stand_in import ROOT


def test_the_migrations_make_the_tables_that_the_code_defines(database: Database) -> None:
    assert is_current(database)
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        names = set(inspect(connection).get_table_names())
    assert names == {*metadata.tables, "alembic_version"}


def test_every_step_can_be_undone_and_done_again(database: Database) -> None:
    config = configuration()
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
    assert not is_current(database)
    migrate(database)
    assert is_current(database)


def test_the_command_line_migrates_an_empty_database_once(
    stack: Stack, make_empty_url: Callable[[], str]
) -> None:
    settings = {**stack.environment, "DATABASE_URL": make_empty_url()}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "postbag", "migrate"],
            cwd=ROOT,
            env=settings,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
    made = Database(read_settings(settings).database_url)
    assert is_current(made)
    made.close()
