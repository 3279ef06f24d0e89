"""Lists of people: loaded once, compared when loaded again, followed by campaigns."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from letters.campaign import Target
from letters.campaigns import lists, store
from letters.files.campaign_file import read_campaign
from letters.files.spreadsheet import read_targets
from letters.storage.database import Database
from rig.campaigns import campaign_file
from tests.support.books import Books
from tests.support.command import Terminal

FOLLOWS = '\n[[targets_from]]\nlist = "uk-mps"\nonly = {party = ["Green"]}\n'
PEOPLE = (
    "Name,Email,Party,Constituency,Role\n"
    "Ann Reed,ann@house.example,Green,Quay,MP\n"
    "Ben Moor,ben@house.example,Blue,Hill,MP\n"
    "Cy Dunn,cy@house.example,green,Vale,MP\n"
)


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str], str]:
    def write(content: str) -> str:
        path = tmp_path / "people.csv"
        path.write_text(content)
        return str(path)

    return write


def follow(books: Books, slug: str = "trees", more: str = "") -> None:
    text = campaign_file(slug, "own@x.example", more=more) + FOLLOWS
    with books.database.write() as connection:
        store.load(connection, read_campaign(text), books.now)


def active(books: Books, slug: str = "trees") -> list[str]:
    return [each.target.email for each in books.find(slug).targets if not each.withdrawn]


def test_a_campaign_follows_the_people_of_a_list_that_fit(
    books: Books, terminal: Terminal, file: Callable[[str], str]
) -> None:
    follow(books)
    assert active(books) == ["own@x.example"], "a list that is not there brings nobody"
    loaded = terminal.run("list", "load", "uk-mps", file(PEOPLE))
    assert loaded.status == 0
    assert "New: 3 (Ann Reed, ann@house.example; Ben Moor" in loaded.said
    assert active(books) == ["own@x.example", "ann@house.example", "cy@house.example"]
    dumped = terminal.run("campaign", "dump", "trees").out
    assert "ann@house.example" not in dumped
    assert 'only = {party = ["Green"]}' in dumped
    with books.database.write() as connection:
        store.load(connection, read_campaign(dumped), books.now)
    assert len(active(books)) == 3


def test_who_is_gone_is_withdrawn_and_their_letters_are_held(
    books: Books, terminal: Terminal, file: Callable[[str], str]
) -> None:
    terminal.run("list", "load", "uk-mps", file(PEOPLE))
    follow(books)
    books.write("trees")
    assert books.states("trees") == {"queued": 3}
    later = PEOPLE.replace("Ann Reed,ann@house", "Di Lake,di@house").replace("Blue", "Red")
    told = terminal.run("list", "load", "uk-mps", file(later), "--dry-run")
    assert "Gone: 1 (Ann Reed, ann@house.example)" in told.said
    assert "Nothing was stored." in told.said
    assert books.states("trees") == {"queued": 3}
    done = terminal.run("list", "load", "uk-mps", file(later))
    assert done.said.splitlines() == [
        "New: 1 (Di Lake, di@house.example)",
        "Changed: 1 (Ben Moor, ben@house.example)",
        "Gone: 1 (Ann Reed, ann@house.example)",
        (
            "Di Lake has the seat of Ann Reed: `postbag targets successor SLUG ann@house.example "
            "di@house.example` asks the writers whose letters wait."
        ),
        "uk-mps has 3 people.",
    ]
    assert active(books) == ["own@x.example", "di@house.example", "cy@house.example"]
    assert books.states("trees") == {"queued": 2, "held": 1}
    again = terminal.run("list", "load", "uk-mps", file(later))
    assert again.said.splitlines() == ["uk-mps has 3 people."]
    assert "uk-mps: 3 people, 1 new, 1 changed, 1 gone" in terminal.run("audit").out


def test_lists_are_shown_and_dumped(
    books: Books, terminal: Terminal, file: Callable[[str], str]
) -> None:
    assert terminal.run("list", "show", "--json").document == {"lists": []}
    terminal.run("list", "load", "uk-mps", file(PEOPLE))
    follow(books)
    (shown,) = terminal.run("list", "show", "--json").document["lists"]
    assert (shown["name"], shown["people"], shown["campaigns"]) == ("uk-mps", 3, ["trees"])
    one = terminal.run("list", "show", "uk-mps", "--json").document
    assert one["people"][0]["attributes"] == {"party": "Green"}
    assert "Ann Reed <ann@house.example>, MP" in terminal.run("list", "show", "uk-mps").out
    dumped = terminal.run("list", "dump", "uk-mps").out
    assert read_targets(dumped).targets == read_targets(PEOPLE).targets
    unknown = terminal.run("list", "dump", "nobody")
    assert (unknown.status, unknown.out) == (1, "")
    assert unknown.said == "There is no list 'nobody': see `postbag list show`.\n"


def test_a_faulty_row_stops_the_whole_unless_it_is_left_out(
    terminal: Terminal, file: Callable[[str], str]
) -> None:
    path = file(PEOPLE + "Ed Fox,N/A,Blue,Dale,MP\n")
    refused = terminal.run("list", "load", "uk-mps", path)
    assert refused.status == 1
    assert refused.said.splitlines() == [
        'Row 5: email "N/A" says that there is none: find the address, or leave the row out.',
        "Nothing was stored. --leave-out-bad goes on without these rows.",
    ]
    assert terminal.run("list", "show", "uk-mps").status == 1
    taken = terminal.run("list", "load", "uk-mps", path, "--leave-out-bad")
    assert taken.said.splitlines()[-1] == "uk-mps has 3 people."
    assert terminal.run("list", "load", "Two Words", path).status == 1


def test_a_campaign_never_loses_its_last_target(
    books: Books, terminal: Terminal, file: Callable[[str], str], tmp_path: Path
) -> None:
    text = campaign_file("alone").partition("[[targets]]")[0] + FOLLOWS
    path = tmp_path / "alone.toml"
    path.write_text(text)
    nobody = terminal.run("campaign", "load", str(path))
    assert nobody.said.startswith("alone has nobody to write to: load the list")
    terminal.run("list", "load", "uk-mps", file(PEOPLE))
    assert terminal.run("campaign", "load", str(path)).status == 0
    refused = terminal.run("list", "load", "uk-mps", file(PEOPLE.replace("reen", "rey")))
    assert refused.said.startswith("alone follows this list and would have nobody")
    assert active(books, "alone") == ["ann@house.example", "cy@house.example"]


def test_what_a_campaign_names_and_nobody_has_is_told(
    books: Books, terminal: Terminal, tmp_path: Path
) -> None:
    version = '[[letter.versions]]\nkey = "x"\nwhen = {party = ["X"]}\nopening = "Oh."\n'
    text = campaign_file("gaps", more='areas_from = "no-table"') + FOLLOWS + version
    path = tmp_path / "gaps.toml"
    path.write_text(text)
    loaded = terminal.run("campaign", "load", str(path))
    assert loaded.status == 0
    for told in ("no list uk-mps", "no look-up table no-table", "No target gets the version x"):
        assert told in loaded.said
        assert told in terminal.run("campaign", "check", "gaps").out
    checked = terminal.run("campaign", "check", "gaps", "--json").document
    assert checked["versions"] == {"minister@harbours.example": ""}


def people(*rows: tuple[str, str, str]) -> list[Target]:
    return [Target(name, email, name, areas=(area,)) for name, email, area in rows]


def test_who_is_the_same_person() -> None:
    before = people(("Ann", "ann@x", "1"), ("Ben", "ben@x", "2"), ("Cy", "cy@x", "3"))
    after = people(("Ann", "ann@y", "1"), ("Bea", "ben@x", "2"), ("Di", "di@x", "3"))
    found = lists.compare(before, after)
    assert [person.name for person in found.changed] == ["Bea", "Ann"]
    assert [person.name for person in found.new] == ["Di"]
    assert [person.name for person in found.gone] == ["Cy"]
    assert [(a.name, b.name) for a, b in found.successors] == [("Cy", "Di")]
    assert lists.compare(before, list(reversed(before))) == lists.Comparison((), (), ())
    moved = [replace(before[0], role="Chair"), *before[1:]]
    assert lists.compare(before, moved).changed == (moved[0],)
