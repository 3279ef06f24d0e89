"""What offices cost: the plan of five million letters to 535 of them, and sharing their mailboxes.

The plan reads how many letters wait for each target, and no letter: so the counters say five
million, and the rows are few. Claims are weighed with letters of one campaign, and with as many of
three that write to the same mailboxes.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import update

from bench.bounds import Bounds, Options
from bench.bulk import fill
from bench.parts import postgres_and_sqlite
from letters.campaigns import store
from letters.files.campaign_file import read_campaign
from letters.sending import gate as account
from letters.sending import outlook
from letters.sending.claiming.claims import claim
from letters.sending.outcomes import Answer, Outcome, record
from letters.storage.database import Database
from letters.storage.migrate import migrate
from letters.storage.schema import target
from rig.campaigns import campaign_file

OFFICES: Final = 535
LETTERS: Final = 5_000_000
MOST_SECONDS: Final = 2.0
LEAST_RATIO: Final = 1 / 3  # one letter an office a turn: of three targets in a claim one leaves
ROUNDS: Final = 5
AT_ONCE: Final = 100
WAITING: Final = {"queued": 1_000}


def plan(database: Database, bounds: Bounds, kind: str) -> None:
    """Foresee all letters, with and without a moment that they have to leave before."""
    now = datetime.now(UTC)
    addresses = [f"member{n}@parliament.example" for n in range(OFFICES)]
    pacing = 'per_target_per_hour = 30\nwindow = "08:00-18:00"'
    vote = f"matters_by = {now + timedelta(days=3):%Y-%m-%dT%H:%M:%S}"
    for slug, more in (("singly", ""), ("vote", vote)):
        with database.write() as connection:
            definition = campaign_file(slug, *addresses, pacing=pacing, more=more)
            campaign_id = store.load(connection, read_campaign(definition), now)
            connection.execute(
                update(target)
                .where(target.c.campaign_id == campaign_id)
                .values(queued=-(-LETTERS // OFFICES))
            )
        taken = [_timed(partial(_plan, database, slug, now)) for _ in range(ROUNDS)]
        bounds.at_most(f"{kind}, plan, {slug}", statistics.median(taken), MOST_SECONDS, " s")
        with database.write() as connection:
            connection.execute(
                update(target).where(target.c.campaign_id == campaign_id).values(queued=0)
            )


def _plan(database: Database, slug: str, now: datetime) -> None:
    with database.read() as connection:
        stored = store.find(connection, slug)
        waiting = outlook.waiting(connection, stored.id)
    assert sum(waiting.values()) >= LETTERS
    outlook.foresee(stored, waiting, 1_000, now)


def _timed(do: Callable[[], None]) -> float:
    begin = time.perf_counter()
    do()
    return time.perf_counter() - begin


def drain(database: Database) -> float:
    """Claim and record all that waits; return letters a second."""
    sent, begin = 0, time.perf_counter()
    now = datetime.now(UTC)
    while True:
        with database.write() as connection:
            claims = claim(connection, most=AT_ONCE, gate=account.look(connection), now=now)
        if not claims:
            return sent / (time.perf_counter() - begin)
        outcome = Outcome(Answer.TAKEN, now)
        with database.write() as connection:
            record(connection, [(each, outcome) for each in claims], now)
        sent += len(claims)
        now += timedelta(milliseconds=20)


def main(options: Options) -> int:
    letters = options.size(30_000, 6_000)
    bounds = Bounds()
    print(f"{OFFICES} offices")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        rates: dict[tuple[str, int], float] = {}
        for campaigns in (1, 3):
            folder = Path(name) / str(campaigns)
            folder.mkdir()
            for kind, url in stack.enter_context(postgres_and_sqlite(folder)).items():
                database = Database(url)
                migrate(database)
                if campaigns == 1:
                    plan(database, bounds, kind)
                for n in range(campaigns):
                    many = letters // campaigns
                    fill(database, f"c{n}", many, OFFICES, states=WAITING, per_hour=3_600_000)
                rates[kind, campaigns] = drain(database)
                database.close()
        for kind in ("SQLite", "PostgreSQL"):
            one, three = rates[kind, 1], rates[kind, 3]
            print(f"  {kind}: {one:,.0f} letters a second of one campaign, {three:,.0f} of three")
            bounds.at_least(f"{kind}, drain of three beside one", three / one, LEAST_RATIO)
    return bounds.status()
