"""Tell which letters the paper's two fonts lack, so that no text is left out of a PDF in silence.

The fonts have Latin, Greek, Cyrillic and Arabic. Signs and pictures that they lack, such as emoji,
become an empty box; letters and digits are what a text is made of.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from letters.text.paper.sheet import Sheet

_TEXT: Final = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nd"})


class Part(StrEnum):
    """A part of a letter on paper."""

    ADDRESS = "address"
    SALUTATION = "salutation"
    SUBJECT = "subject"
    BODY = "body"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Lack:
    """A character that cannot be set, the first of its part."""

    part: Part
    character: str


def lacking(sheets: Iterable[Sheet]) -> tuple[Lack, ...]:
    """Return what cannot be set of some letters: the first character of each part, if any."""
    texts = {(part, getattr(sheet, part)) for sheet in sheets for part in Part}
    found = ((part, _first(text)) for part, text in sorted(texts))
    of_part = {part: character for part, character in reversed([*found]) if character}
    return tuple(Lack(part, of_part[part]) for part in Part if part in of_part)


def unset(text: str) -> frozenset[str]:
    """Return the characters of a text that cannot be set."""
    from letters.text.paper.typeset import known_characters  # noqa: PLC0415 - as set_on_paper

    known = known_characters()
    return frozenset(each for each in set(text) if not _can_be_set(each, known))


def _first(text: str) -> str:
    from letters.text.paper.typeset import known_characters, printable  # noqa: PLC0415 - as set_on_paper

    known = known_characters()
    return next((each for each in printable(text) if not _can_be_set(each, known)), "")


def _can_be_set(character: str, known: frozenset[int]) -> bool:
    if ord(character) in known or unicodedata.category(character) not in _TEXT:
        return True
    # Shaping puts a letter together from its parts, or takes the plainer of two equal ones.
    return any(
        {ord(each) for each in unicodedata.normalize(form, character)} <= known
        for form in ("NFC", "NFD")
    )
