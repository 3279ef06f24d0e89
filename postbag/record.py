"""`postbag audit`: who changed what, newest first."""

from argparse import Namespace

from letters import record
from letters.campaigns import store
from postbag.shell import Commands, Shell


def add_commands(commands: Commands) -> None:
    """Add `audit`."""
    parser = commands.add_parser("audit", help="who changed what, newest first")
    parser.add_argument("slug", nargs="?")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(act=_audit)


def _audit(shell: Shell, options: Namespace) -> int:
    with shell.database.read() as connection:
        campaign_id = store.find(connection, options.slug).id if options.slug else None
        found = record.entries(connection, campaign_id=campaign_id)
    if options.json:
        shell.document({"audit": [entry.as_json() for entry in found]})
        return 0
    for entry in found:
        by = entry.by or str(entry.door).replace("-", " ")
        words = (by, entry.slug or "-", str(entry.deed), entry.detail)
        print(f"{entry.at:%Y-%m-%d %H:%M:%S} {' '.join(words)}".rstrip())
    return 0
