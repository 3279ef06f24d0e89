"""Where things are in a checkout."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Checkout:
    """A checkout of this repository, by its absolute root."""

    root: Path

    @property
    def venv(self) -> Path:
        """The virtual environment that `./run setup` makes."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The Python that has the dependencies."""
        return self.venv / "bin" / "python"

    @property
    def var(self) -> Path:
        """All that ./run keeps: database, keys, messages, locks."""
        return self.root / "var"

    def make_var(self) -> Path:
        """Make `var/` for its owner's eyes only, and give it."""
        self.var.mkdir(mode=0o700, exist_ok=True)
        self.var.chmod(0o700)
        return self.var

    def command_environment(self, outer: Mapping[str, str]) -> dict[str, str]:
        """Give `outer` with the virtual environment's programs first on PATH."""
        environment = dict(outer)
        environment.pop("PYTHONHOME", None)
        environment["VIRTUAL_ENV"] = str(self.venv)
        path = environment.get("PATH", os.defpath)
        environment["PATH"] = f"{self.venv / 'bin'}{os.pathsep}{path}"
        environment["PYTHONUNBUFFERED"] = "1"  # a log line is seen when it is written
        return environment


def this_checkout() -> Checkout:
    """Give the checkout that this file belongs to."""
    return Checkout(Path(__file__).resolve().parent.parent)
