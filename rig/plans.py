"""Watch every statement on PostgreSQL, and say which of them would read all of a large table."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Connection, Engine, event

LARGE: Final = frozenset({"letter", "submission", "writing", "history", "attempt", "event"})
_PLANNED: Final = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


@dataclass
class Watched:
    """What was seen of the statements of one engine."""

    statements: int = 0
    scans: list[str] = field(default_factory=list)
    """A line for each scan of a large table: the table, and the statement."""


@contextmanager
def watched(engine: Engine, times_as_large: int = 1) -> Iterator[Watched]:
    """Have each statement planned as well as run, in the transaction that it belongs to.

    To read a table from end to end costs as if it were `times_as_large`. All else costs what it
    would there: an index of many times the rows is a step or two deeper.
    """
    seen = Watched()

    def before(
        connection: Connection,
        _cursor: object,
        statement: str,
        parameters: Any,  # noqa: ANN401
        _context: object,
        _many: bool,  # noqa: FBT001
    ) -> None:
        if not statement.lstrip().startswith(_PLANNED):
            return
        one = parameters[0] if isinstance(parameters, list) else parameters
        seen.statements += 1
        explain = connection.connection.cursor()
        explain.execute(f"SET LOCAL seq_page_cost = {times_as_large}")
        explain.execute(f"EXPLAIN (FORMAT JSON) {statement}", one)
        (planned,) = explain.fetchone() or ([],)
        explain.execute("SET LOCAL seq_page_cost = 1")
        explain.close()
        for table in _scanned(planned[0]["Plan"]):
            seen.scans.append(f"{table}: {' '.join(statement.split())}")

    event.listen(engine, "before_cursor_execute", before)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", before)


def _scanned(node: dict[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan" and node["Relation Name"] in LARGE:
        yield node["Relation Name"]
    for child in node.get("Plans", []):
        yield from _scanned(child)
