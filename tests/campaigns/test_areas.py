"""Look-up tables: to which areas a postcode belongs, from a day on."""

import random
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from letters.campaigns import areas
from letters.campaigns.area_pages import Directory, areas_on
from letters.campaigns.areas import ALWAYS, Found
from letters.storage.database import Database
from letters.storage.schema import area_page
from letters.text.postcodes import normalise_postcode
from tests.conftest import AtMost
from tests.support.command import Terminal

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
UK = "pcds,pcon\nE1 6AN,Bethnal Green\nE10 5NP,Leyton\nE1W 1AA,Poplar\n"


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str | bytes], str]:
    def write(content: str | bytes) -> str:
        path = tmp_path / "table.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


def load(database: Database, name: str, rows: dict[str, str], starts: date = ALWAYS) -> None:
    pairs = [(normalise_postcode(code), area) for code, area in rows.items()]
    table_id = areas.write(database, name, starts, Directory.of(pairs), NOW)
    with database.write() as connection:
        areas.make_current(connection, table_id, NOW)
    areas.clear(database, NOW)


def find(database: Database, name: str, postcode: str, on: date = date(2026, 3, 2)) -> Found:
    with database.read() as connection:
        return areas.find(connection, name, postcode, on)


CODES = st.text("AB12é", min_size=1, max_size=4).map(normalise_postcode)


@given(st.lists(st.tuples(CODES, st.sampled_from(["North", "South", "Øst", "West 1"]))))
def test_every_postcode_is_found_on_the_page_that_should_have_it(
    rows: list[tuple[str, str]],
) -> None:
    pages = list(Directory.of(rows * 2).pages())
    assert [page.first for page in pages] == sorted({page.first for page in pages})
    for code in {code for code, _ in rows} | {"A", "B2B", "Z"}:
        content = max(
            (page for page in pages if page.first <= code.encode()), key=lambda page: page.first
        ).content if any(page.first <= code.encode() for page in pages) else b"\n"  # fmt: skip
        assert set(areas_on(content, code)) == {area for known, area in rows if known == code}


def test_the_latest_table_that_has_begun_counts(database: Database) -> None:
    load(database, "uk", {"E1 6AN": "Old", "E1 7AA": "Old"})
    load(database, "uk", {"E1 6AN": "New"}, date(2026, 6, 1))
    load(database, "other", {"E1 6AN": "Elsewhere"})
    assert find(database, "uk", "e1 6an", date(2026, 5, 31)) == Found(("Old",), ALWAYS)
    assert find(database, "uk", "e1 6an", date(2026, 6, 1)) == Found(("New",), date(2026, 6, 1))
    assert find(database, "uk", "E1 7AA", date(2026, 6, 1)).areas == ()  # and not the old one's


def test_a_table_takes_the_place_of_the_one_from_the_same_day(database: Database) -> None:
    load(database, "uk", {f"E{n}": "Old" for n in range(50_000)})
    load(database, "uk", {"E1": "New"})
    assert find(database, "uk", "E1").areas == ("New",)
    assert find(database, "uk", "E2").areas == ()
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(area_page)).scalar() == 1


def test_a_load_that_was_cut_short_counts_for_nobody_and_is_cleared(database: Database) -> None:
    load(database, "uk", {"E1": "Old"})
    areas.write(database, "uk", ALWAYS, Directory.of([("E1", "Half")]), NOW)
    assert find(database, "uk", "E1").areas == ("Old",)
    areas.clear(database, NOW + timedelta(days=1))
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(area_page)).scalar() == 1


def test_a_table_may_know_zip_codes_or_districts_only(database: Database) -> None:
    load(database, "us", {"02134": "MA-07"})
    assert find(database, "us", "02134-1234").areas == ("MA-07",)
    load(database, "uk", {"E1": "East", "E1 6AN": "Just here"})
    assert find(database, "uk", "E1 7AA").areas == ("East",)
    assert find(database, "uk", "E1 6AN").areas == ("Just here",)
    assert find(database, "uk", "E10 7AA").areas == ()
    assert find(database, "uk", "").areas == ()


def test_a_table_from_the_command_line(
    terminal: Terminal, file: Callable[[str | bytes], str]
) -> None:
    done = terminal.run("areas", "load", "uk-2024", file(UK))
    assert (done.status, done.said) == (0, "uk-2024 knows 3 postcodes in 3 areas.\n")
    found = terminal.run("areas", "find", "uk-2024", "e1w1aa")
    assert (found.status, found.out) == (0, "Poplar\n")
    found = terminal.run("areas", "find", "uk-2024", "E1 6AN", "--on", "2027-01-01", "--json")
    assert found.document == {
        "table": "uk-2024",
        "postcode": "E1 6AN",
        "on": "2027-01-01",
        "from": None,
        "areas": ["Bethnal Green"],
    }
    unknown = terminal.run("areas", "find", "uk-2024", "ZZ1 1ZZ", "--json")
    assert unknown.status == 1
    assert unknown.document["areas"] == []
    assert unknown.said == "uk-2024 knows no area of 'ZZ1 1ZZ': look at the postcode.\n"
    nowhere = terminal.run("areas", "find", "uk", "E1")
    assert (nowhere.status, nowhere.said) == (
        1,
        "There is no look-up table 'uk'. There is: uk-2024.\n",
    )
    later = terminal.run("areas", "load", "later", file(UK), "--from", "2030-01-01")
    assert later.said == "later knows 3 postcodes in 3 areas from 2030-01-01.\n"
    not_yet = terminal.run("areas", "find", "later", "E1 6AN", "--on", "2029-12-31")
    assert "has begun on 2029-12-31" in not_yet.said
    record = terminal.run("audit").out
    assert "uk-2024: 3 postcodes" in record
    assert terminal.run("areas", "load", "uk", file(UK), "--from", "soon").status == 2


@pytest.mark.parametrize(
    ("content", "postcode", "expected"),
    [
        ("Zip Code;Congressional District\n02134;MA-07\n02134;MA-05\n", "02134-0001",
         "MA-07\nMA-05\n"),
        ("sep=;\nCódigo Postal;Circunscripción\n28001;Centro\n", "28001", "Centro\n"),
        ("Our postcodes of 2027\n\nPostcode\tWard\nE1 6AN\tSt. Mary's\n", "E16AN", "St. Mary's\n"),
        ("الرمز البريدي,الدائرة\n٢٣٤٦٨,الأولى\n", "23468", "الأولى\n"),
        ("Código postal,Área\n28001,Cáceres\n".encode("cp1252"), "28001", "Cáceres\n"),
        ("Postcode (unit),Constituency (2024)\nE1 6AN,Leyton\n", "E1 6AN", "Leyton\n"),
        ("Postcode,Area\nE1 6AN,Ærø\n".encode("utf-16"), "E1 6AN", "Ærø\n"),
    ],
)  # fmt: skip
def test_tables_as_people_save_them(
    terminal: Terminal,
    file: Callable[[str | bytes], str],
    content: str | bytes,
    postcode: str,
    expected: str,
) -> None:
    assert terminal.run("areas", "load", "table", file(content)).status == 0
    assert terminal.run("areas", "find", "table", postcode).out == expected


def test_columns_can_be_named(terminal: Terminal, file: Callable[[str | bytes], str]) -> None:
    path = file("a,b,ward,constituency\nE1,x,W,C\n")
    refused = terminal.run("areas", "load", "t", path, "--postcode", "a")
    assert refused.said.startswith(
        'Row 1: "ward", "constituency" could be meant: say which with --postcode and --area.'
    )
    taken = terminal.run("areas", "load", "t", path, "--postcode", "A", "--area", "ward")
    assert taken.status == 0
    assert terminal.run("areas", "find", "t", "e1").out == "W\n"
    wrong = terminal.run("areas", "load", "t", path, "--postcode", "z", "--area", "ward")
    assert 'there is no column "z". There is "a", "b", "ward", "constituency".' in wrong.said


def test_every_faulty_row_is_told_and_nothing_is_stored(
    terminal: Terminal, file: Callable[[str | bytes], str]
) -> None:
    path = file(
        'postcode,area\nE1,East\n,West\nE2*,West\nE3,\n"E4"x,West\nE5 1AA\n"E6, E7",East\n\n'
    )
    refused = terminal.run("areas", "load", "t", path)
    assert refused.status == 1
    assert refused.said.splitlines() == [
        'Row 3: "" is no postcode: write one.',
        'Row 4: "E2*" stands for many postcodes: write each in a row.',
        "Row 5: the area is empty: fill it in, or take the row out.",
        "Row 6: cannot be read as CSV (',' expected after '\"'): look at its quotes.",
        "Row 7: the area is empty: fill it in, or take the row out.",
        'Row 8: "E6, E7" stands for many postcodes: write each in a row.',
        "Nothing was stored. --leave-out-bad goes on without these rows.",
    ]
    assert terminal.run("areas", "find", "t", "E1").status == 1
    taken = terminal.run("areas", "load", "t", path, "--leave-out-bad")
    assert taken.said.splitlines()[-1] == "t knows 1 postcodes in 1 areas."
    for content in ("", "postcode,area\n", "name,place\nA,B\n", "x" * 200_000):
        assert terminal.run("areas", "load", "t", file(content)).status == 1
    for name in ("", "Two Words"):
        assert terminal.run("areas", "load", name, path).status == 1


@pytest.fixture(scope="module")
def many() -> dict[str, str]:
    """Give postcodes of every shape, each with its area."""
    chance = random.Random(5)
    codes = {
        f"{chance.choice('ENSW')}{chance.randrange(1, 30)} {chance.randrange(10)}"
        f"{chance.choice('ABDEF')}{chance.choice('GHJL')}"
        for _ in range(10_000)
    }
    return {code: f"Area {chance.randrange(650)}" for code in sorted(codes)}


def test_a_thousand_postcodes_on_either_side_of_a_day(
    database: Database, many: dict[str, str]
) -> None:
    day = date(2026, 6, 1)
    moved = {code: f"New {area}" for code, area in many.items()}
    load(database, "uk", many)
    load(database, "uk", moved, day)
    codes = random.Random(6).sample(sorted(many), 1_000)
    took = 0.0
    with database.read() as connection:
        for place, code in enumerate(codes):
            on, expected = (day, moved) if place % 2 else (day - timedelta(days=1), many)
            began = time.thread_time()
            found = areas.find(connection, "uk", code.lower(), on)
            took += time.thread_time() - began
            assert found.areas == (expected[code],)
    assert took / len(codes) < 0.005  # a millisecond, on a machine that does nothing else


def test_nobody_waits_while_a_table_loads(
    database: Database, many: dict[str, str], at_most: AtMost
) -> None:
    """A writer's transaction begins within a second, whatever is loaded beside it."""
    waited: list[float] = []
    is_loaded = Event()

    def write_letters() -> None:
        while not is_loaded.is_set():
            began = time.perf_counter()
            with database.write():
                waited.append(time.perf_counter() - began)

    writer = Thread(target=write_letters)
    writer.start()
    load(database, "uk", {f"{n:06}": f"Area {n % 650}" for n in range(60_000)})
    is_loaded.set()
    writer.join()
    at_most(max(waited), 1)
