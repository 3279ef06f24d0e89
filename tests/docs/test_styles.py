"""One type scale, and spacing in steps of 4 px."""

import re
from pathlib import Path

import pytest

STYLES = sorted((Path(__file__).parents[2] / "webapp" / "static").glob("*.css"))
_FONT = re.compile(r"(?<![\w-])font(?:-size)?: ([^;]+)")
_SPACE = re.compile(r"(?<![\w-])(?:padding|margin|gap|row-gap|column-gap)[a-z-]*: ([^;]+)")


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_a_size_of_type_is_one_of_the_scale(path: Path) -> None:
    text = re.sub(r"^\.postmark .*$", "", path.read_text(), flags=re.MULTILINE)  # its own units
    # In print, points; beside words of any size, a share of theirs.
    found = [value for value in _FONT.findall(text) if re.search(r"\d(px|rem)", value)]
    assert found == []


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_spacing_goes_in_steps_of_four(path: Path) -> None:
    found = [
        value
        for value in _SPACE.findall(path.read_text())
        if any(int(px) % 4 and int(px) > 2 for px in re.findall(r"(\d+)px", value))  # hairlines
    ]
    assert found == []
