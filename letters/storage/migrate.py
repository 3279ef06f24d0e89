"""Bring a database to the newest schema."""

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from letters.storage.database import Database

_FOLDER: Final = Path(__file__).parent / "migrations"
_ADVISORY_LOCK: Final = 0x706F7374  # "post": one migration at a time on PostgreSQL


def configuration() -> Config:
    """Return Alembic's settings for our migrations."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config


def migrate(database: Database) -> None:
    """Run every migration that the database lacks. Raises StorageUnavailable."""
    if database.is_sqlite:
        # Once and here: processes that switch to WAL at the same time get "database is locked".
        raw = database.engine.raw_connection()
        raw.cursor().execute("PRAGMA journal_mode = WAL")
        raw.close()
    config = configuration()
    with database.write() as connection:
        if not database.is_sqlite:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(database: Database) -> bool:
    """Tell whether the schema is the one that this code wants. Raises StorageUnavailable."""
    wanted = ScriptDirectory.from_config(configuration()).get_current_head()
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision() == wanted
