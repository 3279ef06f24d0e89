"""Draw small pictures as SVG: numbers in, markup out. Pure.

No styles inside, and no words but those that show where one points: words stand beside a picture in
HTML, where they keep their size, and what each part looks like is in the style sheet. Every picture
has its numbers in a table behind it.
"""

from collections.abc import Sequence
from typing import Final

from markupsafe import Markup, escape

_HEIGHT: Final = 100
_LEAST: Final = 1.5
"""A number above zero can be seen, however small its share."""
_WIDTH: Final = 1_000
_EACH: Final = 10
_TOPS: Final = (1, 2, 4, 6, 8)


def ticks(most: int) -> tuple[int, ...]:
    """Return what stands at an axis for numbers up to `most`, from the top down to zero.

    The top is a round number, and so is the middle, if there is one.
    """
    ten = 1
    while most > 10 * ten:
        ten *= 10
    top = next((one * ten for one in _TOPS if one * ten >= most), 10 * ten)
    return (top, 0) if top % 2 else (top, top // 2, 0)


def columns(pairs: Sequence[tuple[int, int]], words: Sequence[str]) -> Markup:
    """Return a column for each pair: the first number wide and pale, the second slim before it.

    `words` say what each is, to whoever points at it.
    """
    top, *_rest = ticks(max((max(pair) for pair in pairs), default=0))
    drawn = [
        _named(
            _rise("column-whole", n * _EACH + 0.75, _EACH - 1.5, whole, top)
            + _rise("column-part", n * _EACH + 2.75, _EACH - 5.5, part, top),
            *(n, said),
        )
        for n, ((whole, part), said) in enumerate(zip(pairs, words, strict=True))
    ]
    return _svg("columns", len(pairs) * _EACH, _HEIGHT, drawn)


def rises(numbers: Sequence[int], words: Sequence[str]) -> Markup:
    """Return a column for each number; `words` as for :func:`columns`."""
    top, *_rest = ticks(max(numbers, default=0))
    drawn = [
        _named(_rise("column-part", n * _EACH + 1.5, 7, number, top), n, said)
        for n, (number, said) in enumerate(zip(numbers, words, strict=True))
    ]
    return _svg("rises", len(numbers) * _EACH, _HEIGHT, drawn)


def shares(parts: Sequence[tuple[str, int]]) -> Markup:
    """Return one bar of parts beside each other, given as pairs of class and number."""
    total = sum(number for _, number in parts)
    drawn, x = [], 0.0
    for kind, number in parts:
        if number:
            wide = _WIDTH * number / total
            is_last = x + wide > _WIDTH - 1  # it goes to the rounded end of the bar
            drawn.append(_rect(f"fill-{kind}", x, 0, max(wide - 2 * (not is_last), _LEAST), 16))
            x += wide
    return _svg("shares", _WIDTH, 16, drawn)


def _named(drawn: str, n: int, words: str) -> str:
    """Return the n-th column with its whole height as the place that tells what it is."""
    place = _rect("place", n * _EACH, 0, _EACH, _HEIGHT)
    return f"<g><title>{escape(words)}</title>{place}{drawn}</g>"


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
