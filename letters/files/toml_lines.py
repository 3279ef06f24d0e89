"""Find the line on which a TOML file says something, which tomllib does not tell. Pure.

A file is a row of statements: a header, or a key with its value. A statement ends where its line
does, unless a string, an array or an inline table is open; each is TOML by itself.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from letters.files.faults import Path

_TOKEN: Final = re.compile(
    r"""
    \#[^\n]*                                # a comment
    | \"{3}(?:\\.|[^\\])*?\"{3}(?!\")         # a text of many lines, which may end in quotes
    | '{3}.*?'{3}(?!')
    | \"(?:\\[^\n]|[^\"\\\n])*\"            # a text of one line
    | '[^'\n]*'
    | (?P<opens>[\[{]) | (?P<closes>[\]}]) | (?P<ends>\n)
    """,
    re.DOTALL | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class _Statement:
    line: int
    text: str
    parsed: dict[str, object] | None
    """None: it is not TOML."""


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
    for statement in statements:
        if statement.parsed is None:
            return statement.line, _complaint(statement.text)
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
    line, begin, depth = 1, 0, 0
    for token in _TOKEN.finditer(text + "\n"):
        if token.lastgroup == "opens":
            depth += 1
        elif token.lastgroup == "closes":
            depth -= 1
        elif token.lastgroup == "ends" and depth <= 0:
            statement = text[begin : token.end()]
            yield _Statement(line, statement, _parsed(statement))
            line, begin, depth = line + statement.count("\n"), token.end(), 0
    if depth > 0:
        yield _Statement(line, text[begin:], _parsed(text[begin:]))


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
