"""Open transactions on SQLite or PostgreSQL, the same way on both."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

_BUSY_SECONDS: Final = 20


class StorageUnavailable(Exception):
    """The database cannot be reached, is locked for too long, or is full. Try again later."""


class Database:
    """Transactions on one database. One object per process; it is safe to share among threads."""

    def __init__(self, url: str, *, connections: int = 10) -> None:
        self.is_sqlite: Final = url.startswith("sqlite")
        self._lock_file: Path | None = None
        if self.is_sqlite:
            self.engine = create_engine(
                url,
                hide_parameters=True,  # an error in a log must not hold what somebody wrote
                pool_size=connections,
                max_overflow=connections,
                connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
            )
            _prepare_sqlite(self.engine)
            if self.engine.url.database:
                self._lock_file = Path(f"{self.engine.url.database}.lock")
        else:
            self.engine = create_engine(
                url,
                hide_parameters=True,  # an error in a log must not hold what somebody wrote
                pool_size=connections,
                max_overflow=connections,
                pool_pre_ping=True,
                pool_use_lifo=True,  # the server has the latest one's statements prepared
                pool_timeout=_BUSY_SECONDS,
                connect_args={
                    "connect_timeout": 5,
                    "options": f"-c lock_timeout={_BUSY_SECONDS}s -c idle_in_transaction_"
                    f"session_timeout={_BUSY_SECONDS}s",
                },
            )

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that writes; it is on disk when the block has ended.

        Raises StorageUnavailable. Nothing of the block is kept then.
        """
        with _translated(), self._turn(), self.engine.connect() as connection:
            connection.info["begin"] = "BEGIN IMMEDIATE"
            with connection.begin():
                yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that reads one consistent picture.

        Raises StorageUnavailable.
        """
        with _translated(), self.engine.connect() as connection:
            if self.is_sqlite:
                connection.info["begin"] = "BEGIN"
            else:
                connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                yield connection

    @contextmanager
    def _turn(self) -> Iterator[None]:
        # SQLite's busy handler polls and is unfair: a waiting writer can starve for a second.
        # Writers queue fairly for a lock on a file beside the database instead.
        if self._lock_file is None:
            yield
            return
        handle = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def close(self) -> None:
        """Close all idle connections."""
        self.engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout, OSError) as error:
        raise StorageUnavailable(type(error).__name__) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StorageUnavailable(type(error).__name__) from error
        raise


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        cursor = connection.cursor()
        for pragma in (
            "synchronous = FULL",  # an accepted letter is on disk
            "foreign_keys = ON",
            "secure_delete = ON",  # what is erased leaves no byte in the file
            "cache_size = -32768",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Connection) -> None:
        # With a deferred BEGIN most concurrent writers fail instead of waiting.
        connection.exec_driver_sql(connection.info.get("begin", "BEGIN IMMEDIATE"))
