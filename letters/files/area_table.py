"""Read a table that says to which areas postcodes belong, saved as CSV. Pure.

Such tables have millions of rows: they are read row by row, and only postcode and area are kept.
"""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from letters.files.heads import known_as, without_brackets, words
from letters.text.postcodes import normalise_postcode

_MOST_BEFORE_HEAD: Final = 20
MOST_FAULTS: Final = 50
"""So many faulty rows are kept; the rest is counted."""

_MANY: Final = frozenset("*,;|")
_POSTCODE_WORDS: Final = words(
    "postcode postcodes postal-code pcd pcds pcd2 pcd7 pcd8 zip zip-code zip5 zcta zcta5 plz "
    "postleitzahl code-postal código-postal cod-postal cap eircode pincode الرمز-البريدي رمز-بريدي"
)
_AREA_WORDS: Final = words(
    "area areas area-name constituency constituency-name parliamentary-constituency district "
    "district-name congressional-district electoral-district electorate electorate-name riding "
    "ward ward-name division circonscription circunscripción distrito wahlkreis zona cd pcon "
    "المنطقة منطقة الدائرة الدائرة-الانتخابية دائرة"
)


class Wrong(StrEnum):
    """What is wrong with a table, or with a row of it."""

    NO_HEAD = "no-head"
    """No row has a column of postcodes and one of areas."""
    NO_COLUMN = "no-column"
    """There is no column of the name that was given."""
    SEVERAL = "several"
    """Several columns could be meant."""
    NO_ROW = "no-row"
    """There is no row below the head."""
    NO_POSTCODE = "no-postcode"
    NOT_WHOLE = "not-whole"
    """A star stands for many postcodes, and so does a list of them."""
    TOO_LONG = "too-long"
    NO_AREA = "no-area"
    NOT_CSV = "not-csv"


@dataclass(frozen=True, slots=True)
class AreaFault:
    """What is wrong with one row, or with the head."""

    row: int
    """From 1, as spreadsheet programs number rows."""
    wrong: Wrong
    cell: str = ""
    """What stands there."""
    columns: tuple[str, ...] = ()
    """Where the head is meant: what it has."""


@dataclass(slots=True)
class AreaReport:
    """What was wrong in a table."""

    faults: list[AreaFault] = field(default_factory=list)
    more: int = 0
    """Faulty rows beyond those."""
    rows: int = 0
    """Rows that were taken."""

    def tell(self, fault: AreaFault) -> None:
        """Keep a fault, or count it."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)
        else:
            self.more += 1


def read_areas_by_postcode(
    lines: Iterable[str], report: AreaReport, *, postcode: str = "", area: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield a postcode, in the form that is compared, and an area for each row.

    Columns are known by their names where none are given. What is wrong goes into the report.
    """
    rows = _rows(lines, report)
    columns = _columns(rows, report, postcode, area)
    if columns is None:
        return
    at_postcode, at_area = columns
    known_areas: dict[str, str] = {}
    for number, row in rows:
        typed = row[at_postcode] if at_postcode < len(row) else ""
        name = row[at_area] if at_area < len(row) else ""
        code = normalise_postcode(typed)
        cleaned = known_areas.get(name)
        if cleaned is None:
            cleaned = known_areas.setdefault(name, " ".join(name.split()))
        wrong = _wrong_with(code, cleaned)
        if wrong is None:
            report.rows += 1
            yield code, cleaned
        elif any(cell.strip() for cell in row):
            report.tell(AreaFault(number, wrong, name if wrong is Wrong.NO_AREA else typed))
    if not report.rows and not report.faults:
        report.tell(AreaFault(1, Wrong.NO_ROW))


def _wrong_with(code: str, area: str) -> Wrong | None:
    if not code:
        return Wrong.NO_POSTCODE
    if not _MANY.isdisjoint(code):
        return Wrong.NOT_WHOLE
    if not area:
        return Wrong.NO_AREA
    return Wrong.TOO_LONG if len(code) > 16 or len(area) > 64 else None


def _rows(lines: Iterable[str], report: AreaReport) -> Iterator[tuple[int, list[str]]]:
    lines = iter(lines)
    first = next(lines, "").removeprefix("\ufeff")
    delimiter = first.strip()[4:5] if first[:4].lower() == "sep=" else ""
    before = [first]
    for line in lines:
        before.append(line)
        if len(before) == _MOST_BEFORE_HEAD:
            break
    delimiter = delimiter or max(",;\t|", key="".join(before).count)

    def all_lines() -> Iterator[str]:
        yield from before
        yield from lines

    reader = csv.reader(all_lines(), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            yield number, next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            report.tell(AreaFault(number, Wrong.NOT_CSV, str(error)))


def _columns(
    rows: Iterator[tuple[int, list[str]]], report: AreaReport, postcode: str, area: str
) -> tuple[int, int] | None:
    """Return where postcode and area stand, once the head has been read."""
    first: list[str] = []
    for number, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        first = first or row
        places = _places(row, postcode, _POSTCODE_WORDS), _places(row, area, _AREA_WORDS)
        if all(places):
            several = next((found for found in places if len(found) > 1), None)
            if several is None:
                return places[0][0], places[1][0]
            names = tuple(row[place].strip() for place in several)
            report.tell(AreaFault(number, Wrong.SEVERAL, columns=names))
            return None
        if number >= _MOST_BEFORE_HEAD:
            break
    names = tuple(cell.strip() for cell in first if cell.strip())
    report.tell(AreaFault(1, *_what_is_missing(first, postcode, area), names))
    return None


def _places(row: list[str], name: str, words: frozenset[str]) -> list[int]:
    wanted = frozenset({known_as(name)}) if name else words
    found = [place for place, cell in enumerate(row) if known_as(cell) in wanted] or [
        place for place, cell in enumerate(row) if known_as(without_brackets(cell)) in wanted
    ]
    exact = [place for place in found if row[place].strip() == name]
    return exact[:1] or found


def _what_is_missing(head: list[str], postcode: str, area: str) -> tuple[Wrong, str]:
    for name in (postcode, area):
        if name and not _places(head, name, frozenset()):
            return Wrong.NO_COLUMN, name
    return Wrong.NO_HEAD, ""
