"""`postbag letter`: a person's word on letters that nobody else can decide about."""

from argparse import Namespace

from letters.campaigns.targets import CannotDecide
from letters.sending import settling
from letters.sending.settling import CannotSettle, Doubt, Word
from postbag.shell import Commands, Refused, Shell


def add_commands(commands: Commands) -> None:
    """Add `letter settle` and `letter again`."""
    letter = commands.add_parser("letter", help="decide about one letter")
    actions = letter.add_subparsers(dest="action", required=True)
    settle = actions.add_parser("settle", help="say what became of an unknown letter")
    settle.add_argument("id")
    settle.add_argument("word", choices=[str(word) for word in Word])
    settle.set_defaults(act=_settle)
    again = actions.add_parser("again", help="queue what failed or did not arrive once more")
    which = again.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?")
    which.add_argument("--target", nargs=2, metavar=("SLUG", "EMAIL"))
    again.set_defaults(act=_again)


def refusal(error: CannotSettle) -> str:
    """Return why a letter cannot be decided about, and what to do."""
    match error.doubt:
        case Doubt.NO_LETTER:
            return "There is no letter with this id: copy it from the desk."
        case Doubt.NOT_IN_STATE:
            return f"The letter is {error.state}, so there is nothing to decide about it."
        case Doubt.ERASED:
            return "The letter's text has been erased, so it cannot be sent again."


def _settle(shell: Shell, options: Namespace) -> int:
    with shell.database.write() as connection:
        settling.settle(connection, options.id, Word(options.word), shell.now())
    shell.say("Done.")
    return 0


def _again(shell: Shell, options: Namespace) -> int:
    if options.target:
        return _again_to(shell, *options.target)
    with shell.database.write() as connection:
        settling.again(connection, options.id, shell.now())
    shell.say("Done.")
    return 0


def _again_to(shell: Shell, slug: str, email: str) -> int:
    try:
        with shell.database.write() as connection:
            queued = settling.again_to(connection, slug, email, shell.now())
    except CannotDecide as error:
        raise Refused(f"{slug} has no target {email}: look at its targets on the desk.") from error
    shell.say(f"{queued} letters to {email} are queued once more.")
    return 0
