"""docs/protocol.md says what is so: its numbers are the code's, and its places are there."""

import re
from datetime import timedelta
from pathlib import Path

from letters.sending import lost
from letters.storage.database import Database
from tests.simulation.drawing import ACTIONS
from tests.simulation.test_search import LONG_STEPS, STEPS
from tests.support.books import Books

ROOT = Path(__file__).parent.parent.parent
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text()


def test_its_numbers_are_the_codes(database: Database) -> None:
    books = Books(database)
    books.load("trees")
    books.write("trees")
    begin = books.now
    books.claim()

    def found(seconds: float) -> int:
        with database.read() as connection:
            return len(lost.find(connection, books.settings, begin + timedelta(seconds=seconds)))

    (told,) = re.findall(r"dead worker's after (\d+) seconds", PROTOCOL)
    assert (found(float(told)), found(float(told) + 0.1)) == (0, 2)  # a letter, and the notice
    assert f"once {books.settings.unknown_grace_seconds:.0f} seconds (`UNKNOWN_GRACE`)" in PROTOCOL
    assert f"A run has at most {ACTIONS} actions" in PROTOCOL
    assert f"searches {STEPS:,} steps, and {LONG_STEPS:,} with" in " ".join(PROTOCOL.split())


def test_each_place_that_it_names_is_there() -> None:
    places = re.findall(r"`([a-z_/.]+/[a-z_/.]*)`", PROTOCOL)
    assert len(places) > 10
    assert [place for place in places if not (ROOT / place).exists()] == []
