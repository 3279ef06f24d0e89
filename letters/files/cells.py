"""Read the cells of a spreadsheet about people, as people fill them in. Pure."""

import re
import unicodedata
from datetime import date
from typing import Final

from letters.files.faults import Flaw, What
from letters.files.heads import known_as, words
from letters.text.addresses import BadAddress, Malformed, read_address
from letters.text.visible import trim

_NOTHING: Final = words(
    "NA N/A n.a. #N/A #REF! null nil none nan unknown not-available not-applicable no-email "
    "no-tiene no-disponible sin-correo sin-datos ninguno لا-يوجد غير-متوفر غير-متاح"
)
_LONGEST_NOTHING: Final = 40
"""Characters; the words above are not half as long, and to look a cell up costs by its length."""
_DASHES: Final = re.compile(r"[\s.?_\u2010-\u2015\u2212-]*")
_MOST_OF_SEVERAL: Final = 3
"""So many of a cell's addresses are read; the first is taken."""
_BETWEEN_ADDRESSES: Final = re.compile(r"\s*[;|/\n]\s*|\s*,\s+|,|\s+(?:or|and|o|y|أو|و)\s+|\s+")
# Of a run of spaces only its first may begin a match: else a long one costs its length squared.
_AT: Final = re.compile(r"(?<!\s)\s*[\[({]\s*(?:at|a|arroba)\s*[\])}]\s*", re.IGNORECASE)
_DOT: Final = re.compile(r"(?<!\s)\s*[\[({]\s*(?:dot|punto)\s*[\])}]\s*", re.IGNORECASE)
_DATE: Final = re.compile(r"([0-9]{4})([-/.])([0-9]{1,2})\2([0-9]{1,2})(?:[T ][0-9:.]+Z?)?")
_DAY_FIRST: Final = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")


def is_nothing(cell: str) -> bool:
    """Tell whether a cell says that there is nothing: it is empty, a dash, "N/A"."""
    if len(cell) > _LONGEST_NOTHING:
        return _DASHES.fullmatch(cell) is not None
    return known_as(cell) in _NOTHING or _DASHES.fullmatch(cell) is not None


def read_email(cell: str) -> tuple[str, Flaw | None, Flaw | None]:
    """Return the address in a cell, what is wrong with it, and what is worth telling.

    Of several addresses it is the first.
    """
    if is_nothing(cell):
        return "", Flaw(What.NO_ADDRESS_THERE if trim(cell) else What.MISSING), None
    plain = _DOT.sub(".", _AT.sub("@", cell))
    try:
        return read_address(plain), None, None
    except BadAddress as error:
        if error.why is Malformed.LOCAL_NOT_ASCII:
            return "", Flaw(What.ADDRESS_NOT_ASCII), None
    parts = _BETWEEN_ADDRESSES.split(plain, _MOST_OF_SEVERAL)[:_MOST_OF_SEVERAL]
    several = [part for part in parts if "@" in part]
    if len(several) > 1:
        try:
            addresses = [read_address(part) for part in several]
        except BadAddress:
            return "", Flaw(What.NOT_AN_ADDRESS), None
        unlike = dict.fromkeys(addresses)
        remark = Flaw(What.FIRST_OF_SEVERAL, found=addresses[0]) if len(unlike) > 1 else None
        return addresses[0], None, remark
    return "", Flaw(What.NOT_AN_ADDRESS), None


def read_day(cell: str) -> date | None:
    """Return the day in a cell, in any script's digits.

    None where it is none, or where day and month may be either.
    """
    digits = "".join(str(unicodedata.digit(mark, mark)) for mark in trim(cell))
    written = _DATE.fullmatch(digits)
    if written:
        return _day(int(written[1]), int(written[3]), int(written[4]))
    other = _DAY_FIRST.fullmatch(digits)
    if other is None:
        return None
    first, second, year = map(int, other.groups())
    if first > 12 or first == second:
        return _day(year, second, first)
    return _day(year, first, second) if second > 12 else None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
