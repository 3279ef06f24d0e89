"""Look at each thing that sending needs, and print a line for each."""

import asyncio
import socket
from argparse import Namespace
from urllib.parse import urlsplit

from letters.organisations import store as organisations
from postbag.doctor import books, sendgrid, stores
from postbag.doctor.findings import Finding, Level, wrong
from postbag.doctor.sendgrid import Sender
from postbag.shell import Shell

_OWN_MACHINE = {"localhost", "127.0.0.1", "::1"}


def doctor(shell: Shell, options: Namespace) -> int:
    """Print what was found, and return 1 where something stops sending."""
    found = [
        Finding("settings"),
        stores.database(shell.database),
        stores.redis(shell.settings.redis_url),
        _public_url(shell.settings.public_url),
        *asyncio.run(sendgrid.look(shell.settings, _senders(shell))),
        *books.look(shell),
    ]
    is_well = all(each.level is not Level.WRONG for each in found)
    if options.json:
        shell.document(
            {
                "ok": is_well,
                "checks": [
                    {"check": each.check, "level": str(each.level), "sentence": each.sentence}
                    for each in found
                ],
            }
        )
    else:
        for each in found:
            print(each)
    return 0 if is_well else 1


def _senders(shell: Shell) -> list[Sender]:
    """Return the addresses that mail comes from: ours, and each other that an organisation has."""
    ours = Sender(shell.settings.mail_from)
    try:
        with shell.database.read() as connection:
            found = organisations.find_all(connection)
    except Exception:  # noqa: BLE001 - the database has a line of its own
        return [ours]
    theirs = [Sender(one.mail_from, one.key) for one in found if one.mail_from]
    return [ours, *(one for one in theirs if one.address != ours.address)]


def _public_url(url: str) -> Finding:
    check = "public address"
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in _OWN_MACHINE:
        return Finding(check)
    if parts.scheme == "http":
        return wrong(check, "PUBLIC_URL is not https; SendGrid's events need an https address")
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        return wrong(check, f"no machine has the name {host}, so no link that we mail leads "
                            "anywhere; correct PUBLIC_URL")  # fmt: skip
    return Finding(check)
