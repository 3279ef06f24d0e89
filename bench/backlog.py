"""What a claim costs with a thousand letters waiting, and with a million, on both databases."""

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, create_engine, text

from bench.bulk import fill
from letters.sending import gate as account
from letters.sending.claiming.claims import claim
from letters.sending.claiming.due import next_due
from letters.storage.database import Database
from letters.storage.migrate import migrate
from rig.servers import postgres_server

SIZES = (1_000, 1_000_000)
TARGETS = 40
ROUNDS, WARM_UP = 40, 5
BOUND = 1.5
WAITING = {"queued": 1_000}  # all of them


def claim_of(most: int) -> Callable[[Connection, datetime], int]:
    def take(connection: Connection, now: datetime) -> int:
        return len(claim(connection, most=most, gate=account.look(connection), now=now))

    return take


def look(connection: Connection, now: datetime) -> int:
    return int(next_due(connection, now) is not None)


STEPS = {
    "claim one letter": (claim_of(1), 1),
    "claim twenty": (claim_of(20), 20),
    "see what is due": (look, 1),
}


def full(url: str, letters: int) -> Database:
    database = Database(url)
    migrate(database)
    fill(database, "backlog", letters, TARGETS, states=WAITING, per_hour=3_600_000)
    return database


def time_ms(database: Database, step: str) -> float:
    """Take one step; give its time without the commit, whose length is the disk's affair."""
    do, expected = STEPS[step]
    begin = time.perf_counter()
    with database.write() as connection:
        found = do(connection, datetime.now(UTC))
        inside = time.perf_counter() - begin
    assert found == expected, found
    return inside * 1_000


def medians_ms(databases: Sequence[Database], step: str) -> list[float]:
    """Take a step on each database in turn, so that what else the machine does weighs on both."""
    rounds = [[time_ms(each, step) for each in databases] for _ in range(WARM_UP + ROUNDS)]
    return [statistics.median(taken) for taken in zip(*rounds[WARM_UP:], strict=True)]


def main() -> None:
    print(f"Milliseconds inside the transaction, median of {ROUNDS}; {TARGETS} targets")
    print(f"{'database':<14}{'step':<20}{'1,000 wait':>12}{'1,000,000 wait':>16}{'times':>8}")
    missed = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        engine = create_engine(stack.enter_context(postgres_server()), isolation_level="AUTOCOMMIT")
        urls = {}
        for letters in SIZES:
            with engine.connect() as connection:
                connection.execute(text(f"CREATE DATABASE backlog_{letters}"))
            urls["SQLite", letters] = f"sqlite:///{folder}/{letters}.db"
            urls["PostgreSQL", letters] = engine.url.set(
                database=f"backlog_{letters}"
            ).render_as_string(hide_password=False)
        engine.dispose()
        for kind in ("SQLite", "PostgreSQL"):
            databases = [full(urls[kind, letters], letters) for letters in SIZES]
            for step in STEPS:
                few, many = medians_ms(databases, step)
                print(f"{kind:<14}{step:<20}{few:>12.2f}{many:>16.2f}{many / few:>8.2f}")
                if many > BOUND * few:
                    missed.append(f"{step} on {kind}")
            for database in databases:
                database.close()
    kept = f"missed: {', '.join(missed)}" if missed else "kept"
    print(f"A million costs no more than {BOUND:g} times a thousand: {kept}.")
