"""Whom a postcode belongs to."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.text.postcodes import (
    Postcode,
    matching,
    normalise_postcode,
    read_areas,
    serving_areas,
    write_areas,
)


@dataclass(frozen=True)
class Served:
    name: str
    areas: tuple[str, ...] = ()


NORTH = Served("north", ("AB1 1AA", "ab2*"))
SOUTH = Served("south", ("AB21*", "90210"))
WINDHAM = Served("windham", ("Windham-2",))
ANYWHERE = Served("anywhere")
EVERYBODY = [NORTH, SOUTH, WINDHAM, ANYWHERE]


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("ab1 2cd", "AB12CD"),
        (" AB1-2cd\u00a0", "AB12CD"),
        ("902\t10-1234", "902101234"),
        ("E1\u20136AN", "E16AN"),  # an en dash
        ("E1.6AN", "E16AN"),
        ("E1\u00b76\u00adA\u200bN\ufeff", "E16AN"),  # what cannot be seen
        ("1000\u2212001", "1000001"),  # a minus sign
        ("\uff25\uff11 \uff16\uff21\uff2e", "E16AN"),  # full width
        ("", ""),
        (" - ", ""),
        ("\u200b.", ""),
    ],
)
def test_one_postcode_is_written_in_many_ways(typed: str, code: str) -> None:
    assert normalise_postcode(typed) == code


DIGITS = {
    "Arabic": "٠١٢٣٤٥٦٧٨٩",
    "Persian": "۰۱۲۳۴۵۶۷۸۹",
    "Devanagari": "०१२३४५६७८९",
    "Bengali": "০১২৩৪৫৬৭৮৯",
    "full width": "\uff10\uff11\uff12\uff13\uff14\uff15\uff16\uff17\uff18\uff19",
    "Thai": "๐๑๒๓๔๕๖๗๘๙",
}


@pytest.mark.parametrize("script", DIGITS)
@given(code=st.text("0123456789", min_size=3, max_size=9))
def test_every_script_has_digits(script: str, code: str) -> None:
    typed = code.translate(str.maketrans("0123456789", DIGITS[script]))
    assert normalise_postcode(typed) == code
    assert Postcode.typed(typed).is_in(code)
    assert Postcode.typed(code).is_in(typed)


@given(st.text())
def test_what_is_compared_does_not_change_when_it_is_read_again(text: str) -> None:
    code = normalise_postcode(text)
    assert normalise_postcode(code) == code
    assert Postcode.typed(text).code == code


@pytest.mark.parametrize(
    ("postcode", "found"),
    [
        ("AB1 1AA", [NORTH]),
        ("ab11aa", [NORTH]),
        ("AB1 1AB", [ANYWHERE]),  # exact means exact
        ("AB2", [NORTH]),
        ("AB2 9ZZ", [NORTH]),
        ("AB21 9ZZ", [NORTH, SOUTH]),
        ("90210", [SOUTH]),
        ("90210-1234", [SOUTH]),
        ("902101234", [SOUTH]),
        ("902101", [ANYWHERE]),
        ("windham 2", [WINDHAM]),
        ("ZZ9", [ANYWHERE]),
        ("", []),
        (" - ", []),
    ],
)
def test_targets_by_postcode(postcode: str, found: list[Served]) -> None:
    assert matching(EVERYBODY, postcode) == tuple(found)


# Districts of big cities, each with a full postcode of its own.
DISTRICTS = {
    "E1": "E1 6AN",
    "E1W": "E1W 1AA",
    "E10": "E10 5NP",
    "E11": "E11 1AA",
    "W1A": "W1A 1AA",
    "W1": "W1 2AB",
    "W12": "W12 7RJ",
    "SW1": "SW1 2AB",
    "SW1A": "SW1A 2AA",
    "SW10": "SW10 9ZZ",
    "SW11": "SW11 1AA",
    "M1": "M1 1AE",
    "M11": "M11 1AA",
    "M1M": "M1M 4B7",  # Canada: M1M and what completes it
    "K1A": "K1A 0B1",
    "D02": "D02 AF30",
    "D6W": "D6W XY00",
    "1012": "1012 AB",
    "10012": "10012-0001",
    "1000": "1000-001",
    "100": "100-0001",
    "110": "110 00",
    "00": "00-950",
    "VLT": "VLT 1117",
}


@pytest.mark.parametrize("district", DISTRICTS)
@pytest.mark.parametrize("form", [str, str.lower, normalise_postcode, "  {}. ".format])
def test_a_district_is_that_district_and_no_other(
    district: str, form: Callable[[str], str]
) -> None:
    postcode = form(DISTRICTS[district])
    inside = {other for other in DISTRICTS if Postcode.typed(postcode).is_in(f"{other} *")}
    # Digits alone say where their district ends only when they are parted.
    mine = normalise_postcode(DISTRICTS[district])
    if mine.isdigit() and form is normalise_postcode:
        assert district in inside
    else:
        assert inside == {district}


@given(
    st.sampled_from([d for d in DISTRICTS if d[0].isalpha() and not d.isalpha()]),
    st.from_regex("[0-9][A-Z]{2}", fullmatch=True),
)
def test_a_full_british_postcode_has_one_district(district: str, rest: str) -> None:
    code = Postcode.typed(district + rest)
    assert code.is_in(f"{district}*")
    assert [each for each in DISTRICTS if code.is_in(f"{each} *")] == [district]


@pytest.mark.parametrize(
    ("area", "inside", "outside"),
    [
        ("E1*", ["E1 6AN", "E10 5NP", "E1W 1AA", "E1"], ["E2 8AA"]),
        ("E1 *", ["E1 6AN", "e16an", "E1", "E1 6"], ["E10 5NP", "E105NP", "E1W 1AA", "E11 1AA"]),
        ("E1\u00a0*", ["E1 6AN"], ["E10 5NP"]),  # a space that does not break
        ("SW1 *", ["SW1 2AB"], ["SW1A 1AA", "SW1 A1AA", "SW1A1AA", "SW10 9ZZ"]),
        ("E1 6*", ["E1 6AN", "E16AN"], ["E16 1AA", "E1 7AN", "E1"]),
        ("Windham 2*", ["windham-21", "Windham2"], ["Windham 3"]),
        ("Windham *", ["windham-21", "Windham"], ["Windhamshire 2"]),
        ("New Windham *", ["new windham 2"], ["New Windhams 2"]),
        ("K1A 0*", ["K1A0B1", "k1a-0b1"], ["K1A 1B1"]),
        ("02134", ["02134", "02134-1234", "٠٢١٣٤"], ["021341", "2134"]),
        ("02134-1234", ["021341234"], ["02134", "02134-1235"]),
        ("*", ["E1", "5"], [""]),
        ("", [], ["E1", ""]),
    ],
)
def test_what_an_area_takes(area: str, inside: list[str], outside: list[str]) -> None:
    taken = [code for code in (*inside, *outside) if Postcode.typed(code).is_in(area)]
    assert taken == inside


@pytest.mark.parametrize(
    ("typed", "wider"),
    [
        ("02134-1234", ("021341234", "02134")),
        ("e1w 1aa", ("E1W1AA", "E1W")),
        ("K1A 0B1", ("K1A0B1", "K1A")),
        ("02134", ("02134",)),
    ],
)
def test_what_a_postcode_is_part_of(typed: str, wider: tuple[str, ...]) -> None:
    assert Postcode.typed(typed).wider == wider


@pytest.mark.parametrize(
    ("areas", "found"),
    [
        (["Windham 2"], [WINDHAM]),
        (["90210", "windham-2"], [SOUTH, WINDHAM]),  # in the targets' order
        (["Windham 2", "90210"], [SOUTH, WINDHAM]),
        (["Nowhere"], [ANYWHERE]),
        ([], [ANYWHERE]),
    ],
)
def test_targets_by_what_a_look_up_table_names(areas: list[str], found: list[Served]) -> None:
    assert serving_areas(EVERYBODY, areas) == tuple(found)


def test_without_a_fallback_a_postcode_can_belong_to_nobody() -> None:
    assert matching([NORTH, SOUTH], "ZZ9") == ()


def test_a_bare_star_takes_every_postcode_and_leaves_nothing_to_the_fallback() -> None:
    all_of_it = Served("all", ("*",))
    assert matching([all_of_it, ANYWHERE, NORTH], "AB1 1AA") == (all_of_it, NORTH)
    assert matching([all_of_it, ANYWHERE, NORTH], "ZZ9") == (all_of_it,)


@pytest.mark.parametrize(
    ("cell", "areas"),
    [
        ("AB1 AB2*", ("AB1", "AB2*")),
        ("AB1; AB2*,AB3 AB4", ("AB1", "AB2*", "AB3", "AB4")),
        ("E1 * E2 *", ("E1 *", "E2 *")),  # and nobody's bare star
        ("E1 6AN E1 6AB", ("E1 6AN", "E1 6AB")),
        ("K1A 0B1, K1A 0B2", ("K1A 0B1", "K1A 0B2")),
        ("E1 6* E2*", ("E1 6*", "E2*")),
        ("02134 02135", ("02134", "02135")),
        ("Islington North", ("Islington North",)),
        ("Islington North; Islington  South", ("Islington North", "Islington South")),
        ('"Barnstable, Dukes"; 5', ("Barnstable, Dukes", "5")),
        ("*", ("*",)),
        (" ;, ", ()),
    ],
)
def test_areas_in_one_cell(cell: str, areas: tuple[str, ...]) -> None:
    assert read_areas(cell) == areas


@given(st.lists(st.text("ABE12* ,;\n").map(lambda area: " ".join(area.split())).filter(bool)))
def test_a_cell_is_read_back_as_it_was_written(areas: list[str]) -> None:
    assert read_areas(write_areas(areas)) == tuple(areas)
