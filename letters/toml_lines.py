"""Find the line on which a TOML file says something, which tomllib does not tell. Pure.

A file is a row of statements: a header, or a key with its value. A statement ends at the first line
end where it parses by itself, for no beginning of an open string or array does.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

Path = tuple[str | int, ...]
"""The keys that lead to a value; a number, from 0, is a place in an array."""

_CLOSING: Final = ('"""', "'''", "]", "}")


@dataclass(frozen=True, slots=True)
class _Statement:
    line: int
    text: str
    parsed: dict[str, object] | None
    """None: it never ends, or it is not TOML."""


def lines(text: str) -> dict[Path, int]:
    """Return the line, from 1, of every table and key in a file that tomllib takes."""
    found: dict[Path, int] = {}
    lengths: dict[Path, int] = {}
    table: Path = ()
    for statement in _statements(text):
        if statement.text.lstrip().startswith("["):
            table = _header(statement.parsed, lengths)
            found.setdefault(table, statement.line)
        elif statement.parsed is not None:
            for path in _paths(statement.parsed, table):
                found.setdefault(path, statement.line)
    return found


def syntax_error(text: str) -> tuple[int, str]:
    """Return the line and tomllib's words about the first error in a file that it does not take.

    The line is the one on which the broken statement begins.
    """
    statements = list(_statements(text))
    if statements and statements[-1].parsed is None:
        return statements[-1].line, _complaint(statements[-1].text)
    # Each statement is TOML by itself, so one of them contradicts those before it.
    good, bad = 0, len(statements)
    while bad - good > 1:
        middle = (good + bad) // 2
        if _parsed("".join(s.text for s in statements[:middle])) is None:
            bad = middle
        else:
            good = middle
    return statements[bad - 1].line, _complaint("".join(s.text for s in statements[:bad]))


def _statements(text: str) -> Iterator[_Statement]:
    begun, open_text = 1, ""
    for number, line in enumerate(text.split("\n"), 1):
        open_text += line + "\n"
        if number > begun and not any(mark in line for mark in _CLOSING):
            continue
        parsed = _parsed(open_text)
        if parsed is not None:
            yield _Statement(begun, open_text, parsed)
            begun, open_text = number + 1, ""
    if open_text:
        yield _Statement(begun, open_text, None)


def _parsed(text: str) -> dict[str, object] | None:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return None


def _complaint(text: str) -> str:
    try:
        tomllib.loads(text)
    except ValueError as error:
        return str(error).partition(" (at ")[0]
    except RecursionError:
        return "Too many brackets inside each other"
    raise ValueError("There is no error in this text.")


def _header(parsed: object, lengths: dict[Path, int]) -> Path:
    # Of [[letter.points]] tomllib makes {"letter": {"points": [{}]}}. A key on the way that has
    # been an array of tables before means the last of them.
    path: Path = ()
    while isinstance(parsed, dict) and parsed:
        ((key, parsed),) = parsed.items()
        path += (key,)
        if isinstance(parsed, list):
            lengths[path] = lengths.get(path, 0) + 1
        if path in lengths:
            path += (lengths[path] - 1,)
    return path


def _paths(value: object, path: Path) -> Iterator[Path]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            yield from _paths(inner, (*path, key))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield (*path, place)
            yield from _paths(inner, (*path, place))
