"""How long it takes to look for and to change some of a great many letters, on PostgreSQL."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, event, update
from sqlalchemy.pool import ConnectionPoolEntry

from bench import retention
from bench.bounds import Bounds, Options
from bench.bulk import fill
from bench.desk import p95, times_ms, web
from letters.campaigns import targets
from letters.desk import version
from letters.notices import alarms, reminders, undelivered
from letters.offices import mailbox
from letters.receipts import erasure, expiry, successors
from letters.sending.claiming.due import next_due
from letters.states import Cause
from letters.storage.database import Database
from letters.storage.migrate import migrate
from letters.storage.schema import campaign
from rig.plans import watched
from rig.servers import Valkey, postgres_server

MILLION: Final = 1_000_000
TARGETS: Final = 40
WAITING: Final = 15_000
TENTH_WAITS: Final = {"delivered": 880, "queued": 980, "unknown": 1_000}
SWEEP_MS: Final = 60.0
MOST_SECONDS: Final = 0.3
ERASED_AN_HOUR: Final = 1_000_000
ROUNDS: Final = 9
SMALL: Final = 10_000
DESK_GROWTH: Final = 1.5
LEDGER_MS: Final = 50.0
KEEP: Final = timedelta(days=90)


def looks(now: datetime) -> dict[str, Callable[[Connection], object]]:
    """Return every look of a sweep at letters."""
    return {
        "what expires": lambda c: expiry.due(c, KEEP, now),
        "who left office": lambda c: targets.left_office(c, now),
        "what leaves next": lambda c: next_due(c, now),
        "whose time to be kept is over": lambda c: erasure.due(c, now - KEEP, 2_000),
        "which mails' is": lambda c: erasure.due_notices(c, now, KEEP, 1_000),
        "whom to remind": lambda c: reminders.due(c, now, 500),
        "what did not arrive": lambda c: undelivered.due(c, now, 500),
        "whom to ask": lambda c: successors.unasked(c, 500),
        "what to raise an alarm about": lambda c: alarms.is_due(c, 900, now),
    }


def sweep(database: Database, bounds: Bounds, now: datetime) -> None:
    """Take each look of a sweep, and add their medians up."""
    total = 0.0
    with watched(database.engine) as seen, database.read() as connection:
        for look in looks(now).values():
            look(connection)
        version.feel(connection, "large", now, 900)
    with database.read() as connection:
        for name, look in looks(now).items():
            taken = []
            for _ in range(ROUNDS):
                begin = time.perf_counter()
                look(connection)
                taken.append((time.perf_counter() - begin) * 1_000)
            total += statistics.median(taken)
            print(f"    {name:34}{statistics.median(taken):8.2f} ms", flush=True)
    bounds.at_most("all looks of a sweep", total, SWEEP_MS, " ms")
    for scan in seen.scans:
        print(f"    reads all of {scan}")
    bounds.holds("no look reads all of a large table", is_so=not seen.scans)


@contextmanager
def timed(database: Database) -> Iterator[list[float]]:
    """Give how long each transaction that writes takes, its commit with it, in seconds."""
    taken: list[float] = []

    def begun(connection: Connection) -> None:
        connection.info["begun_at"] = time.perf_counter()

    def ended(_driver: object, entry: ConnectionPoolEntry) -> None:
        taken.append(time.perf_counter() - entry.info["begun_at"])

    event.listen(database.engine, "begin", begun)
    event.listen(database.engine, "checkin", ended)  # the commit's own event comes before it
    try:
        yield taken
    finally:
        event.remove(database.engine, "begin", begun)
        event.remove(database.engine, "checkin", ended)


def hold(database: Database, bounds: Bounds, now: datetime) -> None:
    """Hold an office with many letters waiting, and release it."""
    email = "office0@harbours.example"
    changes: dict[str, tuple[Callable[[Connection, str, datetime], Any], Cause]] = {
        "hold": (lambda c, to, at: mailbox.hold(c, to, "on leave", at), Cause.HOLD),
        "release": (mailbox.release, Cause.RELEASE),
    }
    with watched(database.engine) as seen, database.write() as connection:
        for cause in (Cause.HOLD, Cause.RELEASE):
            mailbox.next_part(connection, mailbox.seated(connection, email), cause, now)
    bounds.holds("no part of a hold reads all of a large table", is_so=not seen.scans)
    for name, (begin, cause) in changes.items():
        with timed(database) as taken:
            with database.write() as connection:
                changed = begin(connection, email, now)
                sitting = mailbox.seated(connection, email)
            changed += len(mailbox.carry_on(database, sitting, cause, now))
        assert changed >= WAITING, changed  # and those of the other campaigns
        print(f"    {name} of {changed:,} letters: {sum(taken):.1f} s in {len(taken)} parts")
        bounds.at_most(f"{name}, the longest transaction", max(taken), MOST_SECONDS, " s")


def forget(database: Database, bounds: Bounds, now: datetime) -> None:
    """Erase what is old, as the sweep does: 250 at a time."""
    with database.read() as connection:
        old = erasure.due(connection, now, 5_000)
    with timed(database) as taken:
        for place in range(0, len(old), 250):
            with database.write() as connection:
                erasure.erase_all(connection, old[place : place + 250], now, is_wish=False)
    an_hour = len(old) / sum(taken) * 3_600
    bounds.at_least("erased an hour", an_hour, ERASED_AN_HOUR)
    bounds.at_most("erased, the longest transaction", max(taken), MOST_SECONDS, " s")


def desk(database_url: str, redis_url: str, folder: Path, bounds: Bounds) -> None:
    """Ask for the page of a large campaign, and of a small one in the same database."""
    with web(database_url, redis_url, folder) as (port, cookie):
        small, large = (p95(times_ms(port, cookie, slug, "")) for slug in ("small", "large"))
        ledger = p95(times_ms(port, cookie, "large", "ledger.json"))
    print(f"    the desk page, p95: {large:.1f} ms, {small:.1f} ms at {SMALL:,}", flush=True)
    bounds.at_most(f"the desk page, p95 beside that at {SMALL:,}", large / small, DESK_GROWTH)
    bounds.at_most("ledger.json, p95", ledger, LEDGER_MS, " ms")


def main(options: Options) -> int:
    letters = options.size(10 * MILLION, 300_000)
    bounds, now = Bounds(), datetime.now(UTC)
    print(
        f"{letters:,} letters on PostgreSQL, a tenth of them waiting, and a campaign that is over"
    )
    with tempfile.TemporaryDirectory() as name, Valkey(Path(name)) as valkey, ExitStack() as stack:
        folder, url = Path(name), stack.enter_context(postgres_server())
        database = Database(url)
        migrate(database)
        fill(database, "small", SMALL, TARGETS)
        fill(database, "large", letters, TARGETS, states=TENTH_WAITS)
        fill(database, "over", letters // 50, TARGETS, states={"delivered": 1_000})
        fill(database, "held", WAITING, 1, states={"queued": 1_000})
        with database.write() as connection:
            ended = update(campaign).where(campaign.c.slug == "over")
            connection.execute(ended.values(ends_at=now - timedelta(days=1)))
        sweep(database, bounds, now)
        desk(url, valkey.new_database(), folder, bounds)
        hold(database, bounds, now)
        forget(database, bounds, now)
        database.close()
        rounds = 1 if options.is_short else 5
        other = stack.enter_context(postgres_server())
        retention.beside_sending(folder, valkey, other, bounds, rounds)
    return bounds.status()
