"""Tell in which encoding a file was saved, where that is certain. Pure.

Spreadsheet programs save CSV in the encoding of the machine. A mark at the beginning, zero bytes
between letters, or UTF-8's own pattern settle it. What is left has one byte for each letter and
says nowhere which; it is taken for Western European or Arabic Windows where no other reading makes
words of it, and else it is refused: a wrong guess would greet a minister by a garbled name.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import Final

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark begins the same way
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LOOKED_AT: Final = 4_096
_SAMPLE: Final = 1_000_000

# The accented letters of each language that Windows-1252 was made for. Czech, Polish, Turkish and
# other texts, read so, have letters of several of them, or marks in the middle of words.
_ALPHABETS: Final = tuple(
    map(
        frozenset,
        (
            "áéíóúüñçàèòï",  # Spanish and Catalan
            "àâçéèêëîïôœùûü",  # French
            "äöüßéà",  # German
            "áâãàçéêíóôõúü",  # Portuguese
            "àèéìíîòóùú",  # Italian
            "åäöæøéü",  # Swedish, Danish and Norwegian
            "áéíóúýþæöð",  # Icelandic
            "áâéêëèïíóôöúûüŵŷ",  # Dutch, Irish and Welsh
        ),
    )
)
_MARKS_OF_TEXT: Final = frozenset("‘’“”„–—…•«»°ºª§€£©®·¡¿\u00b4\u00a0")
# What Portuguese and Spanish never have: here it is Hungarian, Romanian or Polish.
_ELSEWHERE: Final = re.compile(r"õ(?!e)|ã(?![oe]|s?\b)|ñ(?![aeiouáéíóú])", re.IGNORECASE)
_TWO_SCRIPTS: Final = re.compile(r"[A-Za-z][\u0621-\u06d2]|[\u0621-\u06d2][A-Za-z]")
_ONE_LETTER: Final = re.compile(r"(?:^|[^\w])\w$")


class Undecodable(Exception):
    """It is not certain in which encoding a file was saved."""


def decode(data: bytes) -> str:
    """Return the text of a file, without a byte order mark; raise Undecodable."""
    return data.decode(encoding_of([data]))


def encoding_of(chunks: Iterable[bytes]) -> str:
    """Return the encoding of a file that comes in pieces; raise Undecodable.

    It reads to the end unless the beginning says it all, and keeps little of what it reads.
    """
    pieces = iter(chunks)
    first = next(pieces, b"")
    for mark, encoding in _MARKS:
        if first.startswith(mark):
            return encoding
    wide = _without_mark(first[:_LOOKED_AT])
    return wide or _narrow(_all_of(first, pieces))


def _all_of(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _without_mark(beginning: bytes) -> str | None:
    """Return which UTF-16 it is whose letters are ASCII: every other byte is zero."""
    pairs = len(beginning) // 2
    if pairs < 2 or b"\x00" not in beginning:
        return None
    if beginning[1 : 2 * pairs : 2].count(0) > pairs * 0.4 and not beginning[: 2 * pairs : 2].count(
        0
    ):
        return "utf-16-le"
    if beginning[: 2 * pairs : 2].count(0) > pairs * 0.4 and not beginning[1 : 2 * pairs : 2].count(
        0
    ):
        return "utf-16-be"
    return None


def _narrow(pieces: Iterable[bytes]) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf_8, sample = True, bytearray()
    for piece in pieces:
        if len(sample) < _SAMPLE and not piece.isascii():
            sample += b"\n".join(line for line in piece.splitlines() if not line.isascii()) + b"\n"
        try:
            decoder.decode(piece)
        except UnicodeDecodeError:
            is_utf_8 = False
        if not is_utf_8 and len(sample) >= _SAMPLE:
            break
    try:
        decoder.decode(b"", final=is_utf_8)
    except UnicodeDecodeError:
        is_utf_8 = False
    if is_utf_8:
        return "utf-8"
    for encoding, is_text in (("cp1252", _is_western), ("cp1256", _is_arabic)):
        try:
            if is_text(bytes(sample).decode(encoding)):
                return encoding
        except UnicodeDecodeError:
            continue
    raise Undecodable


def _is_western(text: str) -> bool:
    letters = {mark.lower() for mark in text if mark.isalpha() and not mark.isascii()} - {"ª", "º"}
    if _ELSEWHERE.search(text) or not any(letters <= alphabet for alphabet in _ALPHABETS):
        return False
    return all(_stands_well(text, place) for place, mark in enumerate(text) if not mark.isascii())


def _stands_well(text: str, place: int) -> bool:
    """Tell whether a mark or letter beyond ASCII is where Western text has it."""
    mark, before, after = text[place], text[place - 1 : place], text[place + 1 : place + 2]
    if mark.isalpha() and mark not in "ªº":
        return not (mark.isupper() and before.islower())
    if mark not in _MARKS_OF_TEXT:
        return False
    if not (before.isalpha() and after.isalpha()) or mark in "·\u00a0":
        return True
    # O’Brien, d’Italia: an elision has one letter before it, or a capital behind.
    return mark == "’" and bool(after.isupper() or _ONE_LETTER.search(text[:place][-2:]))


def _is_arabic(text: str) -> bool:
    beyond = [mark for mark in text if not mark.isascii()]
    return not _TWO_SCRIPTS.search(text) and all(
        "\u060c" <= mark <= "\u06d2" or mark in "\u00a0«»–" for mark in beyond
    )
