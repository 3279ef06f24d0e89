"""Take an address off SendGrid's suppression lists before its office is released."""

from argparse import ArgumentParser, Namespace
from typing import Final

from letters.offices import suppression
from letters.offices.mailbox import UnknownOffice
from postbag.shell import Refused, Shell
from worker.wall.suppression import TakenOff, take_off

_SENTENCES: Final = {
    TakenOff.MAY_NOT: "{email} is not released: SendGrid drops what goes there while it is on one "
    "of its suppression lists, and our key may not take it off. Take it off at SendGrid, under "
    "Suppressions, and run this again with --taken-off; or give the key full access to "
    "Suppressions.",
    TakenOff.NO_ANSWER: "{email} is not released: SendGrid drops what goes there while it is on "
    "one of its suppression lists, and did not say that it is off them. Try again later.",
}


def add_word(release: ArgumentParser) -> None:
    """Add the word by which a person says that they did it themselves."""
    release.add_argument(
        "--taken-off",
        action="store_true",
        help="it has been taken off SendGrid's suppression lists by hand: do not ask",
    )


def take_off_first(shell: Shell, o: Namespace) -> None:
    """Have SendGrid send to an office again; raise Refused where it does not say so."""
    try:
        with shell.database.read() as connection:
            addresses = suppression.to_take_off(connection, o.email)
    except UnknownOffice:
        return  # the command itself has a sentence for it
    if o.taken_off or not addresses:
        return
    done = take_off(shell.settings, addresses)
    if done is not TakenOff.DONE:
        raise Refused(_SENTENCES[done].format(email=o.email))
