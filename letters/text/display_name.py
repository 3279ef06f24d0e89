"""Make the name that stands before an address in From and Reply-To. Pure.

A letter's own text keeps a name as it was typed. Before an address, filters look at it with
suspicion: what is or holds an address, what is dressed as an encoded word, and pictures, each bring
a letter nearer to spam; and what turns the direction of writing can pass for another name.
"""

import re
import unicodedata
from typing import Final

_JOINERS: Final = "\u200c\u200d"
"""Without these some names of India and Persia are spelt wrongly."""
_JOINS_NOTHING: Final = re.compile(rf"(?<!\w)[{_JOINERS}]+|[{_JOINERS}]+(?!\w)")
_LEFT_OUT: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "So", "Zl", "Zp"})
_FIRST_PICTURE: Final = 0x1F000
_PICTURE_MARKS: Final = "\ufe0e\ufe0f\u20e3"
_OF_ADDRESSES: Final = re.compile(r"[@<>]|://")
_ENCODED_WORD: Final = re.compile(r"=\?|\?=")


def display_name(name: str) -> str:
    """Return `name` as it stands before an address; empty where nothing of it can."""
    kept = "".join(character for character in name if _may_stay(character))
    kept = _ENCODED_WORD.sub(" ", _OF_ADDRESSES.sub(" ", kept))
    kept = _JOINS_NOTHING.sub("", kept)
    return name if kept == name else re.sub(r"\s{2,}", " ", kept).strip()


def reply_name(name: str) -> str:
    """Return `name` for Reply-To, which SendGrid parts at a comma, and others at a semicolon."""
    return display_name(name).replace(",", " ").replace(";", " ").strip()


def _may_stay(character: str) -> bool:
    if character in _JOINERS:
        return True
    is_picture = ord(character) >= _FIRST_PICTURE and not character.isalnum()
    if is_picture or character in _PICTURE_MARKS:
        return False
    return unicodedata.category(character) not in _LEFT_OUT
