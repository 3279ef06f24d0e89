"""What a benchmark has to keep: a line for each bound, and whether all were kept."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Options:
    """How long a benchmark may run."""

    is_short: bool = False
    letters: int | None = None
    """How many there are, where a benchmark fills a database; None: as it is meant."""

    def size(self, usual: int, short: int) -> int:
        """Return how many letters there are to be."""
        return self.letters or (short if self.is_short else usual)


@dataclass
class Bounds:
    """The bounds of one benchmark, as they are measured."""

    missed: list[str] = field(default_factory=list)

    def at_most(self, what: str, measured: float, bound: float, unit: str = "") -> None:
        """Print what was measured beside the most that it may be."""
        self._line(what, measured, f"at most {bound:g}{unit}", unit, is_kept=measured <= bound)

    def at_least(self, what: str, measured: float, bound: float, unit: str = "") -> None:
        """Print what was measured beside the least that it may be."""
        self._line(what, measured, f"at least {bound:g}{unit}", unit, is_kept=measured >= bound)

    def holds(self, what: str, *, is_so: bool) -> None:
        """Print whether something is as it has to be."""
        self._note(f"{what}: {'so' if is_so else 'NOT SO'}", what, is_kept=is_so)

    def _line(self, what: str, measured: float, bound: str, unit: str, *, is_kept: bool) -> None:
        verdict = "kept" if is_kept else "NOT KEPT"
        self._note(f"{what}: {measured:.3g}{unit}, {bound}: {verdict}", what, is_kept=is_kept)

    def _note(self, line: str, what: str, *, is_kept: bool) -> None:
        print(f"  {line}", flush=True)
        if not is_kept:
            self.missed.append(what)

    def status(self) -> int:
        """Say what was not kept; return the exit status."""
        print(f"Not kept: {'; '.join(self.missed)}." if self.missed else "All bounds are kept.")
        return 1 if self.missed else 0


def options(arguments: Sequence[str]) -> tuple[list[str], Options]:
    """Read the command line: names of benchmarks, and how long they may run."""
    parser = argparse.ArgumentParser("./run bench", description="Run the benchmarks, or some.")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--short", action="store_true", help="in under five minutes each")
    parser.add_argument("--letters", type=int, metavar="N", help="fill databases with N letters")
    read = parser.parse_args(arguments)
    return read.names, Options(read.short, read.letters)
