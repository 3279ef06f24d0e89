"""Read a message of any shape and size, a piece at a time, in bounded memory and time. Pure.

Python's own parser keeps a message several times over: of 30 MiB it makes 200. Here only headers
and the beginnings of texts are kept. What a header or an encoding means, that parser's own
functions say (RFC 2045 to 2047, 2231, 5322).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from enum import Enum, auto
from typing import Final

from letters.mail.charsets import header_text
from letters.mail.kinds import SIGNS

TEXT_MAX: Final = 2**19
"""Bytes of one text that are kept."""
_LINE_MAX: Final = 2**14
_HEADERS_MAX: Final = 2**16
_VALUE_MAX: Final = 8_192
_DEPTH_MAX: Final = 32
_PARTS_MAX: Final = 500
_NAME: Final = re.compile(rb"[!-9;-~]{1,200}[ \t]*:")
# Headers in good order, up to the blank line; each character is looked at once.
_BLOCK: Final = re.compile(rb"(?:[!-9;-~]{1,200}[ \t]*:[^\n]*\n(?:[ \t][^\n]*\n)*)+\r?\n")
_FIELD_ENDS: Final = re.compile(rb"\n(?![ \t])")
_CONTROLS: Final = re.compile(r"[\x00-\x1f]")
_SELDOM_NAMED: Final = frozenset({"text/plain", "text/html", "multipart/mixed"})
_AS_IT_IS: Final = frozenset({"", "7bit", "8bit", "binary"})
# A Content-Type as nearly all are: to read it so is many times quicker than as it could be.
_TYPE: Final = re.compile(r"([a-z0-9.+_-]+/[a-z0-9.+_-]+)((?:[ \t]*;[ \t]*[a-z0-9_-]+=(?:"
                          r'"[^"\\]*"|[a-z0-9.+_:/-]+))*)[ \t]*;?', re.IGNORECASE)  # fmt: skip
_PARAMETER: Final = re.compile(r"""([a-z0-9_-]+)=(?:"([^"]*)"|([^\s;]*))""", re.IGNORECASE)
# The headers that anybody looks at. Most of a message's only say what way it came.
_OF_USE: Final = {
    name.encode(): name
    for name in (
        *("from", "to", "cc", "subject", "return-path"),
        *("content-type", "content-transfer-encoding", "content-disposition"),
        *SIGNS,
    )
}


@dataclass(slots=True)
class Part:
    """A message, or a part of one."""

    headers: Mapping[str, Sequence[bytes]] = field(default_factory=dict)
    """Those that anybody looks at, by their names in lower case, as they came."""
    content: bytes = b""
    """Of a text its beginning; of a multipart what stands before its parts."""
    parts: list["Part"] = field(default_factory=list)
    media_type: str = "text/plain"
    disposition: str = ""
    name: str = ""
    """The file's, if it has one."""
    is_cut: bool = False
    """There was more of the text than is kept."""
    _parameters: dict[str, str] | None = None
    """Of Content-Type; None: it is none that can be read quickly."""

    def header(self, name: str) -> str:
        """Return the first header of a name as text, or an empty one."""
        found = self.headers.get(name)
        return header_text(found[0]) if found else ""

    def parameter(self, name: str) -> str:
        """Return a parameter of Content-Type, such as its charset; empty if there is none."""
        if self._parameters is not None:
            return self._parameters.get(name, "")
        try:
            value = self._message().get_param(name)
        except (LookupError, ValueError):
            return ""
        if isinstance(value, tuple):
            value = value[2]
        return value.strip() if isinstance(value, str) else ""

    def raw_text(self) -> bytes:
        """Return the text's bytes, its transfer encoding undone as far as that can be."""
        if self._said("content-transfer-encoding").strip().lower() in _AS_IT_IS:
            return self.content
        message = self._message()
        message.set_payload(self.content.decode("ascii", "surrogateescape"))
        try:
            found = message.get_payload(decode=True)
        except (ValueError, LookupError):
            found = self.content
        return found if isinstance(found, bytes) else self.content

    def describe(self, head: list[bytes]) -> None:
        """Take what the headers say."""
        headers: dict[str, list[bytes]] = {}
        for line in head:
            raw_name, _, raw = line.partition(b":")
            name = _OF_USE.get(raw_name.strip().lower())
            if name is not None:
                headers.setdefault(name, []).append(raw)
        self.headers = headers
        quick = _TYPE.fullmatch(self._said("content-type"))
        if quick is not None:
            self.media_type = quick[1].lower()
            self._parameters = {}
            for name, quoted, bare in _PARAMETER.findall(quick[2]):
                self._parameters.setdefault(name.lower(), (quoted or bare).strip())
        try:
            if quick is None and "content-type" in headers:
                self.media_type = self._message().get_content_type()
            self.disposition = self._said("content-disposition").partition(";")[0].strip().lower()
            if self.disposition == "attachment" or self.media_type not in _SELDOM_NAMED:
                given = self._message().get_filename() or ""
                self.name = header_text(given.encode("utf-8", "replace"))
        except (LookupError, ValueError):
            self.disposition = "attachment"  # whatever it is, it is no text that can be shown

    def _said(self, name: str) -> str:
        """Return the first header of a name, as Python's parser is to read it."""
        found = self.headers.get(name)
        return _CONTROLS.sub(" ", found[0].strip().decode("utf-8", "replace")) if found else ""

    def _message(self) -> Message:
        """Return what Python's own parser knows of the part's headers."""
        message = Message()
        for name in self.headers:
            if name.startswith("content-"):
                message[name] = self._said(name)
        return message


class _In(Enum):
    HEADERS = auto()
    TEXT = auto()
    """What comes is kept."""
    NOTHING = auto()
    """What comes is passed over, but for what ends it."""


class Reader:
    """Takes a message in pieces; gives what is kept of it."""

    def __init__(self) -> None:
        self.whole: Final = Part()
        self._now = self.whole
        self._open: list[tuple[bytes, Part]] = []
        self._levels: dict[bytes, int] = {}
        self._state = _In.HEADERS
        self._head: list[bytes] = []
        self._head_bytes = 0
        self._text: list[bytes] = []
        self._text_bytes = 0
        self._parts = 1
        self._rest = b""
        self._begins_line = True

    def feed(self, data: bytes) -> None:
        """Take the next piece."""
        data = self._rest + data
        self._rest = b""
        if self._state is _In.NOTHING and self._begins_line and not self._may_end(data):
            # Most of a large message is the inside of an attachment.
            end = data.rfind(b"\n") + 1
            self._keep(data[end:] if end else data)
            return
        at = 0
        while at < len(data):
            at = self._next(data, at)

    def _next(self, data: bytes, at: int) -> int:
        """Take what comes next, many lines at once where that can be; return its end."""
        if self._begins_line:
            end = self._block(data, at) if self._state is _In.HEADERS else self._lines(data, at)
            if end > at:
                return end
        end = data.find(b"\n", at) + 1
        if end == 0:
            self._keep(data[at:])
            return len(data)
        self._line(data[at:end])
        return end

    def _block(self, data: bytes, at: int) -> int:
        """Take the headers of a part where they come at once and in order; return their end.

        Line by line, they would cost more than all the rest of an ordinary message.
        """
        block = None if self._head else _BLOCK.match(data, at)
        if block is None or len(block[0]) > _HEADERS_MAX:
            return at
        if self._levels and (block[0].startswith(b"--") or b"\n--" in block[0]):
            return at  # it could be a boundary, however much it looks like a header
        self._head = [line[:_VALUE_MAX] for line in _FIELD_ENDS.split(block[0])]
        self._end_headers()
        return block.end()

    def _lines(self, data: bytes, at: int) -> int:
        """Take the lines that cannot be a boundary; return their end."""
        end = at
        if not self._levels or not data.startswith(b"--", at):
            mark = data.find(b"\n--", at) if self._levels else -1
            end = (data.rfind(b"\n") if mark < 0 else mark) + 1
        if end > at and self._state is _In.TEXT:
            self._add_text(data[at:end])
        return end

    def _may_end(self, data: bytes) -> bool:
        """Tell whether a boundary that is waited for can stand in what comes."""
        return b"--" in data and any(boundary in data for boundary in self._levels)

    def _keep(self, torn: bytes) -> None:
        """Keep the beginning of a line until the rest comes, or give it out as it is."""
        if len(torn) < _LINE_MAX:
            self._rest = torn
        else:
            self._line(torn)

    def close(self) -> Part:
        """Return the message; nothing more can come."""
        if self._rest:
            self._line(self._rest)
            self._rest = b""
        if self._state is _In.HEADERS:
            self._end_headers()
        self._end_text(before_boundary=False)
        return self.whole

    def _line(self, line: bytes) -> None:
        is_start, self._begins_line = self._begins_line, line.endswith(b"\n")
        if is_start and line.startswith(b"--") and self._levels and self._boundary(line):
            return
        if self._state is _In.HEADERS:
            self._header(line, is_start=is_start)
        elif self._state is _In.TEXT:
            self._add_text(line)

    def _add_text(self, lines: bytes) -> None:
        self._text.append(lines)
        self._text_bytes += len(lines)
        if self._text_bytes > TEXT_MAX:
            self._now.is_cut = True
            self._end_text(before_boundary=False)
            self._state = _In.NOTHING

    def _header(self, line: bytes, *, is_start: bool) -> None:
        bare = line.rstrip(b"\r\n")
        if is_start and not bare:
            self._end_headers()
            return
        if not is_start or bare[:1] in b" \t":  # it goes on
            if self._head and len(self._head[-1]) < _VALUE_MAX:
                self._head[-1] += bare
            return
        if not _NAME.match(bare):
            if not self._head and (bare.startswith((b"From ", b">From "))):
                return  # a mailbox file's mark
            self._end_headers()  # somebody forgot the blank line
            self._line_of_text(line)
            return
        if self._head_bytes < _HEADERS_MAX:
            self._head_bytes += min(len(bare), _VALUE_MAX)
            self._head.append(bare[:_VALUE_MAX])

    def _line_of_text(self, line: bytes) -> None:
        if self._state is _In.TEXT:
            self._text.append(line)
            self._text_bytes += len(line)

    def _end_headers(self) -> None:
        self._now.describe(self._head)
        self._head, self._head_bytes = [], 0
        now = self._now
        if now.media_type.startswith("multipart/"):
            boundary = now.parameter("boundary").rstrip().encode("utf-8", "surrogateescape")
            if boundary and len(self._open) < _DEPTH_MAX:
                self._open.append((boundary, now))
                self._levels[boundary] = len(self._open) - 1
            self._state = _In.TEXT
        elif now.media_type.startswith("text/") and now.disposition != "attachment":
            self._state = _In.TEXT
        else:
            self._state = _In.NOTHING

    def _boundary(self, line: bytes) -> bool:
        """Take a line that ends a part, if it does."""
        word = line[2:].rstrip(b" \t\r\n")
        level, is_last = self._levels.get(word), False
        if level is None and word.endswith(b"--"):
            level, is_last = self._levels.get(word[:-2]), True
        if level is None:
            return False
        if self._state is _In.HEADERS:
            self._end_headers()
        self._end_text(before_boundary=True)
        keep = level if is_last else level + 1
        inner, self._open = self._open[level], self._open[:keep]
        self._levels = {boundary: n for n, (boundary, _) in enumerate(self._open)}
        if is_last or self._parts >= _PARTS_MAX:
            # A part too many is no part: nobody reads the five hundredth.
            self._now, self._state = Part(), _In.NOTHING
            return True
        self._parts += 1
        self._now = Part()
        inner[1].parts.append(self._now)
        self._state = _In.HEADERS
        return True

    def _end_text(self, *, before_boundary: bool) -> None:
        if not self._text:
            return
        text = b"".join(self._text)
        if before_boundary:  # the line end before it is the boundary's
            text = text.removesuffix(b"\n").removesuffix(b"\r")
        if not self._now.content:
            self._now.content = text
        self._text, self._text_bytes = [], 0
