"""`postbag areas load|find`: look-up tables, which turn a postcode into areas."""

from argparse import ArgumentTypeError, Namespace
from collections.abc import Iterable
from datetime import date
from typing import Final

from letters.campaigns import areas
from letters.campaigns.area_pages import Directory
from letters.campaigns.areas import ALWAYS
from letters.files.area_table import AreaFault, AreaReport, Wrong, read_areas_by_postcode
from letters.files.rules import SLUG
from postbag import faults
from postbag.reading import open_text
from postbag.shell import Commands, Refused, Shell

_SHOWN: Final = 20


def add_commands(commands: Commands) -> None:
    """Add `areas load|find`."""
    group = commands.add_parser("areas", help="look-up tables from postcodes to areas")
    actions = group.add_subparsers(dest="action", required=True)
    load = actions.add_parser("load", help="take a table from a CSV file")
    load.add_argument("name")
    load.add_argument("file")
    load.add_argument("--from", dest="starts", type=_day, default=ALWAYS, metavar="DATE",
                      help="the day from which the table counts")  # fmt: skip
    load.add_argument("--postcode", default="", metavar="COLUMN", help="where the postcodes are")
    load.add_argument("--area", default="", metavar="COLUMN", help="where the areas are")
    load.add_argument("--leave-out-bad", action="store_true", help="go on without faulty rows")
    load.set_defaults(act=_load)
    find = actions.add_parser("find", help="say to which areas a postcode belongs")
    find.add_argument("name")
    find.add_argument("postcode")
    find.add_argument("--on", type=_day, default=None, metavar="DATE")
    find.add_argument("--json", action="store_true")
    find.set_defaults(act=_find)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day: write it as 2027-03-31") from None


def _load(shell: Shell, o: Namespace) -> int:
    flaw = SLUG.flaw(o.name)
    if flaw:
        raise Refused(f"The name of a table {faults.words(flaw)}.")
    report = AreaReport()
    with open_text(o.file) as lines:
        directory = Directory.of(
            read_areas_by_postcode(lines, report, postcode=o.postcode, area=o.area)
        )
    _judge(shell, o, report)
    table_id = areas.write(shell.database, o.name, o.starts, directory, shell.now())
    with shell.database.write() as connection:
        table = areas.make_current(connection, table_id, shell.now())
        since = "" if table.starts == ALWAYS else f" from {table.starts}"
    areas.clear(shell.database, shell.now())
    shell.say(f"{o.name} knows {table.postcodes:,} postcodes in {table.areas:,} areas{since}.")
    return 0


def _judge(shell: Shell, o: Namespace, report: AreaReport) -> None:
    """Tell what is wrong; refuse unless that is asked to be left out and something is left."""
    if not report.faults:
        return
    sentences = [_sentence(fault) for fault in report.faults[:_SHOWN]]
    more = report.more + len(report.faults) - len(sentences)
    if more:
        sentences.append(f"And {more:,} more rows.")
    if not (o.leave_out_bad and report.rows):
        sentences.append("Nothing was stored.")
        if report.rows:
            sentences[-1] += " --leave-out-bad goes on without these rows."
        raise Refused("\n".join(sentences))
    for sentence in sentences:
        shell.say(f"Left out: {sentence}")


def _sentence(fault: AreaFault) -> str:
    columns = _listed(fault.columns)
    words = {
        Wrong.NO_HEAD: "no row names a column of postcodes and one of areas: name them with "
        f"--postcode and --area. There is {columns}.",
        Wrong.NO_COLUMN: f'there is no column "{fault.cell}". There is {columns}.',
        Wrong.SEVERAL: f"{columns} could be meant: say which with --postcode and --area.",
        Wrong.NO_ROW: "there is no row below the head: write a postcode and its area in each.",
        Wrong.NO_POSTCODE: f'"{fault.cell}" is no postcode: write one.',
        Wrong.NOT_WHOLE: f'"{fault.cell}" stands for many postcodes: write each in a row.',
        Wrong.TOO_LONG: f'"{fault.cell[:60]}" or its area is too long: a postcode has at most 16 '
        "characters, an area 64.",
        Wrong.NO_AREA: "the area is empty: fill it in, or take the row out.",
        Wrong.NOT_CSV: f"cannot be read as CSV ({fault.cell}): look at its quotes.",
    }
    return f"Row {fault.row}: {words[fault.wrong]}"


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns) or "no column"


def _find(shell: Shell, o: Namespace) -> int:
    on = o.on or shell.now().date()
    with shell.database.read() as connection:
        try:
            found = areas.find(connection, o.name, o.postcode, on)
        except areas.UnknownTable:
            known = ", ".join(areas.names(connection)) or "none"
            raise Refused(f"There is no look-up table {o.name!r}. There is: {known}.") from None
    if o.json:
        since = None if found.starts in {None, ALWAYS} else str(found.starts)
        shell.document(
            {
                "table": o.name,
                "postcode": o.postcode,
                "on": str(on),
                "from": since,
                "areas": list(found.areas),
            }
        )
    else:
        for area in found.areas:
            print(area)
    if found.areas:
        return 0
    if found.starts is None:
        raise Refused(f"No table of {o.name} has begun on {on}: choose a later day with --on.")
    raise Refused(f"{o.name} knows no area of {o.postcode!r}: look at the postcode.")
