"""Whether sending goes on as fast while a worker erases what has been kept long enough."""

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Interval, func, literal, select, update

from bench import drain
from bench.bounds import Bounds
from bench.bulk import fill, settle
from letters.storage.database import Database
from letters.storage.schema import campaign, letter, submission
from rig.servers import Valkey

DUE: Final = 100_000  # more than a worker gets to while it drains the backlog
AGE: Final = timedelta(days=400)
LEAST_OF_ALONE: Final = 0.8
AN_HOUR: Final = 1_000_000


@contextmanager
def grown(bench: drain.Bench, age: timedelta) -> Iterator[tuple[str, Database]]:
    """Give a database, and its URL, with a backlog, and with letters that ended so long ago."""
    url = bench.postgres()
    database = Database(url)
    fill(database, "old", DUE, 40, states={"delivered": 1_000})
    with database.write() as connection:
        old = select(campaign.c.id).where(campaign.c.slug == "old").scalar_subquery()
        for table, name in ((submission, "submitted_at"), (letter, "state_at")):
            at = table.c[name]
            connection.execute(
                update(table)
                .where(table.c.campaign_id == old)
                .values({at: at - literal(age, Interval())})
            )
    settle(database)
    yield url, database
    database.close()


def an_hour(database: Database) -> float:
    """Return how many submissions an hour were erased, from the first sweep to the last."""
    at = submission.c.erased_at
    with database.read() as connection:
        rows = connection.execute(
            select(at, func.count()).where(at.is_not(None)).group_by(at).order_by(at)
        ).all()
    assert len(rows) > 1, "it is over before a second sweep"
    seconds: float = (rows[-1][0] - rows[0][0]).total_seconds()
    erased: int = sum(many for _, many in rows[1:])
    return erased * 3_600 / seconds


def beside_sending(
    folder: Path, valkey: Valkey, postgres_url: str, bounds: Bounds, rounds: int
) -> None:
    """Drain a backlog while the same worker erases, and while it need not, in turn.

    Both times with as many letters of before: a database that was empty and one that was put on
    disk a moment ago do not write at the same speed, whatever else is done in them.
    """
    bench = drain.Bench(folder, valkey, postgres_url)
    shares, erased = list[float](), list[float]()
    for _ in range(rounds):
        with grown(bench, timedelta()) as (url, _database):
            alone = bench.ours(drain.SLOW, url).per_second
        with grown(bench, AGE) as (url, database):
            beside = bench.ours(drain.SLOW, url).per_second
            erased.append(an_hour(database))
        print(
            f"    {beside:,.0f} a second are sent while it erases, {alone:,.0f} alone", flush=True
        )
        shares.append(beside / alone)
    what = "sending while it erases, beside alone"
    bounds.at_least(what, statistics.median(shares), LEAST_OF_ALONE)
    bounds.at_least("erased an hour beside sending", statistics.median(erased), AN_HOUR)
