"""Take values out of a parsed table, noting everything that is wrong with them. Pure.

Reading goes on after a fault, with a value that can stand in, so that one reading finds them all.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from typing import Final, TypeVar

from letters.files.faults import MISSING, Fault, Flaw, Path, Shape, What
from letters.text.addresses import address_in
from letters.text.visible import is_empty

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_NOT_ONE_LINE: Final = re.compile(r"[\t\n\u2028\u2029]")
_YEARS: Final = range(1970, 3000)  # any year that a clock can take would do

_E = TypeVar("_E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Text:
    """What a text has to be like."""

    most: int
    """Characters."""
    many_lines: bool = False
    may_be_blank: bool = False
    check: Callable[[str], Flaw | None] | None = None
    """Tells what else is wrong with a text that is not blank."""

    def flaw(self, value: object) -> Flaw | None:
        """Return the first thing that is wrong with `value`."""
        if not isinstance(value, str):
            return Flaw(What.NOT_TEXT, shape_of(value))
        if not (value.isascii() and value.isprintable()):  # as most are: long lists have thousands
            if _CONTROL.search(value):
                return Flaw(What.CONTROL_CHARACTER)
            if not self.many_lines and _NOT_ONE_LINE.search(value):
                return Flaw(What.NOT_ONE_LINE)
        if len(value) > self.most:
            return Flaw(What.TOO_LONG, length=len(value), most=self.most)
        if is_empty(value):
            return None if self.may_be_blank else Flaw(What.EMPTY)
        return None if self.check is None else self.check(value)


class CheckedTable:
    """A table that notes a fault for each value that is not what it should be."""

    def __init__(self, values: Mapping[str, object], path: Path, faults: list[Fault]) -> None:
        self._values = values
        self._path = path
        self._faults = faults
        self._known: list[str] = []

    def wrong(self, key: str, flaw: Flaw, *places: int) -> None:
        """Note a fault in the value of `key`, or at a place in it."""
        self._faults.append(Fault((*self._path, key, *places), flaw))

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
        flaw = rule.flaw(value)
        if flaw is not None:
            self.wrong(key, flaw)
            return default or ""
        return str(value)

    def address(self, key: str, rule: Text, default: str | None = None) -> str:
        """Return the address in a text, as :func:`letters.text.addresses.read_address` does."""
        return address_in(self.text(key, rule, default)) or ""

    def texts(
        self, key: str, rule: Text, default: tuple[str, ...] = (), *, needs_one: bool = False
    ) -> tuple[str, ...]:
        """Return the texts of an array, without those that have a fault."""
        if not self.has(key):
            self._known.append(key)
            return default
        values = self._array(key, What.NOT_A_LIST)
        if needs_one and not values:
            self.wrong(key, Flaw(What.EMPTY_LIST))
        good: list[str] = []
        for place, value in enumerate(values):
            flaw = rule.flaw(value)
            if flaw is None:
                good.append(str(value))
            else:
                self.wrong(key, flaw, place)
        return tuple(good)

    def flag(self, key: str) -> bool:
        """Return true or false; false if it is not there."""
        value = self._value(key)
        if value is None or isinstance(value, bool):
            return bool(value)
        self.wrong(key, Flaw(What.NOT_A_FLAG, shape_of(value)))
        return False

    def whole(self, key: str, least: int, most: int) -> int | None:
        """Return a whole number within bounds."""
        value = self._value(key)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool):
            if least <= value <= most:
                return value
            self.wrong(key, Flaw(What.OUT_OF_RANGE, least=least, most=most))
        else:
            self.wrong(key, Flaw(What.NOT_WHOLE, shape_of(value)))
        return None

    def day(self, key: str) -> date | None:
        """Return a date."""
        value = self._value(key)
        if value is None:
            return None
        if isinstance(value, date) and not isinstance(value, datetime):
            if value.year in _YEARS:
                return value
            self.wrong(key, Flaw(What.NO_YEAR_OF_OURS, least=_YEARS[0], most=_YEARS[-1]))
        else:
            self.wrong(key, Flaw(What.NOT_A_DAY, shape_of(value)))
        return None

    def moment(self, key: str) -> datetime | None:
        """Return a date with a time, by a clock that the file names elsewhere."""
        value = self._value(key)
        if value is None:
            return None
        if isinstance(value, datetime) and value.tzinfo is None:
            if value.year in _YEARS:
                return value
            self.wrong(key, Flaw(What.NO_YEAR_OF_OURS, least=_YEARS[0], most=_YEARS[-1]))
        else:
            self.wrong(key, Flaw(What.NOT_A_MOMENT, shape_of(value)))
        return None

    def choice(self, key: str, options: type[_E], default: _E) -> _E:
        """Return one of some words."""
        value = self._value(key)
        if value is None:
            return default
        if isinstance(value, str) and value in list(options):
            return options(value)
        found = value if isinstance(value, str) and value.isprintable() else ""
        words = tuple(map(str, options))
        self.wrong(key, Flaw(What.NOT_OFFERED, shape_of(value), found, options=words))
        return default

    def table(self, key: str) -> "CheckedTable":
        """Return a table within this one; an empty one if it is not there."""
        value = self._value(key)
        if value is not None and not isinstance(value, dict):
            self.wrong(key, Flaw(What.NOT_A_TABLE, shape_of(value), key))
        inner = value if isinstance(value, dict) else {}
        return CheckedTable(inner, (*self._path, key), self._faults)

    def tables(self, key: str) -> list["CheckedTable"]:
        """Return the tables of an array of tables."""
        tables: list[CheckedTable] = []
        for place, value in enumerate(self._array(key, What.NOT_TABLES)):
            if isinstance(value, dict):
                tables.append(CheckedTable(value, (*self._path, key, place), self._faults))
            else:
                self.wrong(key, Flaw(What.NOT_ONE_OF_TABLES, shape_of(value)), place)
        return tables

    def missing(self, key: str) -> None:
        """Note that a key is not there."""
        self.wrong(key, MISSING)

    def others(self, rule: Text) -> tuple[tuple[str, str], ...]:
        """Return the texts of the keys that nobody asked for, sorted; they are free to choose.

        A key that is a slip away from a known one is a fault.
        """
        free: list[tuple[str, str]] = []
        known = tuple(self._known)
        for key in sorted(set(self._values) - set(known)):
            near = _slip_of(key, known)
            if near:
                self.wrong(key, Flaw(What.UNKNOWN_KEY, near=near))
            else:
                free.append((key, self.text(key, rule, "")))
        self._known += self._values
        return tuple((key, value) for key, value in free if value)

    def end(self) -> None:
        """Note every key that nobody asked for."""
        for key in self._values:
            if key not in self._known:
                near = get_close_matches(key, self._known, 1)
                self.wrong(key, Flaw(What.UNKNOWN_KEY, near="".join(near)))

    def value(self, key: str) -> object:
        """Return whatever stands there; None if it is not there."""
        return self._value(key)

    def _value(self, key: str) -> object:
        self._known.append(key)
        return self._values.get(key)

    def _array(self, key: str, otherwise: What) -> list[object]:
        value = self._value(key)
        if isinstance(value, list):
            return value
        if value is not None:
            self.wrong(key, Flaw(otherwise, shape_of(value)))
        return []


@lru_cache(maxsize=1_000)
def _slip_of(key: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(key, known, 1, 0.8)
    return near[0] if near else ""


def shape_of(value: object) -> Shape:
    """Return what sort of value it is."""
    shapes = {
        bool: Shape.FLAG,
        str: Shape.TEXT,
        int: Shape.NUMBER,
        float: Shape.FRACTION,
        list: Shape.LIST,
        dict: Shape.TABLE,
        date: Shape.DATE,
        datetime: Shape.MOMENT,
    }
    return shapes.get(type(value), Shape.TIME)
