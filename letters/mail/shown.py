"""Choose what of a message is shown, as a mail program does. Pure."""

import re
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

from letters.mail.charsets import decoded, one_line, storable
from letters.mail.html import text_of
from letters.mail.incoming import Content
from letters.mail.mime import Part

_SHOWN: Final = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext"})
_SIGNATURES: Final = frozenset(
    {
        "application/pgp-signature",
        "application/pkcs7-signature",
        "application/x-pkcs7-signature",
    }
)
_TAGS: Final = re.compile(r"<[^<>]*>")
_NAME_MAX: Final = 120
_NAMES_MAX: Final = 50
_HTML_MAX: Final = 2**18


@dataclass(slots=True)
class _Seen:
    texts: list[str] = field(default_factory=list)
    is_plain: bool = False
    """One of the texts was written as such."""
    names: list[str] = field(default_factory=list)


def content_of(message: Part) -> Content:
    """Return what a message says."""
    seen = _see(message)
    text = "\n\n".join(text for text in seen.texts if text.strip())
    return Content(text.strip("\n"), tuple(seen.names[:_NAMES_MAX]), report_of(message))


def report_of(message: Part) -> str:
    """Return what a report is about; empty: it is none."""
    if message.media_type != "multipart/report":
        return ""
    return message.parameter("report-type").lower() or "unknown"


def text_of_html(raw: bytes, charset: str) -> str:
    """Return the text of HTML in a charset."""
    return storable(text_of(decoded(raw, charset)[:_HTML_MAX]))


def file_name(given: str, media_type: str) -> str:
    """Return how an attachment is named: by its file's name, or by what it is."""
    name = one_line(given.replace("\\", "/"), 10 * _NAME_MAX)
    name = PurePosixPath(name).name or media_type
    return one_line(name, _NAME_MAX)


def _see(part: Part) -> _Seen:
    if part.media_type.startswith("multipart/") and part.parts:
        return _several(part)
    if part.media_type.startswith("multipart/"):
        return _Seen([storable(decoded(part.content, None))], is_plain=True)  # it is in no parts
    if part.media_type not in _SHOWN or part.disposition == "attachment":
        return _Seen(names=[] if _is_silent(part) else [file_name(part.name, part.media_type)])
    raw, charset = part.raw_text(), part.parameter("charset")
    match part.media_type:
        case "text/html":
            return _Seen([text_of_html(raw, charset) + _more(part)])
        case "text/plain":
            text = storable(decoded(raw, charset))
            if part.parameter("format").lower() == "flowed":
                text = flowed(text, joins_words=part.parameter("delsp").lower() == "yes")
            return _Seen([text + _more(part)], is_plain=True)
        case _:
            return _Seen([_TAGS.sub("", storable(decoded(raw, charset)))])


def _several(part: Part) -> _Seen:
    if part.media_type == "multipart/alternative":
        return _alternative(part)
    each = [_see(inner) for inner in part.parts]
    if part.media_type == "multipart/related":
        each = [
            seen if place == 0 or not inner.media_type.startswith("image/") else _Seen()
            for place, (inner, seen) in enumerate(zip(part.parts, each, strict=True))
        ]
    names = [name for seen in each for name in seen.names]
    texts = [text for seen in each for text in seen.texts]
    return _Seen(texts, any(seen.is_plain for seen in each), names)


def _alternative(part: Part) -> _Seen:
    """Return one of several forms of the same: later ones are richer, but text needs no turning."""
    best, names = _Seen(), list[str]()
    for inner in part.parts:
        if best.is_plain and inner.media_type == "text/html" and inner.disposition != "attachment":
            continue  # it would not be chosen, and to turn it into text is most of the work
        seen = _see(inner)
        names += seen.names
        if not best.is_plain and any(text.strip() for text in seen.texts):
            best = seen
    return _Seen(best.texts, best.is_plain, names)


def _is_silent(part: Part) -> bool:
    return part.media_type in _SIGNATURES


def _more(part: Part) -> str:
    return "\n[…]" if part.is_cut else ""


def flowed(text: str, *, joins_words: bool) -> str:
    """Return text whose soft line ends (RFC 3676) are undone."""
    lines: list[str] = []
    goes_on: str | None = None
    for line in text.split("\n"):
        bare = line.lstrip(">")
        depth = line[: len(line) - len(bare)]
        bare = bare.removeprefix(" ")
        is_signature = bare == "-- "
        if goes_on == depth and not is_signature:
            lines[-1] += bare
        else:
            lines.append(f"{depth} {bare}" if depth else bare)
        goes_on = None
        if bare.endswith(" ") and not is_signature:
            goes_on = depth
            if joins_words:
                lines[-1] = lines[-1][:-1]
        else:
            lines[-1] = lines[-1].rstrip(" ") if not is_signature else lines[-1]
    return "\n".join(lines)
