"""The order of points, the measure of what is one's own, the snippet: all without a browser."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.action.points import full_order, moved
from webapp.site.frame import embed_snippet

KNOWN = ["trees", "shade", "ask"]
_keys = st.sampled_from([*KNOWN, "unknown"])


@given(st.lists(_keys), st.lists(_keys))
def test_every_point_has_one_place_and_those_kept_stay_in_their_order(
    order: list[str], kept: list[str]
) -> None:
    full = full_order(KNOWN, order, kept)
    assert sorted(full) == sorted(KNOWN)
    wanted = [key for key in dict.fromkeys(kept) if key in KNOWN]
    assert [key for key in full if key in wanted] == wanted


def test_a_dropped_point_keeps_its_place() -> None:
    assert full_order(KNOWN, ["ask", "shade", "trees"], ["ask", "trees"]) == [
        "ask",
        "shade",
        "trees",
    ]


def test_points_posted_in_another_order_than_served_count() -> None:
    assert full_order(KNOWN, KNOWN, ["ask", "trees"]) == ["ask", "shade", "trees"]


@pytest.mark.parametrize("keys", list(permutations(KNOWN)))
@pytest.mark.parametrize("key", KNOWN)
def test_up_and_down_again_is_where_it_was(keys: tuple[str, ...], key: str) -> None:
    up = moved(keys, f"up:{key}")
    assert up == list(keys) if keys[0] == key else moved(up, f"down:{key}") == list(keys)


@pytest.mark.parametrize("command", ["", "1", "up:", "up:unknown", "sideways:shade", "up:trees"])
def test_what_asks_for_no_possible_move_changes_nothing(command: str) -> None:
    assert moved(KNOWN, command) == KNOWN


def test_the_snippet_is_two_lines_and_escaped() -> None:
    snippet = embed_snippet("https://letters.example", "trees", 'Our "trees" & yours')
    frame, script = snippet.splitlines()
    assert 'src="https://letters.example/c/trees/embed"' in frame
    assert 'title="Our &#34;trees&#34; &amp; yours"' in frame
    source = "https://letters.example/static/embed.js"
    assert script == f'<script async src="{source}" data-ground="host"></script>'
