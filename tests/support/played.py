"""A socket that plays SendGrid: it answers each request as it was told."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

TAKEN: Final = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
CLOSE: Final = b""
"""Close the connection once the request is in."""
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Played:
    """A server that answers each request with the next of its answers."""

    def __init__(self, *answers: bytes) -> None:
        self._answers: Iterator[bytes] = iter(answers)
        self.bodies: list[bytes] = []
        self.connections = 0

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take requests on one connection until it is closed."""
        self.connections += 1
        with ExitStack() as stack:
            stack.callback(writer.close)
            while head := await _head(reader):
                length = _LENGTH.search(head)
                assert length is not None
                self.bodies.append(await reader.readexactly(int(length[1])))
                if (answer := next(self._answers)) == CLOSE:
                    return
                writer.write(answer)


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return b""
