"""`postbag targets hold|release|address|successor`: decide about one target."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Final

from letters.campaigns import targets
from letters.campaigns.targets import CannotDecide, Objection
from letters.receipts import successors
from letters.states import Cause
from letters.text.addresses import address_in
from postbag.people import suppression
from postbag.shell import Commands, Refused, Shell

_SENTENCES: Final = {
    Objection.NOTHING_GOES: "Nothing goes to {name} as it is.",
    Objection.WITHDRAWN: "{name} is no longer in the campaign: add it again first.",
    Objection.DRAFT: "Nothing goes to the office of {name}, whoever writes: this campaign is a "
    "draft, so let another one decide.",
    Objection.TERM_OVER: "{name} may be written to until {day} only: change that first, or name a "
    "successor.",
    Objection.NO_ADDRESS: "{email} is not an e-mail address: write it as name@host.org.",
    Objection.ITSELF: "Nobody follows themselves: name another target.",
    Objection.SUCCESSOR_HELD: "{name} cannot be written to: mend that first.",
    Objection.NO_SUCCESSOR: "Nobody has been named who follows {name}.",
    Objection.ASKED: "The first writers have been asked about {name} already: that cannot be "
    "undone.",
    Objection.NO_TARGET: "{slug} has no target {email}: look at its targets on the desk.",
}


def add_decisions(actions: Commands) -> None:
    """Add the decisions about one target."""
    hold = _action(actions, "hold", "let nothing go to a target until it is released")
    hold.set_defaults(act=_hold)
    release = _action(actions, "release", "let sending to a target go on")
    suppression.add_word(release)
    release.set_defaults(act=_release)
    address = _action(actions, "address", "give a target its right address; sending goes on")
    address.add_argument("new_email")
    address.set_defaults(act=_address)
    successor = _action(actions, "successor", "name who follows; each waiting writer is asked")
    successor.add_argument("successor_email", nargs="?")
    successor.add_argument(
        "--undo", action="store_true", help="nobody follows; until the first mail has left"
    )
    successor.set_defaults(act=_successor)


def _action(actions: Commands, name: str, words: str) -> ArgumentParser:
    action = actions.add_parser(name, help=words)
    action.add_argument("slug")
    action.add_argument("email")
    return action


def _decide(shell: Shell, decide: Callable[[], str]) -> int:
    try:
        sentence = decide()
    except CannotDecide as error:
        raise Refused(_SENTENCES[error.objection].format(**error.values)) from error
    shell.say(sentence)
    return 0


def _hold(shell: Shell, o: Namespace) -> int:
    def decide() -> str:
        with shell.database.write() as connection:
            targets.hold_by_hand(connection, o.slug, o.email, shell.now())
        targets.carry_on(shell.database, o.slug, o.email, Cause.HOLD, shell.now())
        return f"Nothing goes to {o.email} until it is released."

    return _decide(shell, decide)


def _release(shell: Shell, o: Namespace) -> int:
    def decide() -> str:
        now = shell.now()
        with shell.database.write() as connection:
            queued = targets.release(connection, o.slug, o.email, now)
        queued += targets.carry_on(
            shell.database, o.slug, o.email, Cause.RELEASE, now, is_offices=True
        )
        return f"{o.email} can be written to again; {queued} letters wait their turn."

    suppression.take_off_first(shell, o)
    return _decide(shell, decide)


def _address(shell: Shell, o: Namespace) -> int:
    def decide() -> str:
        now = shell.now()
        with shell.database.write() as connection:
            queued = targets.change_address(connection, o.slug, o.email, o.new_email, now)
        queued += targets.carry_on(shell.database, o.slug, o.new_email, Cause.RELEASE, now)
        return f"Letters go to {address_in(o.new_email)} now; {queued} wait their turn."

    return _decide(shell, decide)


def _successor(shell: Shell, o: Namespace) -> int:
    if o.undo:
        return _decide(shell, lambda: _take_back(shell, o))
    if not o.successor_email:
        raise Refused("Say who follows, or --undo.")

    def decide() -> str:
        with shell.database.write() as connection:
            targets.name_successor(connection, o.slug, o.email, o.successor_email, shell.now())
        targets.carry_on(shell.database, o.slug, o.email, Cause.HOLD, shell.now())
        return f"{o.successor_email} follows {o.email}; each writer whose letter waits is asked."

    return _decide(shell, decide)


def _take_back(shell: Shell, o: Namespace) -> str:
    now = shell.now()
    with shell.database.write() as connection:
        queued = successors.take_back(connection, o.slug, o.email, now)
    queued += targets.carry_on(shell.database, o.slug, o.email, Cause.RELEASE, now)
    return f"Nobody follows {o.email} any more; {queued} letters wait their turn."
