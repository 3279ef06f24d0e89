"""Say in English what is wrong with a campaign file or a spreadsheet, and what to do."""

from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import Final

from letters.files.faults import CellFault, FileFault, Flaw, RowReport, Shape, What

_MOST_OF_CELL: Final = 60
_SHAPES: Final = MappingProxyType(
    {
        Shape.TEXT: "text",
        Shape.NUMBER: "a number",
        Shape.FRACTION: "a number with a point",
        Shape.FLAG: "true or false",
        Shape.LIST: "a list",
        Shape.TABLE: "a table",
        Shape.DATE: "a date",
        Shape.MOMENT: "a date with a time",
        Shape.TIME: "a time",
    }
)

# What follows the subject: the key of a file or the column of a spreadsheet.
_WORDS: Final[MappingProxyType[What, str | Callable[[Flaw], str]]] = MappingProxyType(
    {
        What.MISSING: "is missing: add it",
        What.UNKNOWN_KEY: lambda flaw: (
            f'is not a known key: perhaps "{flaw.near}" is meant'
            if flaw.near
            else "is not a known key: take it out"
        ),
        What.NOT_TEXT: "must be text in quotes, not {shape}",
        What.NOT_A_FLAG: "must be true or false, without quotes, not {shape}",
        What.NOT_WHOLE: "must be a whole number without quotes, not {shape}",
        What.NOT_A_DAY: "must be a date such as 2027-03-31 without quotes, not {shape}",
        What.NOT_A_MOMENT: (
            "must be a date with a time such as 2027-03-20T12:00:00, without quotes and without a "
            "zone, not {shape}"
        ),
        What.NOT_A_LIST: "must be a list of texts, not {shape}",
        What.NOT_TABLES: "must be a list of tables, not {shape}",
        What.NOT_A_TABLE: "must be a table, [{found}], not {shape}",
        What.NOT_ONE_OF_TABLES: "must be a table, not {shape}",
        What.UNREADABLE_NUMBER: "must be a whole number such as 30",
        What.UNREADABLE_DAY: "must be a date such as 2027-03-31",
        What.NOT_AN_ATTRIBUTE: 'has "{found}", which cannot be read as an attribute',
        What.UNREADABLE_MOMENT: "must be a moment such as 2027-03-01T08:00",
        What.CONTROL_CHARACTER: "has an invisible control character: type it anew",
        What.NOT_ONE_LINE: "must be one line, without a tab",
        What.TOO_LONG: "has {length} characters: shorten it to {most}",
        What.EMPTY: "is empty: fill it in",
        What.EMPTY_LIST: "is empty: put at least one into it, or take it out",
        What.OUT_OF_RANGE: "must be from {least:,} to {most:,}",
        What.NO_YEAR_OF_OURS: "must be a day of the years {least} to {most}",
        What.NOT_OFFERED: lambda flaw: (
            f"must be {_listed(flaw.options)}, not "
            + (f'"{flaw.found}"' if flaw.found else _SHAPES[flaw.shape])
        ),
        What.NOT_A_SLUG: "must be small letters a to z and digits, with hyphens only between them",
        What.NOT_A_POINT_KEY: (
            "must be letters a to z and digits, with hyphens or underscores only between them"
        ),
        What.NOT_AN_ADDRESS: "is not an e-mail address: write it as name@host.org",
        What.NOT_A_TIMEZONE: 'is not a timezone: write one such as "{near}"',
        What.NOT_AN_ORIGIN: (
            'must be an origin such as "https://example.org": https, small letters, and no path'
        ),
        What.NOT_A_URL: 'must be an address such as "https://example.org/about"',
        What.NOT_A_COLOUR: 'must be a colour such as "#14507f"',
        What.NO_SUCH_FILE: (
            'names "{found}", and there is no such file beside this one: give its plain name'
        ),
        What.LOGO_TOO_HEAVY: "has more than {most:,} bytes: make it smaller",
        What.PICTURE_TOO_LARGE: "is too large: no side may be longer than {most:,} pixels",
        What.NOT_A_PICTURE: "is no picture that can be read: give a PNG, JPEG or WebP file",
        What.PALE_ACCENT: (
            "stands out from a page by {found} to 1, and people need 4.5 to 1 to read: the nearest "
            'colour that does is "{near}"'
        ),
        What.NOT_A_WINDOW: 'must be two times such as "08:00-18:00"',
        What.HALF_A_WINDOW: "needs both times, or neither",
        What.NOT_A_WEEKDAY: lambda flaw: f"must be {_listed(flaw.options)}",
        What.STAR_INSIDE: "may have a * only at its end",
        What.STRAY_BRACE: "has a }} that ends nothing: write }}}} for a plain brace",
        What.NOT_A_MERGE_FIELD: lambda flaw: (
            f"has {flaw.found}, which is not a merge field: use "
            + ", ".join(f"{{{field}}}" for field in flaw.options)
            + ", or write {{ for a plain brace"
        ),
        What.A_DAY_TWICE: "names a day twice: name it once",
        What.SUBJECTS_AND_SUBJECT: "stands beside letter.subject: keep one of the two",
        What.PRIVACY_AND_URL: "stands beside privacy: keep one of the two",
        What.NO_ORGANISATION: lambda flaw: (
            f"is missing, and there are several: name {_listed(flaw.options)}"
        ),
        What.UNKNOWN_ORGANISATION: lambda flaw: (
            f'names "{flaw.found}", which is not there: '
            + (f"name {_listed(flaw.options)}, or " if flaw.options else "")
            + "load it first with `postbag organisation load`"
        ),
        What.SAME_AS_POINT: "is that of point {number} too: choose another",
        What.SAME_AS_TARGET: "is that of target {number} too: keep one of the two",
        What.SAME_AS_ROW: "is that of row {number} too: keep one of the two",
        What.SAME_AS_VERSION: "is that of version {number} too: choose another",
        What.WANTS_NOTHING: (
            'must name attributes and their values, such as {{party = ["Green", "Labour"]}}'
        ),
        What.NO_SUCH_POINT: lambda flaw: (
            f'names "{flaw.found}", which is no point of the letter: use {_listed(flaw.options)}'
        ),
        What.NOT_ASKED: 'must be true, false or "optional", not {shape}',
        What.NO_TARGETS: "are missing: add at least one under [[targets]]",
        What.AFTER_THE_END: "comes after the last day, ends: choose an earlier moment",
        What.OPENS_AFTER_THE_END: "comes after the last day, ends: choose an earlier moment",
        What.AREA_WITHOUT_POSTCODE: 'is "area": add asks_postcode = true',
        What.AREA_WITHOUT_AREAS: 'is "area": give at least one target its areas',
        What.TOGETHER_TOO_LONG: (
            "and the points come to {length:,} characters: shorten them to {most:,} together"
        ),
        What.FILLED_IN_TOO_LONG: "has {length} characters when filled in: shorten it to {most}",
        What.NAMES_WRITER: (
            'says {found}, and identical = "digest" sends one text for all: take it out, or leave '
            "identical out"
        ),
        What.NOT_TOML: "cannot be read as TOML ({found}): correct it and try again",
        What.NOT_CSV: "cannot be read as CSV ({found}): look at its quotes",
        What.COLUMN_TWICE: 'the column "{found}" is there twice: keep one of the two',
        What.UNKNOWN_COLUMN: '"{found}" is not a known column: perhaps "{near}" is meant',
        What.NO_COLUMN: lambda flaw: (
            f'there is no column "{flaw.found}": '
            + (f"rename one of {_listed(flaw.options)}" if flaw.options else "add it to the head")
        ),
        What.NO_ADDRESS_THERE: "says that there is none: find the address, or leave the row out",
        What.ADDRESS_NOT_ASCII: (
            "has letters before the @ that mail cannot be counted on to reach: ask for another"
        ),
        What.FIRST_OF_SEVERAL: "has several addresses: {found} is taken",
        What.TOO_MANY_CELLS: "it has more cells than there are columns: look at its quotes",
        What.TOO_LONG_FOR_DESK: "has more than {most} rows, the most that the desk reads",
        What.TOO_MANY_ROWS: "has more than {most} rows: divide it",
        What.TOO_MANY_COLUMNS: "has more than {most} columns: take out what is not about people",
        What.NO_ROWS: "there is no target: write one in each row",
    }
)


def of_file(fault: FileFault) -> str:
    """Return what is wrong with a TOML file as one sentence, with its line and key."""
    return f"Line {fault.line}: {fault.key or 'this'} {words(fault.flaw)}."


def of_rows(reports: Iterable[RowReport]) -> list[str]:
    """Return what is wrong with a spreadsheet, a sentence with row and cell for each fault."""
    return [f"Row {report.row}: {_of_cell(fault)}" for report in reports for fault in report.faults]


def words(flaw: Flaw) -> str:
    """Return what is wrong and what to do, without its subject and its full stop."""
    worded = _WORDS[flaw.what]
    if callable(worded):
        return worded(flaw)
    return worded.format(
        shape=_SHAPES[flaw.shape],
        found=flaw.found,
        near=flaw.near,
        length=flaw.length,
        least=flaw.least,
        most=flaw.most,
        number=flaw.number,
    )


def _of_cell(fault: CellFault) -> str:
    cell = " ".join(fault.cell.split())
    cell = f'"{cell[:_MOST_OF_CELL]}…"' if len(cell) > _MOST_OF_CELL else f'"{cell}"'
    subject = f"{fault.column} {cell if fault.cell else ''}".strip()
    return f"{subject} {words(fault.flaw)}.".lstrip()


def _listed(options: Iterable[str]) -> str:
    *first, last = [f'"{option}"' for option in options] or ["what there is"]
    return f"{', '.join(first)} or {last}" if first else last
