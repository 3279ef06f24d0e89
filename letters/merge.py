"""Merge values into organisers' text: `{name}` and its like. One pass, values stay as they are."""

import re
from collections.abc import Mapping
from typing import Final

FIELDS: Final = ("salutation", "target", "role", "name", "postcode")
_MARK: Final = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


class MergeError(Exception):
    """A brace that starts no known merge field. `position` counts characters from 0."""

    def __init__(self, position: int, message: str) -> None:
        super().__init__(message)
        self.position = position


def check(text: str) -> None:
    """Raise MergeError unless every brace in `text` is a merge field or doubled."""
    for found in _MARK.finditer(text):
        if found[0] in {"{{", "}}"} or found[1] in FIELDS:
            continue
        known = ", ".join(f"{{{name}}}" for name in FIELDS)
        raise MergeError(
            found.start(),
            f"{found[0]} is no merge field: there are {known}; write {{{{ and }}}} for braces",
        )


def merge(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with its merge fields filled in. What is no field stays as it is."""

    def fill(found: re.Match[str]) -> str:
        if found[0] in {"{{", "}}"}:
            return found[0][0]
        return values.get(found[1] or "", found[0])

    return _MARK.sub(fill, text)
