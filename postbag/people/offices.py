"""`postbag office`: one mailbox, over all campaigns."""

from argparse import Namespace
from collections.abc import Callable

from letters.offices import mailbox
from letters.offices.mailbox import Office, Seat, UnknownOffice
from letters.pacing.bundles import How
from letters.states import Cause
from postbag.people import suppression
from postbag.shell import Commands, Refused, Shell


def add_commands(commands: Commands) -> None:
    """Add `office show`, `office hold` and `office release`."""
    office = commands.add_parser("office", help="see and decide about one mailbox")
    actions = office.add_subparsers(dest="action", required=True)
    show = actions.add_parser("show", help="who writes to it, and what stands in the way")
    show.add_argument("email")
    show.add_argument("--json", action="store_true")
    show.set_defaults(act=_refusing(_show))
    hold = actions.add_parser("hold", help="let nothing go to it, in any campaign")
    hold.add_argument("email")
    hold.add_argument("reason")
    hold.set_defaults(act=_refusing(_hold))
    release = actions.add_parser("release", help="let sending to it go on")
    release.add_argument("email")
    suppression.add_word(release)
    release.set_defaults(act=_refusing(_release))


def _refusing(act: Callable[[Shell, Namespace], int]) -> Callable[[Shell, Namespace], int]:
    """Let a command say in a sentence that no campaign writes to an address."""

    def run(shell: Shell, o: Namespace) -> int:
        try:
            return act(shell, o)
        except UnknownOffice as error:
            raise Refused(
                f"No campaign writes to {error}: look at a campaign's targets on the desk."
            ) from error

    return run


def _show(shell: Shell, o: Namespace) -> int:
    with shell.database.read() as connection:
        office = mailbox.find(connection, o.email)
        seats = mailbox.seats(connection, office.id)
    if o.json:
        shell.document(_document(office, seats))
        return 0
    why = "can be written to" if office.hold is None else f"is held ({office.hold})"
    words = f": {office.hold_words}" if office.hold_words else ""
    print(f"{office.address} {why}{words}")
    if office.how != How.EACH:
        print(f"It wishes its letters together, {office.how}.")
    for seat in seats:
        own = f", held here ({seat.hold})" if seat.hold else ""
        print(f"{seat.slug}: {seat.name} <{seat.email}>, {seat.queued} wait, {seat.held} held{own}")
    return 0


def _document(office: Office, seats: list[Seat]) -> dict[str, object]:
    return {
        "address": office.address,
        "hold": office.hold,
        "hold_words": office.hold_words,
        "held_at": None if office.held_at is None else office.held_at.isoformat(),
        "next_slot_at": office.next_slot_at.isoformat(),
        "how": office.how,
        "soft_failures": office.soft_failures,
        "targets": [
            {
                "campaign": seat.slug,
                "name": seat.name,
                "email": seat.email,
                "hold": seat.hold,
                "queued": seat.queued,
                "held": seat.held,
            }
            for seat in seats
        ],
    }


def _hold(shell: Shell, o: Namespace) -> int:
    with shell.database.write() as connection:
        held = mailbox.hold(connection, o.email, o.reason, shell.now())
        sitting = mailbox.seated(connection, o.email)
    held += len(mailbox.carry_on(shell.database, sitting, Cause.HOLD, shell.now()))
    shell.say(f"Nothing goes to {o.email} until it is released; {held} letters wait.")
    return 0


def _release(shell: Shell, o: Namespace) -> int:
    suppression.take_off_first(shell, o)
    with shell.database.write() as connection:
        queued = mailbox.release(connection, o.email, shell.now())
        sitting = mailbox.seated(connection, o.email)
    queued += len(mailbox.carry_on(shell.database, sitting, Cause.RELEASE, shell.now()))
    shell.say(f"{o.email} can be written to again; {queued} letters wait their turn.")
    return 0
