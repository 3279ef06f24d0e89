"""Whom a postcode belongs to."""

from dataclasses import dataclass

import pytest

from letters.text.postcodes import matching, normalise_postcode


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
        ("", ""),
        (" - ", ""),
    ],
)
def test_one_postcode_is_written_in_many_ways(typed: str, code: str) -> None:
    assert normalise_postcode(typed) == code


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
        ("90210-1234", [ANYWHERE]),
        ("windham 2", [WINDHAM]),
        ("ZZ9", [ANYWHERE]),
        ("", []),
        (" - ", []),
    ],
)
def test_targets_by_postcode(postcode: str, found: list[Served]) -> None:
    assert matching(EVERYBODY, postcode) == tuple(found)


def test_without_a_fallback_a_postcode_can_belong_to_nobody() -> None:
    assert matching([NORTH, SOUTH], "ZZ9") == ()


def test_a_bare_star_takes_every_postcode_and_leaves_nothing_to_the_fallback() -> None:
    all_of_it = Served("all", ("*",))
    assert matching([all_of_it, ANYWHERE, NORTH], "AB1 1AA") == (all_of_it, NORTH)
    assert matching([all_of_it, ANYWHERE, NORTH], "ZZ9") == (all_of_it,)
