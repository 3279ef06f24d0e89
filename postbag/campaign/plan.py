"""`postbag plan`: when the last waiting letter will have left, from the worker's own pacing."""

from argparse import Namespace

from letters.campaigns import store
from letters.sending import outlook
from postbag.shell import Commands, Shell


def add_commands(commands: Commands) -> None:
    """Add `plan`."""
    parser = commands.add_parser("plan", help="when the last waiting letter will have left")
    parser.add_argument("slug")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(act=_plan)


def _plan(shell: Shell, options: Namespace) -> int:
    now = shell.now()
    with shell.database.read() as connection:
        stored = store.find(connection, options.slug)
        waiting = outlook.waiting(connection, stored.id)
    planned = outlook.foresee(stored, waiting, shell.settings.send_rate, now)
    if options.json:
        shell.document(
            {
                "ends_at": planned.ends_at.isoformat() if planned.ends_at else None,
                "waiting": sum(waiting.values()),
                "targets": {
                    str(email): {
                        "waiting": waiting[str(email)],
                        "ends_at": each.ends_at.isoformat() if each.ends_at else None,
                        "busiest_hour": each.busiest_hour.isoformat()
                        if each.busiest_hour
                        else None,
                        "busiest_hour_letters": each.busiest_hour_letters,
                    }
                    for email, each in planned.targets.items()
                },
            }
        )
        return 0
    if planned.ends_at is None:
        print("No letter waits.")
        return 0
    print(f"The last of {sum(waiting.values())} waiting letters leaves about {planned.ends_at}.")
    for email, each in planned.targets.items():
        if each.busiest_hour is not None:
            print(
                f"{email}: the busiest hour begins {each.busiest_hour}, with "
                f"{each.busiest_hour_letters} letters."
            )
    return 0
