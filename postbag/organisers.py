"""`postbag organiser`: who may see and steer the campaigns."""

from argparse import Namespace

from letters import organisers
from letters.addresses import is_address
from postbag.shell import Commands, Refused, Shell


def add_commands(commands: Commands) -> None:
    """Add `organiser invite`."""
    organiser = commands.add_parser("organiser", help="invite an organiser")
    invite = organiser.add_subparsers(dest="action", required=True).add_parser("invite")
    invite.add_argument("email")
    invite.set_defaults(act=_invite)


def _invite(shell: Shell, options: Namespace) -> int:
    if not is_address(options.email):
        raise Refused(f"{options.email} is no e-mail address: it should read like name@host.org.")
    with shell.database.write() as connection:
        token = organisers.invite(connection, options.email, shell.now())
    shell.say("The link signs in once, within two days.")
    print(f"{shell.settings.public_url}/desk/sign-in/{token}")
    return 0
