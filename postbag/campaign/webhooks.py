"""`postbag webhook`: where another system hears of consents and final states."""

from argparse import Namespace
from types import MappingProxyType
from typing import Final

from letters.campaigns import store
from letters.webhooks import delivery, webhook
from letters.webhooks.public_url import BadUrl, WhyBad, check_url, is_own_machine
from postbag.shell import Commands, Refused, Shell

_BAD: Final = MappingProxyType(
    {
        WhyBad.NO_URL: "This is no URL: write it out, https:// included.",
        WhyBad.HAS_MORE: (
            "The URL must have no user name, no spaces and no part after #: remove them."
        ),
        WhyBad.NOT_HTTPS: "The URL must begin with https://, so that nobody can listen on the way.",
        WhyBad.NO_NAME: (
            "The URL's host must be a full name in ASCII letters, such as hooks.host.org."
        ),
        WhyBad.PRIVATE: "The URL leads to a private address: use one that the internet can reach.",
    }
)
_TROUBLES: Final = MappingProxyType(
    {
        delivery.TIMED_OUT: "it gave no answer in time",
        delivery.UNREACHABLE: "it cannot be reached",
        WhyBad.NO_URL: "its address is no URL",
        WhyBad.HAS_MORE: "its URL has a user name, a space or a part after #",
        WhyBad.NOT_HTTPS: "its URL does not begin with https://",
        WhyBad.NO_NAME: "its URL's host is no full name in ASCII letters",
        WhyBad.PRIVATE: "its URL leads to a private address",
    }
)


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
        raise Refused(_BAD[error.why]) from error
    with shell.database.write() as connection:
        stored = store.find(connection, options.slug)
        secret = webhook.put(connection, stored.id, options.url, shell.now())
    shell.say("Messages go there from now on. Give the receiver this secret to check them with:")
    print(secret)
    return 0


def _show(shell: Shell, options: Namespace) -> int:
    with shell.database.read() as connection:
        stored = store.find(connection, options.slug)
        try:
            found = webhook.find(connection, stored.id)
        except webhook.NoWebhook as error:
            raise _none(options.slug) from error
    if options.json:
        shell.document(
            {
                "url": found.url,
                "secret": found.secret,
                "waiting": found.waiting,
                "sent": found.sent,
                "given_up": found.given_up,
                "trouble": _trouble(found.trouble),
            }
        )
        return 0
    print(f"URL: {found.url}")
    print(f"Secret: {found.secret}")
    print(f"Messages: {found.waiting} waiting, {found.sent} sent, {found.given_up} given up")
    if found.trouble:
        print(f"Trouble: {_trouble(found.trouble)}; they are tried again by themselves.")
    return 0


def _remove(shell: Shell, options: Namespace) -> int:
    with shell.database.write() as connection:
        stored = store.find(connection, options.slug)
        try:
            webhook.remove(connection, stored.id, shell.now())
        except webhook.NoWebhook as error:
            raise _none(options.slug) from error
    return 0


def _trouble(trouble: str | None) -> str | None:
    if trouble is None:
        return None
    # What an earlier version stored is a sentence already.
    return _TROUBLES.get(trouble) or trouble.replace("answered-", "it answered ")


def _none(slug: str) -> Refused:
    return Refused(f"{slug} has no webhook: set one with postbag webhook set {slug} URL.")
