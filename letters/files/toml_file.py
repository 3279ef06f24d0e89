"""Read a TOML file of a kind of our own, finding all its faults with their keys and lines. Pure."""

import tomllib
from collections.abc import Callable, Mapping
from typing import TypeVar

from letters.files.faults import Fault, FileFault, Flaw, Path, What
from letters.files.toml_lines import lines, syntax_error

_T = TypeVar("_T")


class FaultyFile(Exception):
    """A file cannot be taken. `faults` are all that is wrong with it, by line."""

    def __init__(self, faults: tuple[FileFault, ...]) -> None:
        super().__init__(*faults)
        self.faults = faults


def read_toml(
    text: str, check: Callable[[Mapping[str, object]], tuple[_T, tuple[Fault, ...]]]
) -> _T:
    """Return what `check` makes of a file's text; raise FaultyFile with every fault in it."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError):
        line, words = syntax_error(text)
        fault = FileFault("", line, Flaw(What.NOT_TOML, found=words))
        raise FaultyFile((fault,)) from None
    made, faults = check(values)
    if faults:
        raise faulty(text, faults)
    return made


def faulty(text: str, faults: tuple[Fault, ...]) -> FaultyFile:
    """Return that a file has faults, each with the line on which it stands."""
    known = lines(text.removeprefix("\ufeff").replace("\r\n", "\n"))
    placed = (FileFault(_key(f.path), _line(f.path, known), f.flaw) for f in faults)
    return FaultyFile(tuple(sorted(placed, key=lambda fault: fault.line)))


def _key(path: Path) -> str:
    return "".join(
        f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path
    ).removeprefix(".")


def _line(path: Path, known: Mapping[Path, int]) -> int:
    while path and path not in known:
        path = path[:-1]
    return known.get(path, 1)
