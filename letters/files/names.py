"""Read the names of people as lists have them: `Surname, First`, in capitals, or in columns. Pure.

A whole column decides: where most names stand the other way round they all do, and a name such as
"Martin, Jr." in another list is left alone.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from letters.text.names import is_surname_first

_MOST: Final = 0.6
_PARTICLES: Final = frozenset(
    ("de", "la", "las", "los", "del", "der", "den", "van", "von", "zu", "da", "das", "dos", "do",
     "di", "du", "le", "y", "i", "e", "al", "el", "bin", "ibn", "af", "av", "ter", "ten")
)  # fmt: skip
_ROMAN: Final = frozenset({"II", "III", "IV"})
# McALLISTER, MacMANUS, DeLUCA: capitals behind the beginning that such names have.
_BEGUN: Final = re.compile(r"(Ma?c|De|Di|La|Le|Fitz|O['’])(?=[^\W\d_a-z]{3,}$)")


@dataclass(frozen=True, slots=True)
class NameStyle:
    """How a list writes names."""

    surname_first: bool = False
    capitals: bool = False

    @staticmethod
    def of(names: Iterable[str]) -> "NameStyle":
        """Return the style that most of the names have."""
        some = [name for name in names if name]
        if not some:
            return NameStyle()
        turned = sum(map(is_surname_first, some))
        capital = sum(map(_has_capital_surname, some))
        return NameStyle(
            turned >= _MOST * len(some), len(some) > 2 and capital >= _MOST * len(some)
        )

    def read(self, name: str) -> tuple[str, str]:
        """Return a name as it is said, and the surname where that is certain."""
        surname = ""
        if self.surname_first and is_surname_first(name):
            surname, _, first = (part.strip() for part in name.partition(","))
            name = f"{first} {surname}"
        if self.capitals:
            name, surname = in_small_letters(name), in_small_letters(surname)
        return name, surname


def _has_capital_surname(name: str) -> bool:
    parts = [part for part in re.split(r"[\s,]+", name) if part]
    capitals = [part for part in parts if _is_capital(part)]
    return len(parts) > 1 and bool(capitals) and all(part[0].isupper() for part in parts if
                                                    part.lower() not in _PARTICLES)  # fmt: skip


def _is_capital(part: str) -> bool:
    part = _BEGUN.sub("", part)
    letters = [mark for mark in part if mark.isalpha()]
    return len(letters) > 2 and part.upper() == part and part not in _ROMAN and part.lower() != part


def in_small_letters(name: str) -> str:
    """Return a name with small letters where it had capitals alone."""
    parts = name.split()
    return " ".join(_set(part, is_first=not place) for place, part in enumerate(parts))


def _set(part: str, *, is_first: bool) -> str:
    begun = _BEGUN.match(part)
    if begun:
        return begun[0] + part[begun.end() :].capitalize()
    return _small(part, is_first=is_first) if part.isupper() and part not in _ROMAN else part


def _small(part: str, *, is_first: bool) -> str:
    if len(part) < 2 or (len(part) == 2 and part.endswith(".")):
        return part
    if part.lower() in _PARTICLES and not is_first:
        return part.lower()
    small = re.sub(r"[^\W\d_]+", lambda found: found[0].capitalize(), part)
    return re.sub(r"\bMc([a-z])", lambda found: f"Mc{found[1].upper()}", small)
