"""`postbag letter`: show one letter, and take a person's word where nobody else can decide."""

from argparse import ArgumentParser, Namespace

from letters.campaigns.targets import CannotDecide
from letters.desk.seek import one_letter
from letters.desk.seek.one_letter import NoLetter
from letters.reasons import Reason
from letters.sending import settling
from letters.sending.settling import CannotSettle, Doubt, Word
from postbag.shell import Commands, Refused, Shell


def add_commands(commands: Commands) -> None:
    """Add `letter show`, `letter settle` and `letter again`."""
    letter = commands.add_parser("letter", help="look at one letter, and decide about it")
    actions = letter.add_subparsers(dest="action", required=True)
    show = actions.add_parser("show", help="its states, requests and news; no text, no writer")
    show.add_argument("id")
    show.add_argument("--json", action="store_true")
    show.set_defaults(act=_show)
    settle = actions.add_parser("settle", help="say what became of an unknown letter")
    settle.add_argument("id")
    settle.add_argument("word", choices=[str(word) for word in Word])
    _add_seen(settle)
    settle.set_defaults(act=_settle)
    again = actions.add_parser("again", help="queue what failed or did not arrive once more")
    which = again.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?")
    which.add_argument("--target", nargs=2, metavar=("SLUG", "EMAIL"))
    _add_seen(again)
    again.set_defaults(act=_again)


def _add_seen(command: ArgumentParser) -> None:
    command.add_argument(
        "--attempt",
        metavar="ID",
        help="the latest attempt that `letter show` told of: refused if it has been sent since",
    )


def refusal(error: CannotSettle) -> str:
    """Return why a letter cannot be decided about, and what to do."""
    match error.doubt:
        case Doubt.NO_LETTER:
            return "There is no letter with this id: copy it from the desk."
        case Doubt.NOT_IN_STATE:
            return f"The letter is {error.state}, so there is nothing to decide about it."
        case Doubt.ERASED:
            return "The letter's text has been erased, so it cannot be sent again."
        case Doubt.SEEN_EARLIER:
            return "The letter has been sent since you looked: look at it again."


def _show(shell: Shell, options: Namespace) -> int:
    try:
        with shell.database.read() as connection:
            found = one_letter.read(connection, options.id)
    except NoLetter as error:
        raise Refused(refusal(CannotSettle(Doubt.NO_LETTER))) from error
    if options.json:
        shell.document(found.as_json())
        return 0
    print(f"{found.slug}: to {found.target.name} <{found.target.email}>: {found.state}")
    for step in found.steps:
        print(f"  {step.at.isoformat()} {step.state}{_because(step.reason, step.detail)}")
    for each in found.requests:
        answer = each.answer or "no answer yet"
        why = _because(each.reason, each.detail)
        print(f"  {each.began_at.isoformat()} attempt {each.attempt_id}: {answer}{why}")
    for told in found.news:
        print(f"  {told.happened_at.isoformat()} event {told.cause}{_because(None, told.detail)}")
    return 0


def _because(reason: Reason | None, detail: str | None) -> str:
    words = [word for word in (reason and str(reason), detail) if word]
    return f" ({'; '.join(words)})" if words else ""


def _settle(shell: Shell, options: Namespace) -> int:
    with shell.database.write() as connection:
        word, seen = Word(options.word), options.attempt
        settling.settle(connection, options.id, word, shell.now(), seen=seen)
    shell.say("Done.")
    return 0


def _again(shell: Shell, options: Namespace) -> int:
    if options.target:
        return _again_to(shell, *options.target)
    with shell.database.write() as connection:
        settling.again(connection, options.id, shell.now(), seen=options.attempt)
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
