"""Keep millions of postcodes in a few thousand pages, as a printed directory does. Pure.

A page holds the postcodes from its first one up to the next page's, in order, with their areas:
first a line of area names, then a line for each postcode with the places of its areas in that line.
Neighbours share areas, so a page is small; to look a postcode up takes one page. A row for each
postcode would take ten times the room and the time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

_PER_PAGE: Final = 300
_LINE: Final = b"\n"
_TAB: Final = b"\t"


@dataclass(frozen=True, slots=True)
class Page:
    """A run of postcodes, with their areas."""

    first: bytes
    """Its first postcode. Bytes: every database orders them alike."""
    content: bytes
    postcodes: int


@dataclass(slots=True)
class Directory:
    """Postcodes with their areas on the way to pages, kept tight: some sixty bytes for each."""

    names: list[str] = field(default_factory=list)
    _numbers: dict[str, int] = field(default_factory=dict)
    _entries: list[bytes] = field(default_factory=list)

    @staticmethod
    def of(rows: Iterable[tuple[str, str]]) -> "Directory":
        """Return a directory of postcodes, in the form that is compared, each with an area."""
        made = Directory()
        for code, area in rows:
            number = made._numbers.get(area)
            if number is None:
                number = made._numbers[area] = len(made.names)
                made.names.append(area)
            made._entries.append(b"%s\t%d" % (code.encode(), number))
        made._entries.sort()
        return made

    def pages(self) -> Iterator[Page]:
        """Yield the pages, in order. A postcode and all its areas stand on one."""
        run: list[tuple[bytes, list[int]]] = []
        for code, entries in groupby(self._entries, lambda entry: entry.partition(_TAB)[0]):
            numbers = dict.fromkeys(int(entry.partition(_TAB)[2]) for entry in entries)
            run.append((code, list(numbers)))
            if len(run) == _PER_PAGE:
                yield self._page(run)
                run = []
        if run:
            yield self._page(run)

    def _page(self, run: Sequence[tuple[bytes, list[int]]]) -> Page:
        places: dict[int, int] = {}
        lines = [
            code + _TAB + b" ".join(b"%d" % places.setdefault(n, len(places)) for n in numbers)
            for code, numbers in run
        ]
        head = "\t".join(self.names[number] for number in places).encode()
        return Page(run[0][0], _LINE.join([head, *lines, b""]), len(run))


def areas_on(content: bytes, code: str) -> tuple[str, ...]:
    """Return the areas of a postcode on a page; none if it is not there."""
    mark = _LINE + code.encode() + _TAB
    at = content.find(mark)
    if at < 0:
        return ()
    begin = at + len(mark)
    numbers = content[begin : content.index(_LINE, begin)].split()
    names = content[: content.index(_LINE)].decode().split("\t")
    return tuple(names[int(number)] for number in numbers)


def names_on(content: bytes) -> list[str]:
    """Return the names of all areas on a page."""
    return content[: content.index(_LINE)].decode().split("\t")
