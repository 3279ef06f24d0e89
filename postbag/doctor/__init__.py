"""`postbag doctor`: is everything there that sending needs? One line each."""

from argparse import Namespace

from postbag.shell import Commands, Shell


def add_commands(commands: Commands) -> None:
    """Add `doctor`."""
    parser = commands.add_parser("doctor", help="check everything that sending needs")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(act=_doctor)


def _doctor(shell: Shell, options: Namespace) -> int:
    # Here, since it takes longer to import than all other commands together.
    from postbag.doctor.look import doctor  # noqa: PLC0415

    return doctor(shell, options)
