"""Read targets from a spreadsheet saved as CSV, row by row. Nothing is stored here."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final
from zoneinfo import available_timezones

from letters.addresses import is_address
from letters.campaign import Target

# Column names of Open States' "people" CSV exports.
_OTHER_NAMES: Final = MappingProxyType(
    {"current_district": "areas", "capitol_address": "address", "current_chamber": "role"}
)


@dataclass(frozen=True, slots=True)
class RowReport:
    """What is wrong with one row; the head is row 1."""

    row: int
    errors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TargetList:
    """The targets in a file, and a report on every row that is wrong."""

    targets: tuple[Target, ...]
    reports: tuple[RowReport, ...]


def read_targets(csv_text: str) -> TargetList:
    """Return the targets in a CSV file with comma, semicolon or TAB, and a head row."""
    text = csv_text.removeprefix("\ufeff")
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    names = [name.strip().lower() for name in reader.fieldnames or ()]
    missing = [name for name in ("name", "email") if name not in names]
    if missing:
        return TargetList((), (RowReport(1, (f"the column {missing[0]} is missing",)),))
    targets: list[Target] = []
    reports: list[RowReport] = []
    seen: set[str] = set()
    for number, raw in enumerate(reader, start=2):
        row = {
            _OTHER_NAMES.get(key.strip().lower(), key.strip().lower()): (value or "").strip()
            for key, value in raw.items()
            if isinstance(key, str) and isinstance(value, str)
        }
        if not any(row.values()):
            continue
        errors = _errors(row, seen)
        if errors:
            reports.append(RowReport(number, tuple(errors)))
            continue
        seen.add(row["email"].lower())
        targets.append(_target(row))
    if not targets and not reports:
        reports.append(RowReport(2, ("there is no row with a target",)))
    return TargetList(tuple(targets), tuple(reports))


def _errors(row: Mapping[str, str], seen: set[str]) -> list[str]:
    errors = []
    if not row.get("name"):
        errors.append("the name is missing")
    email = row.get("email", "")
    if not is_address(email):
        errors.append(f"“{email}” is no e-mail address")
    elif email.lower() in seen:
        errors.append(f"{email} is listed twice")
    if row.get("timezone") and row["timezone"] not in available_timezones():
        errors.append(f"“{row['timezone']}” is no timezone; write it like Europe/London")
    if row.get("valid_until"):
        try:
            date.fromisoformat(row["valid_until"])
        except ValueError:
            errors.append(f"“{row['valid_until']}” is no date; write it like 2027-01-31")
    return errors


def _target(row: Mapping[str, str]) -> Target:
    areas = row.get("areas", "").replace(";", " ").replace(",", " ").split()
    return Target(
        name=row["name"],
        email=row["email"],
        salutation=row.get("salutation") or row["name"],
        role=row.get("role", ""),
        address=row.get("address", "").replace("; ", "\n"),
        timezone=row.get("timezone") or "UTC",
        areas=tuple(areas),
        valid_until=date.fromisoformat(row["valid_until"]) if row.get("valid_until") else None,
    )
