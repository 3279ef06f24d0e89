"""A look-up table of a whole country: little memory, and right on either side of a switch date.

Two million postcodes with --long, twenty thousand else.
"""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

from letters.campaigns import areas
from letters.campaigns.area_pages import Directory
from letters.storage.database import Database
from letters.text.postcodes import normalise_postcode
from rig import ROOT
from tests.support.books import settings_as_given

MOST_BYTES = 300 * 10**6
SWITCH = date(2026, 6, 1)
LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
INWARD = [f"{n}{a}{b}" for n, a, b in product(range(10), LETTERS, LETTERS)]
PER_DISTRICT = 40
"""So many of a district's postcodes are in use."""


def postcodes(number: int) -> Iterator[str]:
    """Give postcodes of every shape: E1 and E10, E1W, EC1, one after the other."""
    outward = (
        f"{a}{b}{n}{last}"
        for n, a, b, last in product(range(1, 100), LETTERS, ("", *LETTERS), ("", *"HJLPRUWXY"))
    )
    made = (
        f"{out} {inward}"
        for place, out in enumerate(outward)
        for inward in INWARD[place % 100 :: len(INWARD) // PER_DISTRICT]
    )
    return (code for code, _ in zip(made, range(number), strict=False))


def areas_of(place: int, code: str, since: str) -> tuple[str, ...]:
    """Give the areas of a postcode; every hundredth lies in two."""
    first = f"{since} {(place // PER_DISTRICT) % 650} of {code[0]}"
    return (first, f"{since} beside {first}") if place % 100 == 0 else (first,)


def rows(number: int, since: str) -> Iterator[tuple[str, str]]:
    for place, code in enumerate(postcodes(number)):
        for area in areas_of(place, code, since):
            yield code, area


MEASURED = """
import sys
from pathlib import Path
from postbag.__main__ import main
status = main(sys.argv[1:])
(most,) = [line for line in Path("/proc/self/status").open() if line.startswith("VmHWM")]
print(int(most.split()[1]) * 1024)
sys.exit(status)
"""
"""The command, which says at its end how much memory it ever had. What its parent has, which a
system counts to a child's usage, is not in that."""


def loaded(database: Database, path: Path) -> int:
    """Load a table as a command of its own; return the most memory that it ever had, in bytes."""
    url = database.engine.url.render_as_string(hide_password=False)
    given = settings_as_given(DATABASE_URL=url, REDIS_URL="redis://127.0.0.1:1")
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, "areas", "load", "uk", str(path)],
        cwd=ROOT,
        env={**os.environ, **given},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return int(done.stdout)


def test_a_whole_countrys_postcodes_are_found_on_either_side_of_a_day(
    database: Database, tmp_path: Path, is_long: bool
) -> None:
    number = 2_000_000 if is_long else 20_000
    path = tmp_path / "uk.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("Postcode,Constituency\n")
        file.writelines(f"{code},{area}\n" for code, area in rows(number, "Old"))
    assert loaded(database, path) < MOST_BYTES
    path.unlink()
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    new = Directory.of((normalise_postcode(code), area) for code, area in rows(number, "New"))
    table_id = areas.write(database, "uk", SWITCH, new, now)
    with database.write() as connection:
        assert areas.make_current(connection, table_id, now).postcodes == number
    chosen = set(random.Random(7).sample(range(number), 10_000 if is_long else 500))
    with database.read() as connection:
        for place, code in enumerate(postcodes(number)):
            if place in chosen:
                for on, since in ((SWITCH - timedelta(days=1), "Old"), (SWITCH, "New")):
                    found = areas.find(connection, "uk", code.lower(), on)
                    assert set(found.areas) == set(areas_of(place, code, since)), (code, on)
        assert areas.find(connection, "uk", "ZZ100 1AA", SWITCH).areas == ()
