"""What a claim costs with a thousand letters waiting, and with a million, on both databases."""

import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, create_engine, text

from bench.bulk import fill
from letters.storage import account
from letters.storage.claims import claim
from letters.storage.database import Database
from letters.storage.due import next_due
from letters.storage.migrate import migrate
from tests.stack import postgres_server

SIZES = (1_000, 1_000_000)
TARGETS = 40
ROUNDS, WARM_UP = 40, 5
BOUND = 1.5
WAITING = {"queued": 1_000}  # all of them


def claim_of(most: int) -> Callable[[Connection, datetime], int]:
    def take(connection: Connection, now: datetime) -> int:
        gate = account.pass_through(connection, now)
        return len(claim(connection, most=most, gate=gate, now=now))

    return take


def look(connection: Connection, now: datetime) -> int:
    return int(next_due(connection, now) is not None)


STEPS = {
    "claim one letter": (claim_of(1), 1),
    "claim twenty": (claim_of(20), 20),
    "see what is due": (look, 1),
}


def medians_ms(url: str, letters: int) -> list[float]:
    database = Database(url)
    migrate(database)
    fill(database, "backlog", letters, TARGETS, states=WAITING, per_hour=3_600_000)
    medians = []
    for do, expected in STEPS.values():
        taken = []
        for _ in range(WARM_UP + ROUNDS):
            begin = time.perf_counter()
            with database.write() as connection:
                found = do(connection, datetime.now(UTC))
                inside = time.perf_counter() - begin
            assert found == expected, found
            taken.append(inside * 1_000)  # without the commit, whose length is the disk's affair
            time.sleep(0.002)
        medians.append(statistics.median(taken[WARM_UP:]))
    database.close()
    return medians


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
            few, many = (medians_ms(urls[kind, letters], letters) for letters in SIZES)
            for step, small, large in zip(STEPS, few, many, strict=True):
                print(f"{kind:<14}{step:<20}{small:>12.2f}{large:>16.2f}{large / small:>8.2f}")
                if large > BOUND * small:
                    missed.append(f"{step} on {kind}")
    kept = f"missed: {', '.join(missed)}" if missed else "kept"
    print(f"A million costs no more than {BOUND:g} times a thousand: {kept}.")
