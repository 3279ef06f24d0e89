"""Bring a database to the newest schema, and tell how its schema and this code stand.

A migration says of itself whether it narrows: whether code from before it can no longer work with
what it leaves. One that does not only adds. Old processes run on beside it, and one release back
needs no more than the old code.
"""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, select, text, update
from sqlalchemy.schema import CreateIndex

from letters.storage.database import Database, StorageUnavailable
from letters.storage.schema import account, metadata

_FOLDER: Final = Path(__file__).parent / "migrations"
_ADVISORY_LOCK: Final = 0x706F7374  # "post": one migration at a time on PostgreSQL
_IN_THE_WAY: Final = frozenset({"55P03", "40P01"})  # a lock was not had in time; a deadlock
_TRY: Final = "1s"
_PAUSE_SECONDS: Final = 0.5
_LONGEST_SECONDS: Final = 300


class Schema(StrEnum):
    """How a database's schema and this code stand to each other."""

    CURRENT = "ok"
    NEWER = "ok, newer"
    """This code knows less of it, and works with it."""
    EMPTY = "has no tables"
    OLDER = "needs migrations"
    TOO_NEW = "too new"
    """This code no longer works with it."""


class CannotMigrate(Exception):
    """The schema cannot be brought there; str() says why and what to do."""


def configuration() -> Config:
    """Return Alembic's settings for our migrations."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config


def migrate(database: Database) -> Schema:
    """Run every migration that the database lacks; return how it stood before.

    What is newer and works is left as it is. Raises StorageUnavailable and CannotMigrate.
    """
    _use_wal(database)
    before = standing(database)
    if before is Schema.TOO_NEW:
        raise CannotMigrate(_TOO_NEW)
    if before is Schema.NEWER:
        return before
    if before is Schema.EMPTY or database.is_sqlite:
        _step(database, "head")
    while not is_current(database):
        _beside_others(lambda: _step(database, "+1"))
    if not database.is_sqlite:
        _build_indexes(database)
    with database.write() as connection:
        connection.execute(update(account).values(oldest_code=_latest_narrowing()))
    return before


def _step(database: Database, to: str) -> None:
    """Run migrations in one transaction, unless another process has run them meanwhile."""
    config = configuration()
    with database.write() as connection:
        _wait_for_turn(connection)
        if _standing(connection) in {Schema.OLDER, Schema.EMPTY}:
            config.attributes["connection"] = connection
            command.upgrade(config, to)


def _beside_others(act: Callable[[], None]) -> None:
    """Do what needs tables for itself while others use them: in short tries, not in a long wait.

    Whoever waits for a table keeps everybody else from it, and whoever has one and waits for the
    next can wait for ever.
    """
    until = monotonic() + _LONGEST_SECONDS
    while True:
        try:
            return act()
        except StorageUnavailable as error:
            state = getattr(getattr(error.__cause__, "orig", None), "sqlstate", None)
            if state not in _IN_THE_WAY:
                raise
            if monotonic() > until:
                raise CannotMigrate(_IN_USE) from error
        sleep(_PAUSE_SECONDS)


def _build_indexes(database: Database) -> None:
    """Build the indexes of large tables while letters are written, where they are not there."""
    wanted = {
        name
        for script in ScriptDirectory.from_config(configuration()).walk_revisions()
        for name in getattr(script.module, "concurrently", ())
    }
    indexes = [i for t in metadata.sorted_tables for i in t.indexes if i.name in wanted]
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        # It waits for every transaction that is open, however long that takes.
        connection.exec_driver_sql("SET lock_timeout = 0")
        broken = select(text("c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
                             "WHERE NOT i.indisvalid"))  # fmt: skip
        left_over = set(connection.execute(broken).scalars())
        for index in indexes:
            if index.name in left_over:  # building it was interrupted
                connection.exec_driver_sql(f"DROP INDEX CONCURRENTLY {index.name}")
            made = str(CreateIndex(index, if_not_exists=True).compile(connection))
            connection.exec_driver_sql(made.replace("INDEX", "INDEX CONCURRENTLY", 1))
        connection.invalidate()  # no other transaction waits for ever


def go_back(database: Database, revision: str) -> None:
    """Undo every migration after `revision`, of which this code has to know.

    Raises StorageUnavailable and CannotMigrate.
    """
    if revision not in _revisions():
        raise CannotMigrate(
            f"This code knows no schema {revision}: it knows {', '.join(_revisions())}."
        )
    config = configuration()
    with database.write() as connection:
        _wait_for_turn(connection)
        if _standing(connection) not in {Schema.CURRENT, Schema.OLDER}:
            raise CannotMigrate(_TOO_NEW)
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


_TOO_NEW: Final = (
    "The schema is newer than this code, which cannot work with it: run the newer code, or take "
    "the schema back with it first (`migrate --back-to`)."
)


_IN_USE: Final = (
    "The tables are in use all the time, so they cannot be changed: try again at a quieter moment, "
    "or pause the campaigns first."
)


def standing(database: Database) -> Schema:
    """Tell how schema and code stand to each other. Raises StorageUnavailable."""
    with database.read() as connection:
        return _standing(connection)


def newest() -> str:
    """Return the schema that this code wants."""
    return _revisions()[-1]


def is_current(database: Database) -> bool:
    """Tell whether the schema is the one that this code wants. Raises StorageUnavailable."""
    return standing(database) is Schema.CURRENT


def _standing(connection: Connection) -> Schema:
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None:
        return Schema.EMPTY
    known = _revisions()
    if revision == known[-1]:
        return Schema.CURRENT
    if revision in known:
        return Schema.OLDER
    columns = {column["name"] for column in inspect(connection).get_columns("account")}
    if account.c.oldest_code.name not in columns:
        return Schema.TOO_NEW
    oldest = connection.execute(select(account.c.oldest_code)).scalar()
    return Schema.NEWER if oldest in known else Schema.TOO_NEW


def _revisions() -> list[str]:
    """Return every schema that this code knows, the oldest first."""
    scripts = ScriptDirectory.from_config(configuration())
    return [script.revision for script in scripts.walk_revisions()][::-1]


def _latest_narrowing() -> str:
    """Return the latest migration that code has to know; the first, where none narrows."""
    scripts = ScriptDirectory.from_config(configuration())
    return next(
        (s.revision for s in scripts.walk_revisions() if getattr(s.module, "narrows", False)),
        _revisions()[0],
    )


def _use_wal(database: Database) -> None:
    if database.is_sqlite:
        # Once and here: processes that switch to WAL at the same time get "database is locked".
        raw = database.engine.raw_connection()
        raw.cursor().execute("PRAGMA journal_mode = WAL")
        raw.close()


def _wait_for_turn(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})")
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_TRY}'")
