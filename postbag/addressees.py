"""`postbag targets hold|release|address|successor`: decide about one target."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable

from sqlalchemy import Connection

from letters import addressees, audit
from letters.addressees import CannotDecide
from letters.audit import Deed
from letters.storage import campaigns
from postbag.shell import Commands, Refused, Shell


def add_decisions(actions: Commands) -> None:
    """Add the decisions about one target."""
    hold = _action(actions, "hold", "let nothing go to a target until it is released")
    hold.set_defaults(act=_hold)
    release = _action(actions, "release", "let sending to a target go on")
    release.set_defaults(act=_release)
    address = _action(actions, "address", "give a target its right address; sending goes on")
    address.add_argument("new_email")
    address.set_defaults(act=_address)
    successor = _action(actions, "successor", "name who follows; each waiting writer is asked")
    successor.add_argument("successor_email")
    successor.set_defaults(act=_successor)


def _action(actions: Commands, name: str, words: str) -> ArgumentParser:
    action = actions.add_parser(name, help=words)
    action.add_argument("slug")
    action.add_argument("email")
    return action


def _decide(
    shell: Shell, o: Namespace, decision: Callable[[Connection], str], other: str = ""
) -> int:
    try:
        with shell.database.write() as connection:
            sentence = decision(connection)
            audit.record(
                connection,
                Deed.TARGET,
                shell.now(),
                by=None,
                campaign_id=campaigns.find(connection, o.slug).id,
                detail=f"{o.email} → {other}" if other else o.email,
            )
    except CannotDecide as error:
        raise Refused(str(error)) from error
    shell.say(sentence)
    return 0


def _hold(shell: Shell, o: Namespace) -> int:
    def decide(connection: Connection) -> str:
        addressees.hold_by_hand(connection, o.slug, o.email, shell.now())
        return f"Nothing goes to {o.email} until it is released."

    return _decide(shell, o, decide)


def _release(shell: Shell, o: Namespace) -> int:
    def decide(connection: Connection) -> str:
        queued = addressees.release(connection, o.slug, o.email, shell.now())
        return f"{o.email} can be written to again; {queued} letters wait their turn."

    return _decide(shell, o, decide)


def _address(shell: Shell, o: Namespace) -> int:
    def decide(connection: Connection) -> str:
        queued = addressees.change_address(connection, o.slug, o.email, o.new_email, shell.now())
        return f"Letters go to {o.new_email} now; {queued} wait their turn."

    return _decide(shell, o, decide, o.new_email)


def _successor(shell: Shell, o: Namespace) -> int:
    def decide(connection: Connection) -> str:
        addressees.name_successor(connection, o.slug, o.email, o.successor_email, shell.now())
        return f"{o.successor_email} follows {o.email}; each writer whose letter waits is asked."

    return _decide(shell, o, decide, o.successor_email)
