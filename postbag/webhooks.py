"""`postbag webhook`: where another system hears of consents and final states."""

from argparse import Namespace

from letters.campaigns import store
from letters.webhooks import outbox
from letters.webhooks.public_url import BadUrl, check_url, is_own_machine
from postbag.shell import Commands, Refused, Shell


def add_commands(commands: Commands) -> None:
    """Add `webhook set`, `webhook show` and `webhook remove`."""
    group = commands.add_parser("webhook", help="tell another system of consents and final states")
    words = group.add_subparsers(dest="word", required=True)
    chosen = words.add_parser("set", help="set the URL; prints the secret as its last line")
    chosen.add_argument("slug")
    chosen.add_argument("url")
    chosen.set_defaults(act=_set)
    show = words.add_parser("show", help="say where messages go and how it stands with them")
    show.add_argument("slug")
    show.add_argument("--json", action="store_true")
    show.set_defaults(act=_show)
    remove = words.add_parser("remove", help="tell nobody any more")
    remove.add_argument("slug")
    remove.set_defaults(act=_remove)


def _set(shell: Shell, options: Namespace) -> int:
    try:
        check_url(options.url, may_be_own=is_own_machine(shell.settings.public_url))
    except BadUrl as error:
        raise Refused(str(error)) from error
    with shell.database.write() as connection:
        stored = store.find(connection, options.slug)
        secret = outbox.put(connection, stored.id, options.url, shell.now())
    shell.say("Messages go there from now on. Give the receiver this secret to check them with:")
    print(secret)
    return 0


def _show(shell: Shell, options: Namespace) -> int:
    with shell.database.read() as connection:
        stored = store.find(connection, options.slug)
        try:
            found = outbox.find(connection, stored.id)
        except outbox.NoWebhook as error:
            raise _none(options.slug) from error
    if options.json:
        shell.document(
            {
                "url": found.url,
                "secret": found.secret,
                "waiting": found.waiting,
                "sent": found.sent,
                "given_up": found.given_up,
                "trouble": found.trouble,
            }
        )
        return 0
    print(f"URL: {found.url}")
    print(f"Secret: {found.secret}")
    print(f"Messages: {found.waiting} waiting, {found.sent} sent, {found.given_up} given up")
    if found.trouble:
        print(f"Trouble: {found.trouble}; they are tried again by themselves.")
    return 0


def _remove(shell: Shell, options: Namespace) -> int:
    with shell.database.write() as connection:
        stored = store.find(connection, options.slug)
        try:
            outbox.remove(connection, stored.id)
        except outbox.NoWebhook as error:
            raise _none(options.slug) from error
    return 0


def _none(slug: str) -> Refused:
    return Refused(f"{slug} has no webhook: set one with postbag webhook set {slug} URL.")
