"""Open transactions on SQLite or PostgreSQL, the same way on both."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, create_engine, event, insert, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from letters.storage.schema import throttle

_BUSY_SECONDS: Final = 20
_TIMEOUTS: Final = {
    "lock_timeout": f"{_BUSY_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{_BUSY_SECONDS}s",
}
# PostgreSQL's classes of "not now": no connection, no resources, an operator's doing, the system's.
_NOT_NOW_CLASSES: Final = frozenset({"08", "53", "57", "58"})
# It only reads; two transactions were in each other's way, or one waited too long for a lock, and
# has to come again.
_READ_ONLY: Final = "25006"
_NOT_NOW: Final = frozenset({_READ_ONLY, "40001", "40P01", "55P03"})
# A table or a column is not there: this code is newer than the schema, whose migrations have not
# run yet.
_NOT_YET: Final = frozenset({"42P01", "42703"})
_UNSUPPORTED: Final = "0A000"


# A machine that is gone says nothing, and without these its clients would wait for a quarter of an
# hour: for what they sent to be received, or for an answer.
_SURE_OF_IT: Final = {
    "connect_timeout": 5,
    "tcp_user_timeout": _BUSY_SECONDS * 1_000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}
_DIRECT: Final = {
    **_SURE_OF_IT,
    "options": " ".join(f"-c {name}={value}" for name, value in _TIMEOUTS.items()),
}
# PgBouncer hands a session on after each transaction: nothing may be set for it or kept in it.
_POOLED: Final = {**_SURE_OF_IT, "prepare_threshold": None}
_SET_TIMEOUTS: Final = "; ".join(f"SET LOCAL {n} = '{value}'" for n, value in _TIMEOUTS.items())


class StorageUnavailable(Exception):
    """The database cannot be reached, only reads, is locked for too long, or is full.

    Try again later. Its words name the cause, and hold nothing that somebody wrote.
    """

    def __init__(self, words: str = "", *, only_reads: bool = False) -> None:
        super().__init__(words)
        self.only_reads = only_reads
        """It can be reached, and nothing can be written."""


class Database:
    """Transactions on one database. One object per process; it is safe to share among threads."""

    def __init__(self, url: str, *, connections: int = 10) -> None:
        self.is_sqlite: Final = url.startswith("sqlite")
        self._is_pooled_elsewhere = False
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
            self._is_pooled_elsewhere = make_url(url).query.get("pgbouncer") == "true"
            self.engine = create_engine(
                make_url(url).difference_update_query(["pgbouncer"]),
                hide_parameters=True,  # an error in a log must not hold what somebody wrote
                pool_size=connections,
                max_overflow=connections,
                pool_pre_ping=True,
                pool_use_lifo=True,  # the server has the latest one's statements prepared
                pool_timeout=_BUSY_SECONDS,
                connect_args=_POOLED if self._is_pooled_elsewhere else _DIRECT,
            )
            _let_go_of_what_only_reads(self.engine)
            _obey_the_server(self.engine)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that writes; it is on disk when the block has ended.

        Raises StorageUnavailable. Nothing of the block is kept then.
        """
        with _translated(), self._turn(), self.engine.connect() as connection:
            connection.info["begin"] = "BEGIN IMMEDIATE"
            with connection.begin():
                if self._is_pooled_elsewhere:  # the session is not ours to set
                    connection.exec_driver_sql(_SET_TIMEOUTS)
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
    def look(self) -> Iterator[Connection]:
        """Read with statements of which each has a picture of its own.

        No transaction is begun and ended: that costs more than a short statement does.
        Raises StorageUnavailable.
        """
        with _translated(), self.engine.connect() as connection:
            if self.is_sqlite:
                connection.info["begin"] = ""
            else:
                connection.execution_options(isolation_level="AUTOCOMMIT")
            yield connection

    def prove_write(self) -> None:
        """Write a row and take it back. Raises StorageUnavailable where nothing can be written."""
        with self.write() as connection:
            trial = connection.begin_nested()
            connection.execute(
                insert(throttle).values(bucket="trial", at=datetime.fromtimestamp(0, UTC))
            )
            trial.rollback()

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
    except (InterfaceError, PoolTimeout, OSError) as error:
        raise StorageUnavailable(type(error).__name__) from error
    except DBAPIError as error:
        if not is_not_now(error):
            raise
        state = getattr(error.orig, "sqlstate", None)
        only_reads = state in {_READ_ONLY, _UNSUPPORTED}
        # By its code: an error's own words could hold what somebody wrote.
        code = state or getattr(error.orig, "sqlite_errorname", None)
        words = type(error.orig).__name__ + (f" {code}" if code else "")
        raise StorageUnavailable(words, only_reads=only_reads) from error


def is_not_now(error: DBAPIError) -> bool:
    """Tell whether an error means that it may work later, with nothing changed by us.

    By SQLSTATE where PostgreSQL gives one: psycopg's classes tell otherwise of some.
    """
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is None:
        return isinstance(error, OperationalError)
    return state[:2] in _NOT_NOW_CLASSES or state in _NOT_NOW | _NOT_YET


def _let_go_of_what_only_reads(engine: Engine) -> None:
    @event.listens_for(engine, "handle_error")
    def on_error(context: ExceptionContext) -> None:
        state = getattr(context.original_exception, "sqlstate", None)
        # A standby refuses some of it as a feature that it lacks. On a primary that is our fault.
        is_standby = state == _UNSUPPORTED and _is_standby(context.connection)
        if state == _READ_ONLY or is_standby:
            # After a failover the next connection may lead to the server that writes.
            context.is_disconnect = True


def _obey_the_server(engine: Engine) -> None:
    @event.listens_for(engine, "checkout")
    def on_checkout(
        driver: DBAPIConnection, _entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection
    ) -> None:
        # After a transaction that only reads SQLAlchemy has the next one say that it writes, which
        # overrides a server that is told to let nobody write.
        driver.read_only = None


def _is_standby(connection: Connection | None) -> bool:
    driver = None if connection is None else connection.connection.driver_connection
    return driver is not None and driver.info.parameter_status("in_hot_standby") == "on"


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
        begin = connection.info.pop("begin", "BEGIN IMMEDIATE")
        if begin:
            connection.exec_driver_sql(begin)
