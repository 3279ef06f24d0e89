"""Draw small pictures as SVG: numbers in, markup out. Pure.

No words and no styles inside: words stand beside a picture in HTML, where they keep their size, and
what each part looks like is in the style sheet. Every picture has its numbers in a table behind it.
"""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup

_HEIGHT: Final = 100
_LEAST: Final = 1.5
"""A number above zero can be seen, however small its share."""
_WIDTH: Final = 1_000


def columns(pairs: Sequence[tuple[int, int]]) -> Markup:
    """Return a column for each pair: the first number wide and pale, the second slim before it."""
    most = max((max(pair) for pair in pairs), default=0)
    each = 10
    drawn = [
        mark
        for n, (whole, part) in enumerate(pairs)
        for mark in (
            _rise("column-whole", n * each + 0.75, each - 1.5, whole, most),
            _rise("column-part", n * each + 2.75, each - 5.5, part, most),
        )
    ]
    return _svg("columns", max(len(pairs), 12) * each, _HEIGHT, drawn)


def rises(numbers: Sequence[int]) -> Markup:
    """Return a column for each number."""
    most = max(numbers, default=0)
    drawn = [
        _rise("column-part", n * 10 + 1.5, 7, number, most) for n, number in enumerate(numbers)
    ]
    return _svg("rises", len(numbers) * 10, _HEIGHT, drawn)


def shares(parts: Sequence[tuple[str, int]]) -> Markup:
    """Return one bar of parts beside each other, given as pairs of class and number."""
    total = sum(number for _, number in parts)
    drawn, x = [], 0.0
    for kind, number in parts:
        if number:
            wide = _WIDTH * number / total
            drawn.append(_rect(f"fill-{kind}", x, 0, max(wide - 2, _LEAST), 16))
            x += wide
    return _svg("shares", _WIDTH, 16, drawn)


def _rise(kind: str, x: float, wide: float, number: int, most: int) -> str:
    if not number:
        return ""
    high = max(_HEIGHT * number / most, _LEAST)
    return _rect(kind, x, _HEIGHT - high, wide, high)


def _rect(kind: str, x: float, y: float, wide: float, high: float) -> str:
    return (
        f'<rect class="{kind}" x="{round(x, 2):g}" y="{round(y, 2):g}" '
        f'width="{round(wide, 2):g}" height="{round(high, 2):g}"/>'
    )


def _svg(kind: str, wide: int, high: int, drawn: Sequence[str]) -> Markup:
    return Markup(  # noqa: S704 - numbers and our own class names
        f'<svg class="{kind}" viewBox="0 0 {wide} {high}" preserveAspectRatio="none" '
        f'aria-hidden="true" focusable="false">{"".join(drawn)}</svg>'
    )
