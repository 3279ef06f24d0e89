"""Read people from a spreadsheet that was saved as CSV: targets, or a list. Pure.

Columns are known by their words (:mod:`letters.files.heads`), whatever stands above the head; cells
are read as people fill them in (:mod:`letters.files.cells`). A column that is no key of a target is
an attribute of each person.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from itertools import count, islice
from types import MappingProxyType
from typing import Final

from letters.campaign import Target
from letters.files.campaign_file import read_target
from letters.files.cells import is_nothing, read_day, read_email
from letters.files.checks import CheckedTable
from letters.files.faults import CellFault, Fault, Flaw, RowReport, What
from letters.files.heads import OWN, Head, find_head
from letters.files.names import NameStyle
from letters.files.rules import ATTRIBUTE
from letters.text.names import is_title
from letters.text.postcodes import read_areas, write_areas
from letters.text.visible import trim

COLUMNS: Final = OWN
_CHAMBERS: Final = MappingProxyType(
    {
        "upper": "Member of the upper house",
        "lower": "Member of the lower house",
        "legislature": "Member of the legislature",
    }
)
MOST_COLUMNS: Final = 200
_DELIMITERS: Final = ",;\t|"
_LOOKED_AT: Final = 20
_ADDRESS_LINES: Final = ("address", "address_2", "address_3", "city", "state", "postcode")
_NO_ATTRIBUTES: Final = frozenset(
    {*OWN, "first", "last", "second_last", "title", "area", "_chamber"}
)
_SEVERAL_LINES: Final = frozenset({*_ADDRESS_LINES, "areas", "email"})
_BREAK: Final = re.compile(r"(?<!\s)\s*[\r\n\t]\s*")
_INSIDE: Final = re.compile("[\u200b\u2060\ufeff\u00ad]")  # what nobody sees inside a word


@dataclass(frozen=True, slots=True)
class Most:
    """How long a list may be: to read a row costs a twentieth of a millisecond and more."""

    rows: int
    cells: int
    what: What = What.TOO_MANY_ROWS
    """What is wrong with a longer one."""

    def rows_of(self, columns: int) -> int:
        """Return how many rows of so many columns there may be."""
        return max(1, min(self.rows, self.cells // max(1, columns)))


ON_COMMAND: Final = Most(20_000, 4_000_000)
AT_DESK: Final = Most(900, 9_000, What.TOO_LONG_FOR_DESK)
"""While a request reads it, a tenth of a second, the same process answers nobody else."""


@dataclass(frozen=True, slots=True)
class TargetList:
    """What a spreadsheet holds: targets or, if anything is wrong, reports and no target."""

    targets: tuple[Target, ...]
    reports: tuple[RowReport, ...]
    remarks: tuple[RowReport, ...] = ()
    """What was read otherwise than it stands there, and should be looked at."""
    attributes: tuple[str, ...] = ()
    """The columns that are no key of a target."""
    good: tuple[Target, ...] = ()
    """The targets of the rows that nothing is wrong with."""


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    cells: Mapping[str, str]
    """By key, those that hold something."""
    has_more: bool
    """It has more cells than there are columns."""


def read_targets(csv_text: str, *, as_written: bool = False, most: Most = ON_COMMAND) -> TargetList:
    """Return the targets in a CSV text, or a report on each row that cannot be taken.

    A target without a salutation is greeted by name, with the title if there is one. Names are
    turned round and set in small letters where the list has them so, unless they are to be taken
    `as_written`, as they are in a text of `write_targets`.
    """
    text = csv_text.removeprefix("\ufeff")
    delimiter = _delimiter(text)
    head = find_head(_readable(islice(_rows(text, delimiter), _LOOKED_AT)))
    if head is None:
        flaws = [Flaw(What.NO_COLUMN, found=key) for key in OWN[:2]]
    elif len(head.cells) > MOST_COLUMNS:
        flaws = [Flaw(What.TOO_MANY_COLUMNS, most=MOST_COLUMNS)]
    else:
        flaws = head.flaws()
    if head is None or flaws:
        at = head.row if head and head.is_complete else 1
        return TargetList((), (RowReport(at, tuple(CellFault("", flaw) for flaw in flaws)),))
    rows: list[_Row] = []
    reports: dict[int, RowReport] = {}
    number, most_rows = head.row, most.rows_of(len(head.cells))
    for number, cells in _rows(text, delimiter):
        if number <= head.row:
            continue
        if number > head.row + most_rows:
            flaw = Flaw(most.what, most=most_rows)
            return TargetList((), (RowReport(number, (CellFault("", flaw),)),))
        if isinstance(cells, Flaw):
            reports[number] = RowReport(number, (CellFault("", cells),))
        elif any(cells):
            rows.append(_row_of(head, number, cells))
    people = _People.of(rows, as_written=as_written)
    targets, remarks = people.read(reports)
    if not targets and not reports:
        reports[0] = RowReport(number + 1, (CellFault("", Flaw(What.NO_ROWS)),))
    wrong = tuple(sorted(reports.values(), key=lambda report: report.row))
    return TargetList(
        () if wrong else targets,
        wrong,
        remarks,
        tuple(dict.fromkeys(key for key in head.keys if key and key not in _NO_ATTRIBUTES)),
        targets,
    )


@dataclass(frozen=True, slots=True)
class _People:
    """The rows of one list, with what holds for all of them."""

    rows: Sequence[_Row]
    style: NameStyle
    titles_are_roles: bool
    has_address: bool
    as_written: bool

    @staticmethod
    def of(rows: Sequence[_Row], *, as_written: bool) -> "_People":
        titles = [row.cells["title"] for row in rows if "title" in row.cells]
        return _People(
            rows,
            NameStyle() if as_written else NameStyle.of(row.cells.get("name", "") for row in rows),
            sum(map(is_title, titles)) * 2 < len(titles),
            any("address" in row.cells for row in rows),
            as_written,
        )

    def read(
        self, reports: dict[int, RowReport]
    ) -> tuple[tuple[Target, ...], tuple[RowReport, ...]]:
        """Return the targets of the good rows, and remarks; report on the others."""
        targets: list[Target] = []
        remarks: list[RowReport] = []
        first: dict[tuple[str, str], int] = {}
        for row in self.rows:
            target, faults, remark = self._read_row(row)
            known = (target.email.lower(), target.name)  # two people may share a mailbox
            if not faults and first.setdefault(known, row.number) != row.number:
                same = Flaw(What.SAME_AS_ROW, number=first[known])
                faults.append(CellFault("email", same, row.cells.get("email", "")))
            if faults:
                reports[row.number] = RowReport(row.number, tuple(faults))
                continue
            targets.append(target)
            if remark is not None:
                cell = row.cells.get("email", "")
                remarks.append(RowReport(row.number, (CellFault("email", remark, cell),)))
        return tuple(targets), tuple(remarks)

    def _read_row(self, row: _Row) -> tuple[Target, list[CellFault], Flaw | None]:
        cells = row.cells
        email, wrong, remark = read_email(cells.get("email", ""))
        faults: list[Fault] = []
        name, surname = self._name(cells)
        values = self._values(cells, name, surname, faults)
        values["email"] = email if wrong is None else "a@b.example"  # its fault is known
        target = read_target(CheckedTable(values, (), faults))
        found = [CellFault("email", wrong, cells.get("email", ""))] if wrong else []
        for fault in faults:
            key = str(fault.path[0])
            if key == "salutation" and key not in cells:
                continue  # it was made of the name, which has the same fault
            found.append(CellFault(key, fault.flaw, cells.get(key, "")))
        if row.has_more:
            found.append(CellFault("", Flaw(What.TOO_MANY_CELLS)))
        attributes = self._attributes(cells, found)
        return replace(target, attributes=attributes) if attributes else target, found, remark

    def _name(self, cells: Mapping[str, str]) -> tuple[str, str]:
        """Return a person's name, and the surname where it is known."""
        last = " ".join(filter(None, (cells.get("last"), cells.get("second_last"))))
        given = cells.get("first", "")
        if "name" in cells:
            name, surname = self.style.read(cells["name"])
            if last and not given and last.casefold() not in name.casefold():
                return f"{name} {last}", last  # Name, Surname
            return name, last or surname
        return self.style.read(f"{given} {last}".strip())[0], last

    def _values(
        self, cells: Mapping[str, str], name: str, surname: str, faults: list[Fault]
    ) -> dict[str, object]:
        plain = {key: cell for key, cell in cells.items() if not self._is_nothing(cell)}
        values: dict[str, object] = {
            key: plain[key] for key in ("role", "timezone") if key in plain
        }
        if name:
            values["name"] = name
        title = "" if self.titles_are_roles else plain.get("title", "")
        values["salutation"] = plain.get("salutation") or _greeted(title, name, surname)
        if self.titles_are_roles and "title" in plain:
            values.setdefault("role", plain["title"])
        if "_chamber" in plain:
            values.setdefault("role", _CHAMBERS.get(plain["_chamber"].lower(), plain["_chamber"]))
        address = _address(plain, as_written=self.as_written) if self.has_address else ""
        if address:
            values["address"] = address
        if "areas" in plain:
            values["areas"] = list(read_areas(plain["areas"]))
        elif "area" in plain:
            values["areas"] = [plain["area"]]
        if "valid_until" in plain:
            values["valid_until"] = read_day(plain["valid_until"])
            if values["valid_until"] is None:
                faults.append(Fault(("valid_until",), Flaw(What.UNREADABLE_DAY)))
        return values

    def _is_nothing(self, cell: str) -> bool:
        return not self.as_written and is_nothing(cell)

    def _attributes(
        self, cells: Mapping[str, str], found: list[CellFault]
    ) -> tuple[tuple[str, str], ...]:
        left_out = _NO_ATTRIBUTES.union(_ADDRESS_LINES if self.has_address else ())
        attributes: list[tuple[str, str]] = []
        for key, cell in cells.items():
            if key in left_out or self._is_nothing(cell):
                continue
            flaw = ATTRIBUTE.flaw(cell)
            if flaw is not None and flaw.what is not What.TOO_LONG:  # a biography, say
                found.append(CellFault(key, flaw, cell))
            elif flaw is None:
                attributes.append((key, cell))
        return tuple(sorted(attributes))


def _greeted(title: str, name: str, surname: str) -> str:
    if not title or name.lower().startswith(title.lower()):
        return name or "?"  # that the name is missing is fault enough
    is_short = title.rstrip(".").lower() in {"mr", "mrs", "ms", "miss", "mx", "dr", "prof"}
    return f"{title} {surname if is_short and surname else name}"


def _address(cells: Mapping[str, str], *, as_written: bool) -> str:
    if as_written:
        return cells.get("address", "").replace("\r\n", "\n")
    lines = [cells[key] for key in _ADDRESS_LINES if key in cells]
    # Open States puts the lines of an address into one cell, with semicolons between them.
    if lines and "\n" not in lines[0] and "address" in cells:
        lines[0] = re.sub(r"\s*;\s*", "\n", lines[0].strip("; "))
    return "\n".join(lines).replace("\r\n", "\n")


def glimpse(csv_text: str, most: int) -> tuple[int, tuple[Target, ...]]:
    """Return how many rows a text of `write_targets` has, and the targets of its first ones.

    To count rows costs a hundredth of what it costs to read them.
    """
    try:
        rows = [row for row in csv.reader(StringIO(csv_text, newline="")) if any(row)]
    except csv.Error:
        return 0, ()
    first = StringIO(newline="")
    csv.writer(first, lineterminator="\n").writerows(rows[: most + 1])
    return max(0, len(rows) - 1), read_targets(first.getvalue(), as_written=True).good


def write_targets(targets: Sequence[Target]) -> str:
    """Return a CSV text that `read_targets` takes back to equal targets."""
    out = StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    attributes = sorted({key for target in targets for key, _ in target.attributes})
    writer.writerow((*COLUMNS, *attributes))
    for target in targets:
        until = "" if target.valid_until is None else target.valid_until.isoformat()
        areas = write_areas(target.areas)
        words = (target.name, target.email, target.salutation, target.role, target.address)
        of = dict(target.attributes)
        more = (of.get(key, "") for key in attributes)
        writer.writerow((*words, target.timezone, areas, until, *more))
    return out.getvalue()


def _delimiter(text: str) -> str:
    """Return what stands between cells: what Excel's `sep=` line says, or what makes most sense."""
    if text[:4].lower() == "sep=" and text[4:5] not in {"", "\r", "\n"}:
        return text[4]

    def sense(mark: str) -> tuple[bool, int]:
        head = find_head(_readable(islice(_rows(text, mark), _LOOKED_AT)))
        return (head is not None and head.is_complete, len(head.cells) if head else 0)

    return max(_DELIMITERS, key=sense)


def _readable(
    rows: Iterable[tuple[int, list[str] | Flaw]],
) -> list[tuple[int, list[str]]]:
    return [(number, row[: MOST_COLUMNS + 1]) for number, row in rows if not isinstance(row, Flaw)]


def _rows(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | Flaw]]:
    """Yield each row with its number: its cells, or what is wrong with it."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for number in count(1):
        try:
            yield (
                number,
                [
                    trim(cell).strip() if cell.isascii() else _INSIDE.sub("", trim(cell).strip())
                    for cell in next(reader)
                ],
            )
        except StopIteration:
            return
        except csv.Error as error:
            yield number, Flaw(What.NOT_CSV, found=str(error))


def _row_of(head: Head, number: int, row: Sequence[str]) -> _Row:
    cells = {
        key: cell if key in _SEVERAL_LINES else _BREAK.sub(" ", cell)
        for key, cell in zip(head.keys, row, strict=False)
        if key and cell
    }
    return _Row(number, cells, any(row[len(head.keys) :]))
