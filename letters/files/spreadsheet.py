"""Read targets from a spreadsheet that was saved as CSV. Pure.

The columns are the keys of a target in a campaign file, and those of the CSV files that Open States
gives out about legislators, such as https://data.openstates.org/people/current/tx.csv.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from io import StringIO
from itertools import count
from types import MappingProxyType
from typing import Final

from letters.campaign import Target
from letters.files.campaign_file import read_target
from letters.files.checks import CheckedTable
from letters.files.faults import CellFault, Fault, Flaw, RowReport, What
from letters.text.postcodes import read_areas, write_areas

COLUMNS: Final = (
    "name",
    "email",
    "salutation",
    "role",
    "address",
    "timezone",
    "areas",
    "valid_until",
)
_OPEN_STATES: Final = ("current_district", "current_chamber", "capitol_address")
_CHAMBERS: Final = MappingProxyType(
    {
        "upper": "Member of the upper house",
        "lower": "Member of the lower house",
        "legislature": "Member of the legislature",
    }
)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class TargetList:
    """What a spreadsheet holds: targets or, if anything is wrong, reports and no target."""

    targets: tuple[Target, ...]
    reports: tuple[RowReport, ...]
    ignored: tuple[str, ...] = ()
    """The columns that say nothing about a target to us."""


def read_targets(csv_text: str) -> TargetList:
    """Return the targets in a CSV text with commas, semicolons or tabs, or a report on each row.

    Column names may be in any case and order. A target without a salutation is greeted by name.
    Areas stand in one cell, with spaces, commas or semicolons between them. Where we have no column
    of our own, Open States' `current_district` is an area, `current_chamber` a role and
    `capitol_address` an address. A party is no part of how people are addressed.
    """
    text = csv_text.removeprefix("\ufeff")
    delimiter = max(",;\t", key=lambda mark: len(set(_names(text, mark)) & set(COLUMNS)))
    names = _names(text, delimiter)
    wrong = _head_faults(names)
    if wrong:
        return TargetList((), (RowReport(1, wrong),))
    targets: list[Target] = []
    reports: list[RowReport] = []
    first: dict[str, int] = {}
    number = 1
    for number, row in _rows(text, delimiter):
        if isinstance(row, Flaw):
            reports.append(RowReport(number, (CellFault("", row),)))
            continue
        if number == 1 or not any(row):
            continue
        target, faults = _read_row(names, row)
        email = target.email.lower()
        if email and first.setdefault(email, number) != number:
            same = Flaw(What.SAME_AS_ROW, number=first[email])
            faults.append(CellFault("email", same, target.email))
        if faults:
            reports.append(RowReport(number, tuple(faults)))
        targets.append(target)
    if not targets and not reports:
        reports.append(RowReport(number + 1, (CellFault("", Flaw(What.NO_ROWS)),)))
    ignored = tuple(name for name in names if name and name not in (*COLUMNS, *_OPEN_STATES))
    return TargetList(() if reports else tuple(targets), tuple(reports), ignored)


def write_targets(targets: Sequence[Target]) -> str:
    """Return a CSV text that `read_targets` takes back to equal targets."""
    out = StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for target in targets:
        until = "" if target.valid_until is None else target.valid_until.isoformat()
        areas = write_areas(target.areas)
        words = (target.name, target.email, target.salutation, target.role, target.address)
        writer.writerow((*words, target.timezone, areas, until))
    return out.getvalue()


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | Flaw]]:
    """Yield each row with its number: its cells, or what is wrong with it."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for number in count(1):
        try:
            yield number, [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            yield number, Flaw(What.NOT_CSV, found=str(error))


def _names(text: str, delimiter: str) -> list[str]:
    _, row = next(_rows(text, delimiter), (1, []))
    return [] if isinstance(row, Flaw) else [name.lower() for name in row]


def _head_faults(names: Sequence[str]) -> tuple[CellFault, ...]:
    flaws = [
        Flaw(What.COLUMN_TWICE, found=name)
        for name in (*COLUMNS, *_OPEN_STATES)
        if names.count(name) > 1
    ]
    absent = [name for name in COLUMNS if name not in names]
    for name in names:
        near = get_close_matches(name, absent, 1, 0.75)
        if near and name not in COLUMNS:
            flaws.append(Flaw(What.UNKNOWN_COLUMN, found=name, near=near[0]))
            absent.remove(near[0])
    flaws += [Flaw(What.NO_COLUMN, found=name) for name in ("name", "email") if name in absent]
    return tuple(CellFault("", flaw) for flaw in flaws)


def _read_row(names: Sequence[str], row: Sequence[str]) -> tuple[Target, list[CellFault]]:
    cells = {name: cell for name, cell in zip(names, row, strict=False) if cell}
    faults: list[Fault] = []
    target = read_target(CheckedTable(_values(cells, faults), (), faults))
    if "salutation" not in cells:
        target = replace(target, salutation=target.name)
    columns = [(str(fault.path[0]), fault.flaw) for fault in faults]
    found = [CellFault(column, flaw, cells.get(column, "")) for column, flaw in columns]
    if any(row[len(names) :]):
        found.append(CellFault("", Flaw(What.TOO_MANY_CELLS)))
    return target, found


def _values(cells: Mapping[str, str], faults: list[Fault]) -> dict[str, object]:
    values: dict[str, object] = {name: cells[name] for name in COLUMNS if name in cells}
    values.setdefault("salutation", "?")  # until the name is known
    if "address" in cells:
        values["address"] = cells["address"].replace("\r\n", "\n")
    elif "capitol_address" in cells:
        values["address"] = re.sub(r"\s*;\s*", "\n", cells["capitol_address"].strip("; "))
    if "areas" in cells:
        values["areas"] = list(read_areas(cells["areas"]))
    elif "current_district" in cells:
        values["areas"] = [cells["current_district"]]
    if "role" not in cells and "current_chamber" in cells:
        chamber = cells["current_chamber"]
        values["role"] = _CHAMBERS.get(chamber.lower(), chamber)
    if "valid_until" in cells:
        values["valid_until"] = _day(cells["valid_until"])
        if values["valid_until"] is None:
            faults.append(Fault(("valid_until",), Flaw(What.UNREADABLE_DAY)))
    return values


def _day(cell: str) -> date | None:
    try:
        return date.fromisoformat(cell) if _DATE.fullmatch(cell) else None
    except ValueError:
        return None
