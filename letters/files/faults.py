"""What can be wrong with a campaign file, a form or a spreadsheet, as data. Pure.

A fault says where it is, what it is, and with which values. Whoever shows it to a person words it:
the command line in English, the desk in its reader's language.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

Path = tuple[str | int, ...]
"""The keys that lead to a value; a number, from 0, is a place in an array."""


class What(Enum):
    """What is wrong with a value. In brackets: the values that a flaw then has."""

    MISSING = auto()
    UNKNOWN_KEY = auto()
    """[near, if some known key looks like it]"""

    NOT_TEXT = auto()
    """[shape]"""
    NOT_A_FLAG = auto()
    """[shape]"""
    NOT_WHOLE = auto()
    """[shape]"""
    NOT_A_DAY = auto()
    """[shape]"""
    NOT_A_MOMENT = auto()
    """[shape]: no date with a time, or one with a zone of its own."""
    NOT_A_LIST = auto()
    """[shape]: of texts."""
    NOT_TABLES = auto()
    """[shape]: no list of tables."""
    NOT_A_TABLE = auto()
    """[shape, found: its key]"""
    NOT_ONE_OF_TABLES = auto()
    """[shape]"""

    UNREADABLE_NUMBER = auto()
    """Typed into a form or a cell, where every value is text."""
    UNREADABLE_DAY = auto()
    UNREADABLE_MOMENT = auto()
    """Typed into a form or a cell, where every value is text."""
    NOT_AN_ATTRIBUTE = auto()
    """[found]: typed into a form, where attributes are lines."""

    CONTROL_CHARACTER = auto()
    NOT_ONE_LINE = auto()
    TOO_LONG = auto()
    """[length, most]"""
    EMPTY = auto()
    EMPTY_LIST = auto()
    OUT_OF_RANGE = auto()
    """[least, most]"""
    NO_YEAR_OF_OURS = auto()
    """[least, most]"""
    NOT_OFFERED = auto()
    """[options; found, or shape where it is no printable text]"""

    NOT_A_SLUG = auto()
    NOT_A_POINT_KEY = auto()
    NOT_AN_ADDRESS = auto()
    NOT_A_TIMEZONE = auto()
    """[near]"""
    NOT_AN_ORIGIN = auto()
    NOT_A_URL = auto()
    NOT_A_COLOUR = auto()
    NO_SUCH_FILE = auto()
    """[found]: no file of this name stands beside the one that names it."""
    LOGO_TOO_HEAVY = auto()
    """[most: bytes]"""
    PICTURE_TOO_LARGE = auto()
    """[most: pixels on a side]"""
    NOT_A_PICTURE = auto()
    PALE_ACCENT = auto()
    """[found: its contrast to one, near: the nearest colour that passes]"""
    NOT_A_WINDOW = auto()
    HALF_A_WINDOW = auto()
    NOT_A_WEEKDAY = auto()
    """[options]"""
    STAR_INSIDE = auto()
    STRAY_BRACE = auto()
    NOT_A_MERGE_FIELD = auto()
    """[found, options]"""

    A_DAY_TWICE = auto()
    SUBJECTS_AND_SUBJECT = auto()
    PRIVACY_AND_URL = auto()
    NO_ORGANISATION = auto()
    """[options: their keys]: there are several, and none is named."""
    UNKNOWN_ORGANISATION = auto()
    """[found, options: the keys that there are]"""
    SAME_AS_POINT = auto()
    """[number]"""
    SAME_AS_TARGET = auto()
    """[number]"""
    SAME_AS_ROW = auto()
    """[number]"""
    SAME_AS_VERSION = auto()
    """[number]"""
    WANTS_NOTHING = auto()
    """A version's `when`, or what a list is narrowed down to, names no attribute."""
    NO_SUCH_POINT = auto()
    """[found, options]"""
    NOT_ASKED = auto()
    """[shape]: neither true nor false nor "optional"."""
    NO_TARGETS = auto()
    AFTER_THE_END = auto()
    """It matters by a moment when the campaign is over."""
    OPENS_AFTER_THE_END = auto()
    AREA_WITHOUT_POSTCODE = auto()
    AREA_WITHOUT_AREAS = auto()
    TOGETHER_TOO_LONG = auto()
    """[length, most]: the opening and all points."""
    FILLED_IN_TOO_LONG = auto()
    """[length, most]"""
    NAMES_WRITER = auto()
    """[found: the merge field], in a text that one digest has for all."""

    NOT_TOML = auto()
    """[found: the parser's words, which are English]"""

    NOT_CSV = auto()
    """[found: the reader's words, which are English]"""
    COLUMN_TWICE = auto()
    """[found]"""
    UNKNOWN_COLUMN = auto()
    """[found, near]"""
    NO_COLUMN = auto()
    """[found, options: the columns that are there]"""
    TOO_MANY_CELLS = auto()
    TOO_MANY_ROWS = auto()
    TOO_LONG_FOR_DESK = auto()
    """[most]"""
    TOO_MANY_COLUMNS = auto()
    """[most]"""
    NO_ADDRESS_THERE = auto()
    """The cell says that there is none: "N/A", a dash."""
    ADDRESS_NOT_ASCII = auto()
    FIRST_OF_SEVERAL = auto()
    """[found: the address that was taken]. A remark."""
    NO_ROWS = auto()


class Shape(Enum):
    """What sort of value stands where another belongs."""

    TEXT = auto()
    NUMBER = auto()
    FRACTION = auto()
    FLAG = auto()
    LIST = auto()
    TABLE = auto()
    DATE = auto()
    MOMENT = auto()
    TIME = auto()


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with one value, wherever it stands."""

    what: What
    shape: Shape = Shape.TEXT
    """Of what stands there."""
    found: str = ""
    """What stands there, or the part of it that is wrong."""
    near: str = ""
    """What may have been meant."""
    options: tuple[str, ...] = ()
    """What would do."""
    length: int = 0
    """Characters."""
    least: int = 0
    most: int = 0
    number: int = 0
    """From 1: which other one it is the same as."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One value that has a flaw."""

    path: Path
    flaw: Flaw


@dataclass(frozen=True, slots=True)
class FileFault:
    """One thing that is wrong with a TOML file."""

    key: str
    """Such as `targets[2].email`, counted from 1; empty if the file is not TOML."""
    line: int
    """From 1. For what is missing, the line of the table that lacks it."""
    flaw: Flaw


@dataclass(frozen=True, slots=True)
class CellFault:
    """One thing that is wrong in one row of a spreadsheet."""

    column: str
    """The key that the column is read as; empty where the whole row is meant."""
    flaw: Flaw
    cell: str = ""
    """The text of the cell, as it stands there."""


@dataclass(frozen=True, slots=True)
class RowReport:
    """What is wrong with one row. The row of the column names is row 1."""

    row: int
    faults: tuple[CellFault, ...]


MISSING: Final = Flaw(What.MISSING)
