"""Answer every mail send with 202 as cheaply as Python can, so that a benchmark weighs its client.

Nothing is checked and no body is kept, only the ids in it. HTTP/1.1 with Content-Length is all
that is understood.
"""

import asyncio
import contextlib
import json
import random
import re
import ssl
import time
from collections.abc import AsyncIterator
from typing import cast

from sandbox.ledger import Ledger
from sandbox.mail.messages import first_recipient

_HEAD_LIMIT_BYTES = 65536
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class _Connection(asyncio.Protocol):
    """One client, whose requests are answered one after the other."""

    def __init__(self, ledger: Ledger, answer_ms: tuple[float, float]) -> None:
        self._ledger = ledger
        self._answer_ms = answer_ms
        self._unread = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while (end := self._unread.find(b"\r\n\r\n")) >= 0:
            head = self._unread[:end]
            length = _LENGTH.search(head)
            size = end + 4 + (int(length[1]) if length else 0)
            if len(self._unread) < size:
                return
            body, self._unread = self._unread[end + 4 : size], self._unread[size:]
            self._answer(head, body)
        if len(self._unread) > _HEAD_LIMIT_BYTES and self._transport:
            self._transport.abort()

    def _answer(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"POST /v3/mail/send"):
            recipient = first_recipient(json.loads(body))
            n = self._ledger.enter(time.time(), recipient, "202", taken=True)
            self._say(b"202 Accepted", b"X-Message-Id: %d\r\n" % n)
        elif head.startswith(b"GET /ledger.json"):
            books = json.dumps(self._ledger.as_json()).encode()
            self._say(b"200 OK", b"Content-Type: application/json\r\n", books)
        elif head.startswith(b"GET /outbox.json"):
            self._say(b"200 OK", b"Content-Type: application/json\r\n", b"[]")
        else:
            self._say(b"404 Not Found", b"")

    def _say(self, status: bytes, headers: bytes, body: bytes = b"") -> None:
        answer = b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\n\r\n%b" % (
            status,
            headers,
            len(body),
            body,
        )
        low_ms, high_ms = self._answer_ms
        if high_ms:
            delay_s = random.uniform(low_ms, high_ms) / 1000  # noqa: S311 - a delay
            asyncio.get_running_loop().call_later(delay_s, self._write, answer)
        else:
            self._write(answer)

    def _write(self, answer: bytes) -> None:
        if self._transport and not self._transport.is_closing():
            self._transport.write(answer)


@contextlib.asynccontextmanager
async def listening(
    host: str, port: int, tls: ssl.SSLContext | None, answer_ms: tuple[float, float]
) -> AsyncIterator[int]:
    """Listen while the context lasts; gives the port. Answers wait `answer_ms`, low to high."""
    ledger = Ledger()
    server = await asyncio.get_running_loop().create_server(
        lambda: _Connection(ledger, answer_ms), host, port, ssl=tls, backlog=1024
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
