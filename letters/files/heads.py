"""Know a spreadsheet's columns by the words of its head. Pure."""

import unicodedata
from functools import lru_cache
from typing import Final

# Teh marbuta and heh, alef maksura and yeh, alef wasla and alef.
_TWO_WAYS: Final = str.maketrans("\u0629\u0649\u0671", "\u0647\u064a\u0627", "\u0640")


@lru_cache(maxsize=10_000)
def known_as(word: str) -> str:
    """Return a head word as it is compared: small letters and digits, without accents.

    Arabic is compared without vowel signs, and letters that people write in two ways as one.
    """
    plain = unicodedata.normalize("NFKD", word).casefold()
    letters = "".join(mark for mark in plain if mark.isalnum())
    return letters.translate(_TWO_WAYS)


def words(text: str) -> frozenset[str]:
    """Return the words of a text, with spaces between them, as they are compared."""
    return frozenset(map(known_as, text.split()))
