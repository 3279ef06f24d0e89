"""A socket that plays SendGrid: it answers each request as it was told."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Final

TAKEN: Final = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
CLOSE: Final = b""
"""Close the connection once the request is in."""
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Played:
    """A server that answers each request with the next of its answers."""

    def __init__(self, *answers: bytes) -> None:
        self._answers: Iterator[bytes] = iter(answers)
        self._open: dict[asyncio.Task[None] | None, asyncio.StreamWriter] = {}
        self.bodies: list[bytes] = []
        self.connections = 0

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """Listen at the port that this yields. At the end no connection is left open."""
        server = await asyncio.start_server(self._meet, "127.0.0.1", 0, limit=1 << 20)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            await asyncio.sleep(0)  # whoever has just come in is met
            for writer in self._open.values():
                writer.close()
            await asyncio.gather(*filter(None, self._open))

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open[asyncio.current_task()] = writer
        try:
            await self._answer(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
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
