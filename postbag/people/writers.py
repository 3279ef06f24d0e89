"""`postbag writer show|link|erase EMAIL`: help one person, over all campaigns."""

from argparse import Namespace

from letters.notices.links import Links
from letters.receipts import erasure, writers
from letters.record import COMMAND_LINE
from letters.text.addresses import BadAddress, read_address
from letters.tokens import Tokens
from postbag.shell import Commands, Refused, Shell


def add_commands(commands: Commands) -> None:
    """Add `writer show`, `writer link` and `writer erase`."""
    writer = commands.add_parser("writer", help="help one person, by their address")
    actions = writer.add_subparsers(dest="action", required=True)
    show = actions.add_parser("show", help="all that is kept of them")
    show.add_argument("email")
    show.add_argument("--json", action="store_true")
    show.set_defaults(act=_show)
    link = actions.add_parser("link", help="mail them the links to what they handed in")
    link.add_argument("email")
    link.set_defaults(act=_link)
    erase = actions.add_parser("erase", help="withdraw what has not left, and erase all of it")
    erase.add_argument("email")
    erase.set_defaults(act=_erase)


def _address(typed: str) -> str:
    try:
        return read_address(typed)
    except BadAddress as error:
        raise Refused(f"{typed} is no e-mail address: write it as name@host.org.") from error


def _show(shell: Shell, options: Namespace) -> int:
    email = _address(options.email)
    with shell.database.write() as connection:  # that somebody looked is in the record
        found = writers.of_address(connection, email, shell.now(), by=COMMAND_LINE)
    if options.json:
        shell.document({"submissions": [each.as_json() for each in found]})
        return 0
    if not found:
        shell.say("Nothing is kept of this address.")
    for each in found:
        kept = each.receipt
        at = kept.submitted_at.isoformat()
        print(f"{kept.campaign_slug}: {kept.name} <{kept.email}>, {at}")
        for letter in kept.letters:
            print(f"  {letter.id} to {letter.target.name}: {letter.state}")
    return 0


def _link(shell: Shell, options: Namespace) -> int:
    email = _address(options.email)
    links = Links(shell.settings.public_url, Tokens(shell.settings.secret_keys))
    with shell.database.write() as connection:
        number = writers.mail_links(connection, links, email, shell.now(), by=COMMAND_LINE)
    if not number:
        raise Refused("Nothing is kept of this address, so there is no link to mail.")
    shell.say(f"Links on their way: {number}.")
    return 0


def _erase(shell: Shell, options: Namespace) -> int:
    email = _address(options.email)
    try:
        with shell.database.write() as connection:
            number = writers.erase(connection, email, shell.now(), by=COMMAND_LINE)
    except erasure.StillLeaving as error:
        raise Refused(
            "A letter or a mail of theirs is leaving at this moment: try again in a minute."
        ) from error
    erasure.forget_pages(shell.database)
    shell.say(
        f"Submissions erased: {number}. Back-ups keep them until they are replaced, and SendGrid "
        "keeps what it has sent for as long as its own rules say."
    )
    return 0
