"""`postbag plan`: when the last waiting letter will have left, from the worker's own pacing."""

from argparse import Namespace

from letters.campaigns import store
from letters.pacing.plan import TargetPlan
from letters.sending import outlook
from postbag.shell import Commands, Shell


def add_commands(commands: Commands) -> None:
    """Add `plan`."""
    parser = commands.add_parser("plan", help="when the last waiting letter will have left")
    parser.add_argument("slug")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(act=_plan)


def _bundle(each: TargetPlan) -> dict[str, object]:
    """Return how a target's letters are shared, where not all can leave singly in time."""
    if each.bundle is None:
        return {}
    return {
        "singly": each.bundle.singly,
        "bundled": each.bundle.bundled,
        "bundle_at": each.bundle.begins_at.isoformat(),
    }


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
                        **_bundle(each),
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
        if each.bundle is not None:
            print(
                f"{email}: {each.bundle.singly} letters leave singly before "
                f"{stored.campaign.matters_by}, and {each.bundle.bundled} together in a bundle "
                f"about {each.bundle.begins_at}."
            )
    return 0
