"""What runs are made on, one after another: a database and a Redis."""

import sqlite3
from pathlib import Path
from typing import Final

from letters.campaigns import store
from letters.files.campaign_file import read_campaign
from letters.storage.database import Database
from letters.storage.migrate import migrate
from rig.campaigns import campaign_file
from tests.simulation.edges import SearchedDatabase, redis_at
from tests.simulation.world import World
from tests.support.books import START, settings

_PLACES: Final = ("a@offices.example", "b@offices.example", "c@offices.example")


class Ground:
    """A database and a Redis, made ready for each run."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        self.template, self.path = folder / "template.db", folder / "run.db"
        self.backup = folder / "backup.db"
        make_template(self.template)
        copy_books(self.template, self.path)
        nowhen = World()
        self.database = SearchedDatabase(f"sqlite:///{self.path}", nowhen)
        self.redis = redis_at(redis_url, nowhen)
        self.judges = sqlite3.connect(self.path, isolation_level=None)
        self.settings = settings(REDIS_URL=redis_url)

    def make_ready(self, world: World) -> None:
        """Begin anew, with nothing written and nothing sent."""
        copy_books(self.template, self.path)
        self.database.world = self.redis.world = world
        self.redis.flushdb()

    def close(self) -> None:
        self.judges.close()
        self.database.close()
        self.redis.close()


def make_template(path: Path) -> None:
    """Make the database that each run begins with: three campaigns that share offices."""
    database = Database(f"sqlite:///{path}")
    migrate(database)
    files = {
        "trees": campaign_file(
            "trees", *_PLACES, more='routing = "choice"',
            pacing='per_target_per_hour = 60\nresend_unknown = "when-proven"',
        ),
        "quay": campaign_file(
            "quay", *_PLACES[1:], _PLACES[0], more='confirm = "before-sending"\nrouting = "choice"',
            pacing="per_target_per_hour = 40\nhold_after_soft_failures = 2",
        ),
        "bells": campaign_file(
            "bells", _PLACES[2], *_PLACES[:2], more='identical = "digest"\nrouting = "choice"',
            pacing='per_target_per_hour = 60\nresend_unknown = "when-proven"',
        ),
    }  # fmt: skip
    for text in files.values():
        with database.write() as connection:
            store.load(connection, read_campaign(text), START)
    database.close()
    with sqlite3.connect(path) as books:
        books.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def copy_books(books: Path, to: Path) -> None:
    with sqlite3.connect(books) as source, sqlite3.connect(to) as copy:
        source.backup(copy)
    source.close()
    copy.close()
