"""`postbag organiser`: who may see and steer the campaigns."""

from argparse import Namespace
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from letters.campaigns import store
from letters.desk import organisers, passkeys, sign_ins
from letters.desk.organisers import Organiser, Role
from letters.text.addresses import address_in
from postbag.shell import Commands, Refused, Shell


def add_commands(commands: Commands) -> None:
    """Add `organiser invite|list|remove|sign-out|give|take-back`."""
    organiser = commands.add_parser("organiser", help="say who may see and steer the campaigns")
    actions = organiser.add_subparsers(dest="action", required=True)
    invite = actions.add_parser("invite", help="print a link that signs somebody in once")
    invite.add_argument("email")
    invite.add_argument(
        "--role",
        choices=[str(role) for role in Role],
        help="organiser (the default) sees the campaigns given to them; admin, as the first one "
        "of all is, sees every campaign",
    )
    invite.set_defaults(act=_invite)
    everybody = actions.add_parser("list", help="list everybody")
    everybody.add_argument("--json", action="store_true")
    everybody.set_defaults(act=_list)
    keys = actions.add_parser("passkeys", help="list somebody's passkeys, or remove them all")
    keys.add_argument("email")
    keys.add_argument(
        "--remove",
        action="store_true",
        help="after a device was lost: a link alone signs in again, and every sign-in ends",
    )
    keys.set_defaults(act=_passkeys)
    for name, act, words in (
        ("remove", _remove, "remove somebody, whose sessions end at once"),
        ("sign-out", _sign_out, "end every session of somebody"),
    ):
        parser = actions.add_parser(name, help=words)
        parser.add_argument("email")
        parser.set_defaults(act=act)
    for name, act, words in (
        ("give", _give, "let somebody work on a campaign"),
        ("take-back", _take_back, "let somebody work on a campaign no longer"),
    ):
        parser = actions.add_parser(name, help=words)
        parser.add_argument("email")
        parser.add_argument("slug")
        parser.set_defaults(act=act)


def _invite(shell: Shell, options: Namespace) -> int:
    if address_in(options.email) is None:
        raise Refused(f"{options.email} is no e-mail address: it should read like name@host.org.")
    role = None if options.role is None else Role(options.role)
    now = shell.now()
    with shell.database.write() as connection:
        invited, token = sign_ins.invite(connection, options.email, now, role)
    shell.say(f"The link signs {invited.email} in once, within two days, as {invited.role}.")
    print(f"{shell.settings.public_url}/desk/sign-in/{token}")
    return 0


def _list(shell: Shell, options: Namespace) -> int:
    with shell.database.read() as connection:
        found = organisers.everybody(connection)
    if options.json:
        shell.document({"organisers": {one.email: str(one.role) for one in found}})
        return 0
    for one in found:
        print(f"{one.email} {one.role}")
    return 0


def _passkeys(shell: Shell, options: Namespace) -> int:
    now = shell.now()
    if options.remove:
        with shell.database.write() as connection:
            found = organisers.known(connection, options.email)
            passkeys.remove_all(connection, found, now)
            sign_ins.end_all(connection, found, now)
        shell.say(f"{found.email} has no passkey any more, and is signed out everywhere.")
        return 0
    with shell.database.read() as connection:
        found = organisers.known(connection, options.email)
        keys = passkeys.of_organiser(connection, found.id)
    for one in keys:
        used = f"last used {one.used_at:%Y-%m-%d}" if one.used_at else "not used yet"
        print(f"{one.name}, added {one.added_at:%Y-%m-%d}, {used}")
    return 0


def _remove(shell: Shell, options: Namespace) -> int:
    with shell.database.write() as connection:
        gone = organisers.known(connection, options.email)
        organisers.remove(connection, gone, shell.now())
    shell.say(f"{gone.email} is an organiser no longer.")
    return 0


def _sign_out(shell: Shell, options: Namespace) -> int:
    with shell.database.write() as connection:
        found = organisers.known(connection, options.email)
        sign_ins.end_all(connection, found, shell.now())
    shell.say(f"{found.email} is signed out everywhere.")
    return 0


def _give(shell: Shell, options: Namespace) -> int:
    return _change(shell, options, organisers.give)


def _take_back(shell: Shell, options: Namespace) -> int:
    return _change(shell, options, organisers.take_back)


def _change(
    shell: Shell,
    options: Namespace,
    change: Callable[[Connection, int, Organiser, datetime], None],
) -> int:
    with shell.database.write() as connection:
        stored = store.find(connection, options.slug)
        found = organisers.known(connection, options.email)
        change(connection, stored.id, found, shell.now())
    shell.say("Done.")
    return 0
