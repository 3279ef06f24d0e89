"""`postbag ledger`: the books, counted letter by letter."""

from argparse import Namespace

from letters.books import ledger
from letters.campaigns import store
from postbag.shell import Commands, Shell


def add_commands(commands: Commands) -> None:
    """Add `ledger`."""
    parser = commands.add_parser("ledger", help="count every letter and compare the books")
    parser.add_argument("slug", nargs="?")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(act=_ledger)


def _ledger(shell: Shell, options: Namespace) -> int:
    with shell.database.read() as connection:
        if options.slug:
            store.find(connection, options.slug)
        counted = ledger.count(connection, options.slug)
    if options.json:
        shell.document({"campaigns": {slug: books.as_json() for slug, books in counted.items()}})
    else:
        for slug, books in counted.items():
            parts = " + ".join(f"{n} {state}" for state, n in sorted(books.states.items()))
            print(f"{slug}: {books.submitted} letters = {parts or 0}")
    wrong = [slug for slug, books in counted.items() if not books.reconciled]
    for slug in wrong:
        shell.say(
            f"The books of {slug} do not agree with its letters: pause it and report this as a bug."
        )
    return 1 if wrong else 0
