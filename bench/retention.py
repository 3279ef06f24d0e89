"""Whether sending goes on as fast while a worker erases what has been kept long enough."""

import statistics
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


def grow_old(database: Database) -> None:
    """Fill a database with letters whose time to be kept is over."""
    fill(database, "old", DUE, 40, states={"delivered": 1_000})
    with database.write() as connection:
        old = select(campaign.c.id).where(campaign.c.slug == "old").scalar_subquery()
        for table, name in ((submission, "submitted_at"), (letter, "state_at")):
            at = table.c[name]
            connection.execute(
                update(table)
                .where(table.c.campaign_id == old)
                .values({at: at - literal(AGE, Interval())})
            )
    settle(database)


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
    """Drain a backlog alone, and while the same worker erases, in turn."""
    bench = drain.Bench(folder, valkey, postgres_url)
    shares, erased = list[float](), list[float]()
    for _ in range(rounds):
        alone = bench.ours(drain.SLOW, bench.postgres()).per_second
        url = bench.postgres()
        database = Database(url)
        grow_old(database)
        beside = bench.ours(drain.SLOW, url).per_second
        print(
            f"    {beside:,.0f} a second are sent while it erases, {alone:,.0f} alone", flush=True
        )
        shares.append(beside / alone)
        erased.append(an_hour(database))
        database.close()
    what = "sending while it erases, beside alone"
    bounds.at_least(what, statistics.median(shares), LEAST_OF_ALONE)
    bounds.at_least("erased an hour beside sending", statistics.median(erased), AN_HOUR)
