"""Read history to its end without missing a record that is still being written."""

import time
from typing import Final

from sqlalchemy import func, select, text

from letters.storage.database import Database
from letters.storage.schema import history

_TRIES: Final = 100
_PAUSE_SECONDS: Final = 0.01
# Who writes to a table holds this lock from before its ids are drawn until its commit.
_WRITERS: Final = text(
    "SELECT virtualtransaction FROM pg_locks WHERE relation = 'history'::regclass"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND mode = 'RowExclusiveLock' AND granted"
)


def settled_until(database: Database) -> int | None:
    """Return an id up to which no record will be added any more; None: a writer takes too long.

    Ids are drawn before their records are committed, so on PostgreSQL a lower id can appear after a
    higher one. We wait for those who were writing when we looked, milliseconds as a rule, and hold
    nobody up. SQLite has one writer at a time. Raises StorageUnavailable.
    """
    with database.read() as connection:
        newest = connection.execute(select(func.max(history.c.id))).scalar() or 0
    if database.is_sqlite:
        return newest
    waiting_for: set[str] | None = None
    for _ in range(_TRIES):
        with database.read() as connection:
            writers = set(connection.execute(_WRITERS).scalars())
        waiting_for = writers if waiting_for is None else waiting_for & writers
        if not waiting_for:
            return newest
        time.sleep(_PAUSE_SECONDS)
    return None
