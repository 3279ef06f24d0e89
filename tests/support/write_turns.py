"""Watch how long one database's writes hold its one place for writers, in processor time."""

import time
from collections.abc import Callable, Iterator
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
        options = connection.get_execution_options()
        only_reads = options.get("postgresql_readonly")
        if not (database.is_sqlite or only_reads or options.get("isolation_level")):
            connection.info["turn_begun"] = time.process_time()

    def execute(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if statement == "BEGIN IMMEDIATE":  # SQLite's, of a transaction that writes
            connection.info["turn_begun"] = time.process_time()

    def end(connection: Connection) -> None:
        begun = connection.info.pop("turn_begun", None)
        if begun is not None:
            turns.append(time.process_time() - begun)

    hooks: list[tuple[str, Callable[..., None]]] = [
        ("begin", begin),
        ("before_cursor_execute", execute),
        ("commit", end),
        ("rollback", end),
    ]
    for name, hook in hooks:
        event.listen(database.engine, name, hook)
    try:
        yield turns
    finally:
        for name, hook in hooks:
            event.remove(database.engine, name, hook)
