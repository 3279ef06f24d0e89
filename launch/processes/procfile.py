"""Read the Procfile."""

import re
from pathlib import Path

from launch.failure import Failure

_LINE = re.compile(r"(?P<name>[A-Za-z0-9_-]+):\s*(?P<command>\S.*)")


_OURS = ("release", "web", "worker")


def read_procfile(file: Path) -> dict[str, str]:
    """Give the command line of `release`, `web` and `worker`, and of any other process type.

    Raises Failure if one of the three is missing, or a line makes no sense.
    """
    commands = parse_procfile(file.read_text())
    for name in _OURS:
        if name not in commands:
            raise Failure(f"The Procfile has no line for {name}: put it back.")
    return commands


def parse_procfile(text: str) -> dict[str, str]:
    """Give each process type's command line; blank lines and lines that start with # say nothing.

    Raises Failure for a line that is neither and for a process type that stands there twice.
    """
    commands: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.rstrip())
        if match is None:
            raise Failure(f"Line {number} of the Procfile is not `name: command`: correct it.")
        if match["name"] in commands:
            raise Failure(
                f"Line {number} of the Procfile names {match['name']} a second time: remove one."
            )
        commands[match["name"]] = match["command"]
    return commands


def shell_command(command: str) -> list[str]:
    """Give the arguments that run a Procfile line so that signals reach the program itself."""
    return ["/bin/sh", "-c", f"exec {command}"]
