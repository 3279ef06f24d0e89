"""Take attributes to lines that a person can type, and back. Pure.

One attribute stands on each line, `party: Green; Labour`. What holds such a mark itself, a line's
end or white space at its ends is written in double quotes.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from letters.text.compose import line_feeds

_QUOTED: Final = r'"(?:[^"]|"")*"'
_SKIPPED: Final = re.compile(r"[^\S\n]*")
_NAME: Final = re.compile(rf'({_QUOTED}[^\S\n]*|[^":\n][^:\n]*):')
_ONE: Final = re.compile(rf'({_QUOTED}|[^";؛\n][^;؛\n]*|)[^\S\n]*([;؛\n]|\Z)')
_WHOLE: Final = re.compile(rf'({_QUOTED}|[^"\n][^\n]*|)[^\S\n]*(\n|\Z)')


class Unreadable(ValueError):
    """A line says no attribute. The line is the argument."""


def read_attributes(text: str) -> dict[str, str]:
    """Return what is known of somebody; raise Unreadable."""
    found: dict[str, str] = {}
    for name, values, line in _lines(text, _WHOLE):
        if name in found:
            raise Unreadable(line)
        found[name] = "".join(values)
    return found


def write_attributes(attributes: Iterable[tuple[str, str]]) -> str:
    """Return lines that :func:`read_attributes` takes back."""
    return "\n".join(f"{_quoted(name, ':')}: {_quoted(value)}" for name, value in attributes)


def read_wanted(text: str) -> dict[str, list[str]]:
    """Return the attributes that are asked for, each with the values that do; raise Unreadable."""
    found: dict[str, list[str]] = {}
    for name, values, line in _lines(text, _ONE):
        if not values:
            raise Unreadable(line)
        found.setdefault(name, []).extend(values)
    return found


def write_wanted(wanted: Iterable[tuple[str, Iterable[str]]]) -> str:
    """Return lines that :func:`read_wanted` takes back."""
    return "\n".join(
        f"{_quoted(name, ':')}: {'; '.join(_quoted(value, ';؛') for value in values)}"
        for name, values in wanted
    )


def _lines(typed: str, value: re.Pattern[str]) -> Iterator[tuple[str, list[str], str]]:
    """Yield the name, the values and the text of each line that is not blank."""
    text, at = line_feeds(typed), 0
    while at < len(text):
        at = _skipped(text, at)
        if text[at : at + 1] in {"", "\n"}:
            at += 1
            continue
        line = text[at:].partition("\n")[0].strip()
        name = _NAME.match(text, at)
        if name is None or not name[1].strip():
            raise Unreadable(line)
        at, values, end = name.end(), list[str](), ";"
        while end not in {"", "\n"}:
            found = value.match(text, _skipped(text, at))
            if found is None:
                raise Unreadable(line)
            values += [_plain(found[1])] if found[1] else []
            at, end = found.end(), found[2]
        yield _plain(name[1]), values, line


def _skipped(text: str, at: int) -> int:
    found = _SKIPPED.match(text, at)
    return at if found is None else found.end()


def _plain(part: str) -> str:
    part = part.strip()
    return part[1:-1].replace('""', '"') if part.startswith('"') else part


def _quoted(text: str, marks: str = "") -> str:
    is_plain = text == text.strip() != "" and not text.startswith('"')
    if is_plain and not set(text) & {"\n", *marks}:
        return text
    return '"' + text.replace('"', '""') + '"'
