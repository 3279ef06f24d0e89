"""Say from what size on a SQLite database should become a PostgreSQL one."""

from typing import Final

from sqlalchemy import func, select

from letters.storage.database import Database
from letters.storage.schema import tally

MOST: Final = 1_000_000
"""So many letters are well kept in one file, with one writer at a time: see docs/operations."""


def outgrown(database: Database) -> int | None:
    """Return how many letters a SQLite database holds, once PostgreSQL is due; None: it is not.

    Raises StorageUnavailable.
    """
    if not database.is_sqlite:
        return None
    with database.look() as connection:
        letters = connection.execute(select(func.sum(tally.c.letters))).scalar() or 0
    return int(letters) if letters >= MOST else None
