"""Fill merge fields into organisers' words. Pure.

`{name}` is a field and `{{` and `}}` are literal braces. A text is read once: what is filled in is
never read again, so a value that looks like a field stays as it is.
"""

import re
from collections.abc import Mapping
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

    def filled(found: re.Match[str]) -> str:
        mark = _checked(found)
        return mark[0] if len(mark) == 2 else values[mark[1:-1]]

    return _MARK.sub(filled, text)


def _checked(found: re.Match[str]) -> str:
    mark = found[0]
    if mark == "}":
        raise MergeError(found.start(), mark)
    if mark == "{":
        attempt = _ATTEMPT.match(found.string, found.start())
        raise MergeError(found.start(), attempt[0] if attempt else mark)
    return mark
