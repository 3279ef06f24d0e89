"""Fill merge fields into organisers' words. Pure.

`{name}` is a field and `{{` and `}}` are literal braces. A text is read once: what is filled in is
never read again, so a value that looks like a field stays as it is.
"""

import re
from collections.abc import Container, Mapping
from functools import lru_cache
from typing import Final

FIELDS: Final = ("salutation", "target", "role", "name", "postcode", "address")
_MARK: Final = re.compile(r"\{\{|\}\}|\{(?:" + "|".join(FIELDS) + r")\}|[{}]")
_ATTEMPT: Final = re.compile(r"\{[^{}\n]{0,40}\}?")


class MergeError(Exception):
    """A brace is neither part of a field nor doubled.

    `position` counts characters from 0; `found` is a } that ends nothing, or what was meant to be a
    field and is none.
    """

    def __init__(self, position: int, found: str) -> None:
        super().__init__(position, found)
        self.position = position
        self.found = found


def fields(text: str) -> frozenset[str]:
    """Return the names of the fields in `text`; raise MergeError at the first stray brace."""
    return frozenset(
        mark[1:-1] for found in _MARK.finditer(text) if len(mark := _checked(found)) > 2
    )


def merge(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with its fields filled in; raise MergeError at the first stray brace.

    `values` has to hold every field that `text` uses.
    """
    first, *rest = _taken_apart(text)
    if not rest:
        return first
    pieces = [first]
    for name, literal in zip(rest[::2], rest[1::2], strict=True):
        pieces += (values[name], literal)
    return "".join(pieces)


def split_before(text: str, names: Container[str]) -> tuple[str, str]:
    """Return the parts of `text` before the first field with one of these names, and from it on."""
    for found in _MARK.finditer(text):
        if _checked(found)[1:-1] in names:
            return text[: found.start()], text[found.start() :]
    return text, ""


@lru_cache(maxsize=4096)  # organisers' words are few, and each is filled in for every target
def _taken_apart(text: str) -> tuple[str, ...]:
    """Return the literal texts of `text` with the names of the fields between them."""
    pieces, end = [""], 0
    for found in _MARK.finditer(text):
        mark = _checked(found)
        literal = pieces[-1] + text[end : found.start()]
        pieces[-1:] = [literal + mark[0]] if len(mark) == 2 else [literal, mark[1:-1], ""]
        end = found.end()
    pieces[-1] += text[end:]
    return tuple(pieces)


def _checked(found: re.Match[str]) -> str:
    mark = found[0]
    if mark == "}":
        raise MergeError(found.start(), mark)
    if mark == "{":
        attempt = _ATTEMPT.match(found.string, found.start())
        raise MergeError(found.start(), attempt[0] if attempt else mark)
    return mark
