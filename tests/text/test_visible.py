"""What can be seen of a text, and what is named where it cannot."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.text.visible import (
    Control,
    controls,
    is_empty,
    trim,
    without_controls,
    without_marks_behind,
)

NOTHING_TO_SEE = [
    "",
    " ",
    "\t\n",
    "\u200b",
    "\u200b\u200b",
    "\u3164",
    "\u115f\u1160",
    "\uffa0",
    "\u2800",
    "\ufeff",
    "\u00ad",
    "\u202e\u202c",
    "\u2060",
    "\ufe0f",
    "\u034f",
    "\U000e0061",
    "\u00a0\u3000",
    "\u0301",
]
SOMETHING = ["a", "李", "ع", "🌳", "👩‍👩‍👧", "\u200bx\u200b", ".", "é", "e\u0301", "\u0b95"]


@pytest.mark.parametrize("text", NOTHING_TO_SEE)
def test_what_nobody_can_see_is_empty(text: str) -> None:
    assert is_empty(text)


@pytest.mark.parametrize("text", SOMETHING)
def test_what_somebody_can_see_is_not(text: str) -> None:
    assert not is_empty(text)


def test_ends_are_trimmed_of_the_unseen_and_the_middle_is_left() -> None:
    assert trim("\ufeff \u200bAna\u200d Reed\u200f\u00a0\t") == "Ana\u200d Reed"
    assert trim("Ana\n") == "Ana\n", "a line end stays, to be refused"


@pytest.mark.parametrize("behind", ["", ")", ".", "…", "،", "”", "»)", ">\n", "\u200b", " ;", "。"])
def test_what_stands_behind_a_link_is_no_part_of_it(behind: str) -> None:
    assert without_marks_behind(f"harbour-trees_{behind}") == "harbour-trees_"


@given(st.text())
def test_trimming_twice_changes_nothing_more(text: str) -> None:
    assert trim(trim(text)) == trim(text)


def test_a_control_is_named_with_its_line_and_place() -> None:
    text = "Dear Sir,\r\nthe tr\x0bees\rof \x92port\n\n\x00"
    assert list(controls(text)) == [
        Control("U+000B", 2, 7),
        Control("U+0092", 3, 4),
        Control("U+0000", 5, 1),
    ]


def test_tabs_and_line_ends_are_no_controls() -> None:
    assert not list(controls("a\tb\r\nc\rd\ne"))


def test_what_old_programs_paste_arrives_as_it_looks() -> None:
    assert without_controls("one\x0btwo\x0cthree\x85four") == "one\ntwo\n\nthree\nfour"
    assert without_controls("co\x1fop non\x1estop\x02\x7f") == "coop non-stop"


@given(st.text())
def test_nothing_but_controls_is_taken_out(text: str) -> None:
    cleaned = without_controls(text)
    assert not list(controls(cleaned))
    if not list(controls(text)):
        assert cleaned == text
