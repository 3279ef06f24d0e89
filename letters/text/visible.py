"""Tell what of a text can be seen. Pure.

Which characters show nothing is Unicode's own: its spaces, its controls and formats, and those that
it calls default ignorable (DerivedCoreProperties.txt of Unicode 15), with the Braille blank.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_UNSEEN_CATEGORIES: Final = frozenset({"Zs", "Zl", "Zp", "Cc", "Cf", "Cs"})
_UNSEEN: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2065\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
)
_VARIATIONS: Final = range(0xE0100, 0xE01F0)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""NUL or another control that no letter may hold: all of Unicode's but TAB, LF and CR."""
BIDI_CONTROLS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True)
class Control:
    """A control character in a text, and its place."""

    code: str
    """As Unicode writes it: U+000B."""
    line: int
    """From 1."""
    column: int
    """From 1, in characters."""


def is_visible(character: str) -> bool:
    """Tell whether a character can be seen by itself."""
    return not (
        character in _UNSEEN
        or ord(character) in _VARIATIONS
        or unicodedata.category(character) in _UNSEEN_CATEGORIES
    )


def is_empty(text: str) -> bool:
    """Tell whether nothing in `text` can be seen; marks without a letter under them cannot."""
    if "!" <= text[:1] <= "~":
        return False  # as most begin; to ask Unicode costs more
    return not any(
        is_visible(character) and not unicodedata.combining(character) for character in text
    )


def trim(text: str) -> str:
    """Return `text` without what cannot be seen at its ends, line ends excepted.

    A line end stays, to be refused where a text has one line.
    """
    if "!" <= text[:1] <= "~" and "!" <= text[-1] <= "~":
        return text
    start, end = 0, len(text)
    while start < end and _is_trimmed(text[start]):
        start += 1
    while start < end and _is_trimmed(text[end - 1]):
        end -= 1
    return text[start:end]


def without_marks_behind(link: str) -> str:
    """Return a link's last part without what stood behind it where it was pasted from.

    In any script: a full stop, a bracket, a quotation mark, a line end. A code may end with - or _.
    """
    end = len(link)
    while end and (
        _is_mark(link[end - 1]) or _is_trimmed(link[end - 1]) or link[end - 1] in "\r\n"
    ):
        end -= 1
    return link[:end]


def _is_mark(character: str) -> bool:
    return character not in "-_" and unicodedata.category(character)[0] in {"P", "S"}


def without_formats(text: str) -> str:
    """Return `text` without the characters that only say how it is set: a soft hyphen, say."""
    if text.isascii():
        return text
    return "".join(mark for mark in text if unicodedata.category(mark) != "Cf")


def _is_trimmed(character: str) -> bool:
    if "!" <= character <= "~":
        return False  # as most are; to ask Unicode costs more
    category = unicodedata.category(character)
    return category in {"Zs", "Cf"} or character == "\t" or character in _UNSEEN


def controls(text: str) -> Iterator[Control]:
    """Yield the control characters of `text` other than TAB, LF and CR, with their places."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, start=1):
        for found in _CONTROL.finditer(line):
            yield Control(f"U+{ord(found[0]):04X}", number, found.start() + 1)


def has_control(text: str) -> bool:
    """Tell whether NUL or another control that no letter may hold stands in `text`."""
    return _CONTROL.search(text) is not None


def without_controls(text: str) -> str:
    """Return `text` as it looks: control characters that part words or lines become such parts.

    Old word processors write a vertical tab for a line end, a form feed for a new page, NEL for a
    line end, and U+001E and U+001F for hyphens that break or may.
    """
    return _CONTROL.sub("", text.translate(_LOOKS_LIKE))


_LOOKS_LIKE: Final = {0x0B: "\n", 0x0C: "\n\n", 0x85: "\n", 0x1E: "-", 0x1F: None}
