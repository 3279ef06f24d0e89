"""Watch how long one database's writes hold its one place for writers, in processor time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, event

from letters.storage.database import Database


@contextmanager
def write_turns(database: Database) -> Iterator[list[float]]:
    """Give the seconds of each transaction that wrote, as they end.

    Processor time, so that what else the machine does is not in it.
    """
    turns: list[float] = []

    def begin(connection: Connection) -> None:
        if not connection.get_execution_options().get("postgresql_readonly"):
            connection.info["turn_begun"] = time.process_time()

    def end(connection: Connection) -> None:
        begun = connection.info.pop("turn_begun", None)
        if begun is not None and connection.info.get("begin") != "BEGIN":
            turns.append(time.process_time() - begun)

    hooks = [("begin", begin), ("commit", end), ("rollback", end)]
    for name, hook in hooks:
        event.listen(database.engine, name, hook)
    try:
        yield turns
    finally:
        for name, hook in hooks:
            event.remove(database.engine, name, hook)
