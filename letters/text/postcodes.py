"""Find whom a postcode belongs to. Pure.

People type one postcode in many ways: in small letters, with a space, a dash or nothing between its
parts, in the digits of their own script. So postcodes are compared without all that.

In an area the space counts: `E1*` is whatever begins so, E10 too, and `E1 *` is the district E1 and
no other. Where its district ends a full postcode says by its shape, and any other by how it was
typed.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Protocol, TypeVar


class _HasAreas(Protocol):
    @property
    def areas(self) -> tuple[str, ...]: ...


_T = TypeVar("_T", bound=_HasAreas)

_SPACE_OR_DASH: Final = frozenset({"Zs", "Zl", "Zp", "Cc", "Pd"})
_NOTHING: Final = _SPACE_OR_DASH | {"Cf"}  # what cannot be seen
# Full stops and middle dots of several scripts, the minus sign, and Arabic's lengthening stroke.
_DOT_OR_STROKE: Final = frozenset(".\u00b7\u2022\u30fb\u3002\u06d4\u2212\u0640")
_MOST_PARTS: Final = 8

_BRITISH: Final = r"[A-Z]{1,2}[0-9][A-Z0-9]?"
# What districts look like, and what then completes a postcode.
_SHAPES: Final = tuple(
    (re.compile(district), re.compile(rest))
    for district, rest in (
        (_BRITISH, r"[0-9][A-Z]{2}"),  # E1 6AN
        (r"[A-Z][0-9][A-Z]", r"[0-9][A-Z][0-9]"),  # Canada: K1A 0B1
        (r"[A-Z][0-9][0-9W]", r"[A-Z0-9]{4}"),  # Ireland: D02 AF30
        (r"[A-Z]{3}", r"[0-9]{4}"),  # Malta: VLT 1117
        (r"[0-9]{5}", r"[0-9]{3,4}"),  # Brazil: 01310-100; the United States: 02134-1234
        (r"[0-9]{4}", r"[A-Z]{2}|[0-9]{3}"),  # the Netherlands: 1012 AB; Portugal: 1000-001
        (r"[0-9]{3}", r"[0-9]{2}|[0-9]{4}"),  # Sweden, Greece: 110 00; Japan: 100-0001
        (r"[0-9]{2}", r"[0-9]{3}"),  # Poland: 00-950
    )
)
_WHOLE: Final = re.compile(rf"({_BRITISH})[0-9][A-Z]{{2}}|([A-Z][0-9][A-Z])[0-9][A-Z][0-9]")
_ZIP_PLUS_4: Final = re.compile(r"([0-9]{5})[0-9]{4}")


_ASCII: Final = {
    code: None if mark in ".-" or not mark.isprintable() or mark.isspace() else mark.upper()
    for code, mark in ((code, chr(code)) for code in range(128))
}


def normalise_postcode(text: str) -> str:
    """Return a postcode in upper case and ASCII digits, without spaces, dots and dashes."""
    if text.isascii():  # as nearly all of the millions in a table are
        return text.translate(_ASCII)
    upper = unicodedata.normalize("NFKC", text).upper()
    compared = "".join(map(_compared, unicodedata.normalize("NFKC", upper)))
    return unicodedata.normalize("NFKC", compared)  # an accent may have lost what it stood on


def _compared(mark: str) -> str:
    if unicodedata.category(mark) in _NOTHING or mark in _DOT_OR_STROKE:
        return ""
    digit = unicodedata.digit(mark, None)
    return mark if digit is None else str(digit)


@dataclass(frozen=True, slots=True)
class Postcode:
    """A postcode as somebody typed it."""

    code: str
    """In the one form that is compared. Empty: there is none."""
    beginnings: frozenset[str] = frozenset()
    """What stands before each space or dash, and the whole, in the same form."""

    @staticmethod
    def typed(text: str) -> "Postcode":
        """Return the postcode in a text."""
        parted = "".join(
            " " if unicodedata.category(mark) in _SPACE_OR_DASH else mark for mark in text
        ).split(maxsplit=_MOST_PARTS)
        beginnings = {
            normalise_postcode("".join(parted[: place + 1])) for place in range(len(parted))
        }
        return Postcode(normalise_postcode(text), frozenset(beginnings - {""}))

    @property
    def wider(self) -> tuple[str, ...]:
        """Return the postcode, and then what stands for more than it: its ZIP code, its district.

        In the order in which a table is asked for them.
        """
        zip_code, whole = _ZIP_PLUS_4.fullmatch(self.code), _WHOLE.fullmatch(self.code)
        if zip_code:
            return self.code, zip_code[1]
        return (self.code, whole[1] or whole[2]) if whole else (self.code,)

    def is_in(self, area: str) -> bool:
        """Tell whether it belongs to an area, written as targets have them."""
        return bool(self.code) and _area(area).takes(self)


@dataclass(frozen=True, slots=True)
class _Area:
    district: str
    """Before the last space; empty where there is none."""
    beginning: str
    """Of what is behind it, or the whole of an exact area."""
    is_exact: bool

    def takes(self, postcode: Postcode) -> bool:
        code = postcode.code
        if self.is_exact:
            zip_code = _ZIP_PLUS_4.fullmatch(code)
            return self.beginning in {code, zip_code[1] if zip_code else code}
        if not code.startswith(self.district + self.beginning):
            return False
        return not self.district or self._is_district_of(postcode)

    def _is_district_of(self, postcode: Postcode) -> bool:
        # The parts of a whole one a slip may have put elsewhere.
        if len(postcode.beginnings) > 1 and not _WHOLE.fullmatch(postcode.code):
            return self.district in postcode.beginnings
        rest = postcode.code[len(self.district) :]
        shapes = [shape for district, shape in _SHAPES if district.fullmatch(self.district)]
        if not rest or any(shape.fullmatch(rest) for shape in shapes):
            return True
        return bool(self.beginning) and not shapes


@lru_cache(maxsize=100_000)
def _area(text: str) -> _Area:
    parts = text.split() or [""]
    if not parts[-1].endswith("*"):
        return _Area("", normalise_postcode(text), is_exact=True)
    district = normalise_postcode("".join(parts[:-1]))
    return _Area(district, normalise_postcode(parts[-1][:-1]), is_exact=False)


def matching(targets: Sequence[_T], postcode: str) -> tuple[_T, ...]:
    """Return the targets with an area that the postcode belongs to.

    They come in their order. Where there is none, those that have no areas are the fallback. An
    empty postcode belongs to nobody.
    """
    typed = Postcode.typed(postcode)
    if not typed.code:
        return ()
    found = tuple(t for t in targets if any(map(typed.is_in, t.areas)))
    return found or tuple(t for t in targets if not t.areas)


def serving_areas(targets: Sequence[_T], areas: Iterable[str]) -> tuple[_T, ...]:
    """Return the targets that serve one of some areas, as a look-up table names them.

    They come in their order. Where there is none, those that have no areas are the fallback.
    """
    known = [Postcode(normalise_postcode(area)) for area in areas]
    found = tuple(
        target
        for target in targets
        if any(one.is_in(area) for area in target.areas for one in known)
    )
    return found or tuple(t for t in targets if not t.areas)


_PIECE: Final = re.compile(r'"([^"]*)"|([^;,\r\n"]+)')
_DISTRICT: Final = re.compile(rf"{_BRITISH}|[A-Z][0-9][A-Z]", re.IGNORECASE)
_REST: Final = re.compile(r"[0-9]([A-Z]{0,2}\*|[A-Z]{2}|[A-Z][0-9])", re.IGNORECASE)


def read_areas(cell: str) -> tuple[str, ...]:
    """Return the areas in one cell, with commas, semicolons or new lines between them.

    Spaces may stand between postcodes, but belong to a name such as Islington North, to what is in
    quotes, to `E1 *`, and to both halves of a British or Canadian postcode.
    """
    areas: list[str] = []
    for quoted, piece in _PIECE.findall(cell):
        words = piece.split()
        if quoted.strip():
            areas.append(quoted.strip())
        elif all(map(_is_of_a_postcode, words)):
            areas += _joined(words)
        else:
            areas.append(" ".join(words))
    return tuple(areas)


def write_areas(areas: Iterable[str]) -> str:
    """Return a cell that `read_areas` takes back to the same areas; quotes in them are left out."""
    plain = [" ".join(area.replace('"', "").split()) for area in areas]
    return "; ".join(area if read_areas(area) == (area,) else f'"{area}"' for area in plain if area)


def _is_of_a_postcode(word: str) -> bool:
    return word.endswith("*") or any(map(str.isdigit, word))


def _joined(words: Sequence[str]) -> list[str]:
    areas: list[str] = []
    for word in words:
        before = areas[-1] if areas else ""
        if before and (word == "*" or (_REST.fullmatch(word) and _DISTRICT.fullmatch(before))):
            areas[-1] = f"{before} {word}"
        else:
            areas.append(word)
    return areas
