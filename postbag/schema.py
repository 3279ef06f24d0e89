"""`postbag migrate`: bring the database to the newest schema, or back to that of a release."""

from argparse import Namespace

from letters.storage import migrate as migrations
from letters.storage.migrate import CannotMigrate, Schema
from postbag.shell import Commands, Refused, Shell


def add_commands(commands: Commands) -> None:
    """Add `migrate`."""
    parser = commands.add_parser("migrate", help="bring the database to the newest schema")
    parser.add_argument(
        "--back-to",
        metavar="SCHEMA",
        help="before older code is run: undo what came after its schema, which its doctor names",
    )
    parser.set_defaults(act=_migrate)


def _migrate(shell: Shell, options: Namespace) -> int:
    try:
        if options.back_to is not None:
            migrations.go_back(shell.database, options.back_to)
        elif migrations.migrate(shell.database) is Schema.NEWER:
            shell.say("The schema is newer than this code and works with it: nothing was done.")
    except CannotMigrate as error:
        raise Refused(str(error)) from error
    return 0
