"""Take values out of a parsed table, noting everything that is wrong with them. Pure.

Reading goes on after a fault, with a value that can stand in, so that one reading finds them all.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from enum import StrEnum
from typing import Final, TypeVar

from letters.files.toml_lines import Path

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_NOT_ONE_LINE: Final = re.compile(r"[\t\n\u2028\u2029]")
_YEARS: Final = range(1970, 3000)  # any year that a clock can take would do

_E = TypeVar("_E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one value: a sentence without its subject and its full stop."""

    path: Path
    message: str


@dataclass(frozen=True, slots=True)
class Text:
    """What a text has to be like."""

    most: int
    """Characters."""
    many_lines: bool = False
    may_be_blank: bool = False
    check: Callable[[str], str | None] | None = None
    """Tells what else is wrong with a text that is not blank."""

    def fault(self, value: object) -> str | None:
        """Return the first thing that is wrong with `value`."""
        if not isinstance(value, str):
            return f"must be text in quotes, not {_kind(value)}"
        if _CONTROL.search(value):
            return "has an invisible control character: type it anew"
        if not self.many_lines and _NOT_ONE_LINE.search(value):
            return "must be one line, without a tab"
        if len(value) > self.most:
            return f"has {len(value)} characters: shorten it to {self.most}"
        if not value.strip():
            return None if self.may_be_blank else "is empty: fill it in"
        return None if self.check is None else self.check(value)


class CheckedTable:
    """A table that notes a fault for each value that is not what it should be."""

    def __init__(self, values: Mapping[str, object], path: Path, faults: list[Fault]) -> None:
        self._values = values
        self._path = path
        self._faults = faults
        self._known: list[str] = []

    def wrong(self, key: str, message: str, *places: int) -> None:
        """Note a fault in the value of `key`, or at a place in it."""
        self._faults.append(Fault((*self._path, key, *places), message))

    def has(self, key: str) -> bool:
        """Tell whether there is such a key."""
        return key in self._values

    def text(self, key: str, rule: Text, default: str | None = None) -> str:
        """Return a text. Without a default it has to be there."""
        value = self._value(key)
        if value is None:
            if default is None:
                self.missing(key)
            return default or ""
        fault = rule.fault(value)
        if fault is not None:
            self.wrong(key, fault)
            return default or ""
        return str(value)

    def texts(
        self, key: str, rule: Text, default: tuple[str, ...] = (), *, needs_one: bool = False
    ) -> tuple[str, ...]:
        """Return the texts of an array, without those that have a fault."""
        if not self.has(key):
            self._known.append(key)
            return default
        values = self._array(key, "texts")
        if needs_one and not values:
            self.wrong(key, "is empty: put at least one into it, or take it out")
        good: list[str] = []
        for place, value in enumerate(values):
            fault = rule.fault(value)
            if fault is None:
                good.append(str(value))
            else:
                self.wrong(key, fault, place)
        return tuple(good)

    def flag(self, key: str) -> bool:
        """Return true or false; false if it is not there."""
        value = self._value(key)
        if value is None or isinstance(value, bool):
            return bool(value)
        self.wrong(key, f"must be true or false, without quotes, not {_kind(value)}")
        return False

    def whole(self, key: str, least: int, most: int) -> int | None:
        """Return a whole number within bounds."""
        value = self._value(key)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            if least <= value <= most:
                return value
            self.wrong(key, f"must be from {least:,} to {most:,}")
        else:
            self.wrong(key, f"must be a whole number without quotes, not {_kind(value)}")
        return None

    def day(self, key: str) -> date | None:
        """Return a date."""
        value = self._value(key)
        if value is None:
            return None
        if isinstance(value, date) and not isinstance(value, datetime):
            if value.year in _YEARS:
                return value
            self.wrong(key, f"must be a day of the years {_YEARS[0]} to {_YEARS[-1]}")
        else:
            self.wrong(key, f"must be a date such as 2027-03-31 without quotes, not {_kind(value)}")
        return None

    def choice(self, key: str, options: type[_E], default: _E) -> _E:
        """Return one of some words."""
        value = self._value(key)
        if value is None:
            return default
        if isinstance(value, str) and value in list(options):
            return options(value)
        words = listed(f'"{option}"' for option in options)
        self.wrong(key, f"must be {words}, not {_shown(value)}")
        return default

    def table(self, key: str) -> "CheckedTable":
        """Return a table within this one; an empty one if it is not there."""
        value = self._value(key)
        if value is not None and not isinstance(value, dict):
            self.wrong(key, f"must be a table, [{key}], not {_kind(value)}")
        inner = value if isinstance(value, dict) else {}
        return CheckedTable(inner, (*self._path, key), self._faults)

    def tables(self, key: str) -> list["CheckedTable"]:
        """Return the tables of an array of tables."""
        tables: list[CheckedTable] = []
        for place, value in enumerate(self._array(key, "tables")):
            if isinstance(value, dict):
                tables.append(CheckedTable(value, (*self._path, key, place), self._faults))
            else:
                self.wrong(key, f"must be a table, not {_kind(value)}", place)
        return tables

    def missing(self, key: str) -> None:
        """Note that a key is not there."""
        self.wrong(key, "is missing: add it")

    def end(self) -> None:
        """Note every key that nobody asked for."""
        for key in self._values:
            if key not in self._known:
                near = get_close_matches(key, self._known, 1)
                self.wrong(
                    key,
                    f'is not a known key: perhaps "{near[0]}" is meant'
                    if near
                    else "is not a known key: take it out",
                )

    def _value(self, key: str) -> object:
        self._known.append(key)
        return self._values.get(key)

    def _array(self, key: str, of: str) -> list[object]:
        value = self._value(key)
        if isinstance(value, list):
            return value
        if value is not None:
            self.wrong(key, f"must be a list of {of}, not {_kind(value)}")
        return []


def listed(words: Iterable[str]) -> str:
    """Return words as a sentence lists them: "a, b or c"."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "true or false"
    names = {
        str: "text",
        int: "a number",
        float: "a number with a point",
        list: "a list",
        dict: "a table",
        date: "a date",
        datetime: "a date with a time",
    }
    return names.get(type(value), "a time")


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) and value.isprintable() else _kind(value)
