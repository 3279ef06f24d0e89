"""Decode text whose charset is named rightly, wrongly or not at all. Pure; never raises."""

import codecs
import re
from email.errors import HeaderParseError
from email.header import decode_header
from functools import lru_cache
from types import MappingProxyType
from typing import Final

# As browsers and mail programs read them (WHATWG's Encoding Standard): the wider one of each kin.
_READ_AS: Final = MappingProxyType(
    {
        "ascii": "cp1252",
        "iso8859-1": "cp1252",
        "iso8859-9": "cp1254",
        "iso8859-11": "cp874",
        "tis-620": "cp874",
        "gb2312": "gb18030",
        "gbk": "gb18030",
        "euc_kr": "cp949",
        "shift_jis": "cp932",
    }
)
_KNOWN_AS: Final = MappingProxyType(
    {
        "x-unknown": "utf-8",
        "unknown-8bit": "utf-8",
        "utf8mb4": "utf-8",
        "cp-850": "cp850",
        "x-sjis": "cp932",
        "windows-31j": "cp932",
        "x-gbk": "gb18030",
        "ks_c_5601-1987": "cp949",
        "windows-874": "cp874",
        "iso-8859-8-i": "iso-8859-8",
        "iso-8859-8-e": "iso-8859-8",
        "iso-8859-6-i": "iso-8859-6",
        "x-mac-roman": "mac_roman",
        "macintosh": "mac_roman",
        "x-mac-cyrillic": "mac_cyrillic",
        "unicode-1-1-utf-7": "utf-7",
    }
)
# These are no charsets of mail: some run code-like escapes, one takes the square of its length.
_NO_CHARSETS: Final = frozenset(
    {"punycode", "idna", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}
)
_LAST: Final = "cp1252"
_ENCODED_WORD: Final = re.compile(r"=\?[^?\s]+\?[bBqQ]\?")
_FOLD: Final = re.compile(r"\r?\n(?=[ \t])")
_HEADER_MAX: Final = 8_192
_NOT_KEPT: Final = {
    i: None for i in (*range(9), 11, 12, *range(14, 32), *range(127, 160), 0xFEFF) if i != 0x85
}
_UNKEPT: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ud800-\udfff]")


def decoded(raw: bytes, charset: str | None) -> str:
    """Return `raw` as text: by its charset if that can be, else by the likeliest one.

    What is valid UTF-8 beyond ASCII is hardly ever anything else, so it is believed before a
    charset of one byte a character is.
    """
    name = _codec(charset)
    for each in ("utf-8", _LAST) if name in {None, _LAST} else (name or "", "utf-8", _LAST):
        try:
            return raw.decode(each)
        except (UnicodeError, ValueError):
            continue
    # Most of it can be read: better a mark here and there than every letter beyond ASCII wrong.
    return raw.decode("utf-8" if name == "utf-8" else name or "latin-1", "replace")


@lru_cache(maxsize=64)
def _codec(charset: str | None) -> str | None:
    given = (charset or "").strip().strip("\"'").lower()
    given = _KNOWN_AS.get(given, given)
    try:
        found = codecs.lookup(given)
        is_text = found._is_text_encoding  # noqa: SLF001 - what bytes.decode asks, too
    except (LookupError, ValueError, UnicodeError):
        return None
    if not is_text or found.name in _NO_CHARSETS:
        return None
    return _READ_AS.get(found.name, found.name)


def header_text(raw: bytes) -> str:
    """Return a header's value as text, its encoded words (RFC 2047) read."""
    text = decoded(raw[:_HEADER_MAX], None)
    if "\n" in text or "\r" in text:
        text = " ".join(_FOLD.sub("", text).splitlines())
    if not _ENCODED_WORD.search(text):
        return text.strip()
    try:
        parts = decode_header(text)
    except (HeaderParseError, ValueError, LookupError):
        return text.strip()
    return "".join(_word(part, charset) for part, charset in parts).strip()


def _word(part: str | bytes, charset: str | None) -> str:
    if isinstance(part, str):
        return part
    if charset is None:  # what stands between encoded words comes in Python's own spelling
        return part.decode("raw-unicode-escape" if b"\\u" in part else "latin-1", "replace")
    return decoded(part, charset)


def storable(text: str) -> str:
    """Return `text` with line feeds alone, without controls and half characters."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _UNKEPT.search(text):  # to look is quicker than to leave out
        text = text.translate(_NOT_KEPT)
        text = text.encode("utf-8", "replace").decode()
    return text


def one_line(text: str, most: int) -> str:
    """Return `text` on one line, cut to so many characters."""
    text = " ".join(storable(text).split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
