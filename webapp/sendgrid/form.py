"""Take a multipart form apart while it comes, one part at a time. Pure.

Werkzeug's own reader builds a header object, and matches several patterns, for each of a dozen
small fields: on a mail of a few kilobytes that costs more than to read the mail.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_HEAD_MAX: Final = 2**14
_PARTS_MAX: Final = 1_000
_NAME: Final = re.compile(rb"""[;\s]name="((?:[^"\\]|\\.)*)\"""", re.IGNORECASE)
_FILE: Final = re.compile(rb"""[;\s]filename="((?:[^"\\]|\\.)*)\"""", re.IGNORECASE)
_FILE_EXTENDED: Final = re.compile(rb"""[;\s]filename\*=utf-8''([^;\s]*)""", re.IGNORECASE)
_KIND: Final = re.compile(rb"^content-type:[ \t]*([^;\s]*)", re.IGNORECASE | re.MULTILINE)
_PLAIN: Final = re.compile(rb"""(?:\r\n)?Content-Disposition: form-data; name="([A-Za-z_-]+)\"""")
_PERCENT: Final = re.compile(rb"%([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a part."""

    name: str
    file_name: str | None
    """None: it is no file."""
    media_type: str


def parts(boundary: bytes, pieces: Iterable[bytes]) -> Iterator[tuple[Head, Iterable[bytes]]]:
    """Yield each part's head with its data in pieces, which are there until the next is asked for.

    What is broken or cut off ends it early: whoever asks has what came before.
    """
    coming = _Coming(b"\r\n--" + boundary, iter(pieces))
    for _ in coming.until_mark():
        pass  # before the first boundary nothing counts
    for _ in range(_PARTS_MAX):
        head = coming.head()
        if head is None:
            return
        data = coming.until_mark()
        yield _head(head), data
        for _ in data:
            pass  # what nobody wanted


@dataclass(slots=True)
class _Coming:
    """What has come; what stands before `at` has been given out."""

    mark: bytes
    source: Iterator[bytes]
    kept: bytes = b"\r\n"
    """The first boundary has no line end before it."""
    at: int = 0

    def _more(self) -> bool:
        piece = next(self.source, None)
        self.kept = self.kept[self.at :] + (piece or b"")
        self.at = 0
        return piece is not None

    def until_mark(self) -> Iterable[bytes]:
        """Give out what comes before the next boundary; the end is one, too."""
        found = self.kept.find(self.mark, self.at)
        if found < 0:
            return self._piece_by_piece()
        data = self.kept[self.at : found]
        self.at = found + len(self.mark)
        return (data,)

    def _piece_by_piece(self) -> Iterator[bytes]:
        while (found := self.kept.find(self.mark, self.at)) < 0:
            # The end of it could be the beginning of a boundary.
            sure = len(self.kept) - len(self.mark) + 1
            if sure > self.at:
                yield self.kept[self.at : sure]
                self.at = sure
            if not self._more():
                yield self.kept
                self.at = len(self.kept)
                return
        yield self.kept[self.at : found]
        self.at = found + len(self.mark)

    def head(self) -> bytes | None:
        """Take the lines at the beginning of a part; None: no part comes any more."""
        while (end := self.kept.find(b"\r\n\r\n", self.at)) < 0:
            is_last = self.kept.startswith(b"--", self.at)
            if is_last or len(self.kept) - self.at > _HEAD_MAX or not self._more():
                return None
        if self.kept.startswith(b"--", self.at) or end - self.at > _HEAD_MAX:
            return None
        head = self.kept[self.at : end]
        # The boundary of an empty part follows at once, and shares the line end.
        self.at = end + (2 if self.kept.startswith(self.mark, end + 2) else 4)
        return head


def _head(raw: bytes) -> Head:
    plain = _PLAIN.fullmatch(raw)
    if plain is not None:  # as most fields begin
        return Head(plain[1].decode(), None, "")
    name, given, kind = _NAME.search(raw), _FILE.search(raw), _KIND.search(raw)
    extended = _FILE_EXTENDED.search(raw)
    file_name = None if given is None else _text(given[1])
    if extended is not None:
        file_name = _PERCENT.sub(lambda m: bytes([int(m[1], 16)]), extended[1]).decode(
            "utf-8", "replace"
        )
    return Head(
        "" if name is None else _text(name[1]),
        file_name,
        "" if kind is None else kind[1].decode("ascii", "replace").lower(),
    )


def _text(raw: bytes) -> str:
    return raw.replace(b"\\\\", b"\\").replace(b'\\"', b'"').decode("utf-8", "replace")
