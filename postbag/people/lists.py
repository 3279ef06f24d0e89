"""`postbag list load|dump|show`: lists of people, loaded once and used by many campaigns."""

import sys
from argparse import Namespace
from collections.abc import Iterable

from letters.campaign import Target
from letters.campaigns import following, lists
from letters.campaigns.lists import Comparison, NobodyToWriteTo
from letters.files.rules import LIST_NAME
from letters.files.spreadsheet import TargetList, read_targets, write_targets
from postbag import faults
from postbag.reading import read_text
from postbag.shell import Commands, Refused, Shell
from postbag.waking import wake_workers

_SHOWN = 20


def add_commands(commands: Commands) -> None:
    """Add `list load|dump|show`."""
    group = commands.add_parser("list", help="lists of people that campaigns write to")
    actions = group.add_subparsers(dest="action", required=True)
    load = actions.add_parser("load", help="take a list from a CSV file, and compare it")
    load.add_argument("name")
    load.add_argument("file")
    load.add_argument("--dry-run", action="store_true", help="only tell what would change")
    load.add_argument("--leave-out-bad", action="store_true", help="go on without faulty rows")
    load.set_defaults(act=_load)
    dump = actions.add_parser("dump", help="print a list as a file that `load` takes")
    dump.add_argument("name")
    dump.set_defaults(act=_dump)
    show = actions.add_parser("show", help="show all lists, or the people of one")
    show.add_argument("name", nargs="?")
    show.add_argument("--json", action="store_true")
    show.set_defaults(act=_show)


def _load(shell: Shell, o: Namespace) -> int:
    flaw = LIST_NAME.flaw(o.name)
    if flaw:
        raise Refused(f"The name of a list {faults.words(flaw)}.")
    table = read_targets(read_text(o.file))
    _judge(shell, o, table)
    try:
        if o.dry_run:
            with shell.database.read() as connection:
                compared = following.compared_with_kept(connection, o.name, table.good)
        else:
            with shell.database.write() as connection:
                compared = following.load(connection, o.name, table.good, shell.now())
    except NobodyToWriteTo as error:
        raise Refused(
            f"{error} follows this list and would have nobody to write to: nothing was stored."
        ) from error
    _tell(shell, compared)
    number = len(table.good)
    if o.dry_run:
        shell.say(f"{o.name} would have {number:,} people. Nothing was stored.")
        return 0
    wake_workers(shell)
    shell.say(f"{o.name} has {number:,} people.")
    return 0


def _judge(shell: Shell, o: Namespace, table: TargetList) -> None:
    for remark in faults.of_rows(table.remarks):
        shell.say(remark)
    if not table.reports:
        return
    sentences = faults.of_rows(table.reports)
    if not (o.leave_out_bad and table.good):
        sentences.append("Nothing was stored.")
        if table.good:
            sentences[-1] += " --leave-out-bad goes on without these rows."
        raise Refused("\n".join(sentences))
    for sentence in sentences:
        shell.say(f"Left out: {sentence}")


def _tell(shell: Shell, compared: Comparison) -> None:
    for word, people in (
        ("New", compared.new),
        ("Changed", compared.changed),
        ("Gone", compared.gone),
    ):
        if people:
            shell.say(f"{word}: {len(people):,} ({_listed(people)})")
    for left, follows in compared.successors:
        shell.say(
            f"{follows.name} has the seat of {left.name}: `postbag targets successor SLUG "
            f"{left.email} {follows.email}` asks the writers whose letters wait."
        )


def _listed(people: Iterable[Target]) -> str:
    everybody = [f"{person.name}, {person.email}" for person in people]
    more = len(everybody) - _SHOWN
    return "; ".join(everybody[:_SHOWN]) + (f"; and {more:,} more" if more > 0 else "")


def _dump(shell: Shell, o: Namespace) -> int:
    with shell.database.read() as connection:
        sys.stdout.write(write_targets(lists.find(connection, o.name)))
    return 0


def _show(shell: Shell, o: Namespace) -> int:
    with shell.database.read() as connection:
        if o.name is None:
            known = [
                {
                    "name": name,
                    "people": number,
                    "loaded_at": at.isoformat(),
                    "campaigns": [
                        stored.campaign.slug for stored in following.followers(connection, name)
                    ],
                }
                for name, number, at in lists.names(connection)
            ]
            if o.json:
                shell.document({"lists": known})
            for one in [] if o.json else known:
                print(f"{one['name']}: {one['people']} people")
            return 0
        content = lists.find(connection, o.name)
        slugs = [stored.campaign.slug for stored in following.followers(connection, o.name)]
    if o.json:
        people = [lists.definition(person) for person in content]
        shell.document({"name": o.name, "campaigns": slugs, "people": people})
        return 0
    for person in content:
        print(f"{person.name} <{person.email}>" + (f", {person.role}" if person.role else ""))
    return 0
