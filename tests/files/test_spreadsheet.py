"""Targets out of spreadsheets."""

import csv
from collections.abc import Sequence
from datetime import date
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.campaign import Target
from letters.files.spreadsheet import COLUMNS, read_targets
from letters.text.visible import is_empty, trim
from postbag.faults import of_rows

OPEN_STATES = (
    "id,name,current_party,current_district,current_chamber,given_name,family_name,gender,email,"
    "biography,birth_date,death_date,image,links,sources,capitol_address,capitol_voice,capitol_fax,"
    "district_address,district_voice,district_fax,twitter,youtube,instagram,facebook,wikidata"
)


def sheet(rows: Sequence[Sequence[str]], delimiter: str = ",") -> str:
    file = StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_all_that_a_row_can_say(delimiter: str, mark: str) -> None:
    rows = [
        ["Name", "SALUTATION", " role ", "address", "email", "timezone", "Areas", "valid_until"],
        [
            "Example, A.; The Hon.",
            "Minister Example",
            "Minister for Harbours",
            "1 Quay Street\r\nPorttown",
            "minister@harbours.example",
            "Europe/London",
            "AB1; AB2*,AB3 AB4",
            "2027-01-31",
        ],
    ]
    assert read_targets(mark + sheet(rows, delimiter)).targets == (
        Target(
            name="Example, A.; The Hon.",
            email="minister@harbours.example",
            salutation="Minister Example",
            role="Minister for Harbours",
            address="1 Quay Street\nPorttown",
            timezone="Europe/London",
            areas=("AB1", "AB2*", "AB3", "AB4"),
            valid_until=date(2027, 1, 31),
        ),
    )


def test_name_and_email_are_enough() -> None:
    assert read_targets("email,name\na@b.example, A. Example \n\n").targets == (
        Target(name="A. Example", email="a@b.example", salutation="A. Example"),
    )


def test_a_file_of_open_states() -> None:
    found = read_targets(
        OPEN_STATES + "\n"
        "ocd-person/1,Pat Upper,Democratic,5,upper,Pat,Upper,,pat@senate.example,,,,,a;b,c,"
        "Room 4; P.O. Box 1; Capital City,555-0001,,1 Home Road,,,,,,,Q1\n"
        'ocd-person/2,Dana Lower,Republican,"Barnstable, Dukes",lower,Dana,Lower,,'
        "dana@house.example,,,,,,,,,,,,,,,,,\n"
    )
    assert found.reports == ()
    assert found.targets == (
        Target(
            name="Pat Upper",
            email="pat@senate.example",
            salutation="Pat Upper",
            role="Member of the upper house",
            address="Room 4\nP.O. Box 1\nCapital City",
            areas=("5",),
            attributes=found.targets[0].attributes,
        ),
        Target(
            name="Dana Lower",
            email="dana@house.example",
            salutation="Dana Lower",
            role="Member of the lower house",
            areas=("Barnstable, Dukes",),
            attributes=found.targets[1].attributes,
        ),
    )
    assert set(found.attributes) >= {"id", "party", "gender", "wikidata"}
    assert dict(found.targets[0].attributes) == {
        "id": "ocd-person/1",
        "party": "Democratic",
        "district_address": "1 Home Road",
        "capitol_voice": "555-0001",
        "links": "a;b",
        "sources": "c",
        "wikidata": "Q1",
    }


def test_columns_of_our_own_come_first() -> None:
    (target,) = read_targets(
        "name,email,current_district,areas,current_chamber,role,capitol_address,address\n"
        "A,a@b.example,5,AB1,upper,Senator,Room 4,1 Quay Street\n"
    ).targets
    assert (target.areas, target.role, target.address) == (("AB1",), "Senator", "1 Quay Street")


def test_each_row_is_reported_and_nothing_is_given_out() -> None:
    found = read_targets(
        "name,email,timezone,areas,valid_until\n"
        "A,a@b.example,,,\n"
        "\n"
        ",b@b.example,,,\n"
        "C,c at b.example,London,A*B,31/01/2027\n"
        '"D\nD",d@b.example,,,\n'
        "E,A@B.example,,,2027-02-30,more\n"
        '"F"F,f@b.example,,,\n'
        "G,,,,\n"
        "A,A@B.example,,,\n"
        "I,i@b.example,,,05/06/2027\n"
    )
    assert found.targets == ()
    assert of_rows(found.reports) == [
        "Row 4: name is missing: add it.",
        'Row 5: email "c at b.example" is not an e-mail address: write it as name@host.org.',
        'Row 5: timezone "London" is not a timezone: write one such as "Europe/London".',
        'Row 5: areas "A*B" may have a * only at its end.',
        'Row 7: valid_until "2027-02-30" must be a date such as 2027-03-31.',
        "Row 7: it has more cells than there are columns: look at its quotes.",
        "Row 8: cannot be read as CSV (',' expected after '\"'): look at its quotes.",
        "Row 9: email is missing: add it.",
        'Row 10: email "A@B.example" is that of row 2 too: keep one of the two.',
        'Row 11: valid_until "05/06/2027" must be a date such as 2027-03-31.',
    ]
    assert [target.name for target in found.good] == ["A", "D D"]


@pytest.mark.parametrize(
    ("file", "row", "errors"),
    [
        (
            "",
            1,
            [
                'there is no column "name": add it to the head.',
                'there is no column "email": add it to the head.',
            ],
        ),
        ("name\nA\n", 1, ['there is no column "email": rename one of "name".']),
        (
            "A list of ours\nwho,phone\nA,1\n",
            1,
            [
                'there is no column "name": rename one of "A list of ours".',
                'there is no column "email": rename one of "A list of ours".',
            ],
        ),
        (
            "name,e-mail,salutaton\nA,a@b.example,B\n",
            1,
            ['"salutaton" is not a known column: perhaps "salutation" is meant.'],
        ),
        (
            "name,email,Email\nA,a@b.example,c@b.example\n",
            1,
            ['the column "Email" is there twice: keep one of the two.'],
        ),
        ("name,email\n", 2, ["there is no target: write one in each row."]),
        ("name,email\n\n,\n", 4, ["there is no target: write one in each row."]),
    ],
)
def test_what_is_wrong_with_the_file(file: str, row: int, errors: list[str]) -> None:
    assert of_rows(read_targets(file).reports) == [f"Row {row}: {error}" for error in errors]


def test_other_columns_are_attributes() -> None:
    found = read_targets("name,Phone No.,email,notes\nA,1,a@b.example,b\n")
    assert found.targets[0].attributes == (("notes", "b"), ("phone_no", "1"))
    assert found.attributes == ("phone_no", "notes")


@given(st.text() | st.text(alphabet='name,email;\t"\n\r@.b').map("name,email\n{}".format))
def test_whatever_a_file_holds_there_are_targets_or_reports(file: str) -> None:
    found = read_targets(file)
    assert bool(found.targets) is not bool(found.reports)
    assert all(report.row >= 1 and report.faults for report in found.reports)


CELLS: st.SearchStrategy[str] = st.text(
    st.characters(exclude_categories=["C", "Zl", "Zp"]), max_size=20
).map(trim)
NAMES = CELLS.filter(lambda cell: not is_empty(cell))
"""A mark alone, with no letter that it could stand on, is none."""


@given(
    st.lists(st.tuples(NAMES, CELLS, CELLS), min_size=1, max_size=5),
    st.sampled_from(",;\t"),
    st.permutations(COLUMNS),
)
def test_what_a_spreadsheet_says_is_what_is_read(
    rows: list[tuple[str, str, str]], delimiter: str, order: list[str]
) -> None:
    cells = [
        {"name": name, "email": f"t{n}@a.example", "role": role, "address": address}
        for n, (name, role, address) in enumerate(rows)
    ]
    written = [order, *([row.get(column, "") for column in order] for row in cells)]
    found = read_targets(sheet(written, delimiter), as_written=True)
    assert found.reports == ()
    assert found.targets == tuple(
        Target(row["name"], row["email"], row["name"], row["role"], row["address"]) for row in cells
    )
