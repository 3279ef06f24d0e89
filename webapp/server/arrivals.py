"""Take whole requests in before a thread is spent on them.

gunicorn gives a thread to each connection that has sent a byte, and waits for the rest for ever:
sixteen half-sent requests stop a site. Here the main loop, which never blocks, gathers what a
client sends. A thread gets what is whole; what is not whole in time is closed. Only what is too
large to be gathered, or comes in chunks, is read by a thread as it arrives: within a time, and by
half of the threads at most.
"""

import logging
import re
import selectors
import socket
import struct
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from enum import Enum, auto
from functools import partial
from typing import Any, Final

from gunicorn import util
from gunicorn.http.errors import (
    ExpectationFailed,
    LimitRequestHeaders,
    LimitRequestLine,
    NoMoreData,
    ParseException,
)
from gunicorn.workers.gthread import TConn, ThreadWorker

WHOLE_SECONDS: Final = 10.0
"""For a request that is gathered, from its first byte (or the connection's beginning)."""
LARGE_SECONDS: Final = 30.0
"""For one that a thread reads as it arrives."""
_ANSWER_SECONDS: Final = 10
"""For a client to take in some of our answer."""
_STOP_SECONDS: Final = 2.0
_MOST_HEAD: Final = 2**16
_MOST_GATHERED: Final = 2**18 + _MOST_HEAD
_HEAD_ENDS: Final = re.compile(rb"\r?\n\r?\n")
_LENGTH: Final = re.compile(rb"\ncontent-length:[ \t]*([0-9]{1,12})[ \t]*\r?\n", re.IGNORECASE)
# It comes in chunks, or waits for our word before it comes.
_NOT_TOLD: Final = re.compile(rb"\n(?:transfer-encoding|expect)[ \t]*:", re.IGNORECASE)
_STATUS: Final = {
    LimitRequestLine: (414, "URI Too Long"),
    LimitRequestHeaders: (431, "Request Header Fields Too Large"),
    ExpectationFailed: (417, "Expectation Failed"),
}
_log = logging.getLogger(__name__)


class Arrived(Enum):
    """How much of a request is there."""

    PART = auto()
    WHOLE = auto()
    LARGE = auto()
    """Its head is there, or more than a head should be; the rest is read by a thread."""


def look(gathered: bytes | bytearray) -> Arrived:
    """Tell how much of a request has been gathered. Whether it is well-formed is asked later."""
    end = _HEAD_ENDS.search(gathered)
    if end is None:
        return Arrived.LARGE if len(gathered) > _MOST_HEAD else Arrived.PART
    head = gathered[: end.end()]
    if _NOT_TOLD.search(head):
        return Arrived.LARGE
    length = _LENGTH.search(head)
    wanted = len(head) + (int(length[1]) if length else 0)
    if wanted > _MOST_GATHERED:
        return Arrived.LARGE
    return Arrived.WHOLE if len(gathered) >= wanted else Arrived.PART


def _wait_for_reader(client: socket.socket) -> None:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", _ANSWER_SECONDS, 0))


class TooSlow(NoMoreData):  # type: ignore[misc]  # gunicorn brings no types
    """A request did not arrive in time."""


class InTime:
    """A socket that is read until a moment of the monotonic clock, and no longer."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._socket, self._until = sock, until

    def recv(self, size: int) -> bytes:
        """Return what has come; raise TooSlow."""
        left, usual = self._until - time.monotonic(), self._socket.gettimeout()
        if left <= 0:
            raise TooSlow
        self._socket.settimeout(left if usual is None else min(left, usual))
        try:
            return self._socket.recv(size)
        except TimeoutError:
            raise TooSlow from None
        finally:
            self._socket.settimeout(usual)

    def gettimeout(self) -> float | None:
        """Return the time that one read may take."""
        return self._socket.gettimeout()

    def settimeout(self, seconds: float | None) -> None:
        """Set it."""
        self._socket.settimeout(seconds)


class Connection(TConn):  # type: ignore[misc]  # gunicorn brings no types
    """A client's connection, and what has been gathered of its next request."""

    def __init__(self, *of: Any) -> None:  # noqa: ANN401 - as gunicorn makes it
        super().__init__(*of)
        self.gathered = bytearray()
        self.due = 0.0
        self.is_large = False

    def hand_over(self) -> None:
        """Let the parser find what has been gathered, and read on within a time."""
        self.sock.settimeout(None)
        _wait_for_reader(self.sock)  # the answer before may have been one that waits for longer
        self.init()
        self.data_ready = True
        unreader = self.parser.unreader
        unreader.unread(bytes(self.gathered))
        self.gathered.clear()
        seconds = LARGE_SECONDS if self.is_large else WHOLE_SECONDS
        unreader.sock = InTime(self.sock, time.monotonic() + seconds)


class Patient(ThreadWorker):  # type: ignore[misc]  # gunicorn brings no types
    """gunicorn's worker with threads, which wait for nobody."""

    def __init__(self, *of: Any, **more: Any) -> None:  # noqa: ANN401 - as gunicorn makes it
        super().__init__(*of, **more)
        self._arriving: dict[Connection, None] = {}
        self._large: deque[Connection] = deque()
        self._large_running = 0
        self._stopping_at: float | None = None

    def accept(self, listener: socket.socket) -> None:
        """Take a new connection, and wait for what it sends."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        _wait_for_reader(client)
        self.nr_conns += 1
        self._wait_for(Connection(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        """Gather the next request of a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._wait_for(conn)

    def _wait_for(self, conn: Connection) -> None:
        conn.sock.settimeout(0)
        conn.due = time.monotonic() + WHOLE_SECONDS
        self._arriving[conn] = None
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._gather, conn))

    def _gather(self, conn: Connection, client: socket.socket) -> None:
        try:
            came = client.recv(_MOST_HEAD)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            came = b""
        conn.gathered += came
        if not came:
            self._drop(conn)
        elif look(conn.gathered) is not Arrived.PART:
            self._leave(conn)
            self._begin(conn)

    def _begin(self, conn: Connection) -> None:
        match look(conn.gathered):
            case Arrived.PART:
                self._wait_for(conn)
            case Arrived.LARGE:
                conn.is_large = True
                conn.due = time.monotonic() + LARGE_SECONDS
                self._large.append(conn)
                self._begin_large()
            case Arrived.WHOLE:
                conn.is_large = False
                self.enqueue_req(conn)

    def _begin_large(self) -> None:
        while self._large and self._large_running < max(1, self.cfg.threads // 2):
            self._large_running += 1
            self.enqueue_req(self._large.popleft())

    def _leave(self, conn: Connection) -> None:
        del self._arriving[conn]
        self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        self._leave(conn)
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Close what did not arrive in time, and the oldest of too many."""
        now = time.monotonic()
        if not self.alive:
            self._stopping_at = self._stopping_at or now + _STOP_SECONDS
        late = [
            conn
            for conn in self._arriving
            if conn.due <= now or (self._stopping_at is not None and self._stopping_at <= now)
        ]
        if self.nr_conns >= self.worker_connections:
            late = late or list(self._arriving)[: max(1, self.worker_connections // 4)]
        for conn in late:
            self._drop(conn)
        for conn in [conn for conn in self._large if conn.due <= now]:
            self._large.remove(conn)
            self.nr_conns -= 1
            conn.close()

    def handle(self, conn: Connection) -> bool:
        """Answer one request, in a thread."""
        conn.hand_over()
        return bool(super().handle(conn))

    def finish_request(self, conn: Connection, fs: "Future[bool]") -> None:
        """Go on with the connection; what came behind the request begins the next one."""
        if conn.is_large:
            conn.is_large = False
            self._large_running -= 1
            self._begin_large()
        is_kept = not fs.cancelled() and fs.exception() is None and fs.result()
        if is_kept and (ahead := conn.parser.unreader.take_buffered()):
            conn.gathered += ahead
            self._begin(conn)
        else:
            super().finish_request(conn, fs)

    def handle_error(
        self, req: object, client: socket.socket, _address: object, exc: Exception
    ) -> None:
        """Refuse what is no request; say of it only what kind of fault it has.

        gunicorn would write its line into the log, with the token that stands in it.
        """
        if req is None or isinstance(exc, ParseException):
            status, reason = _STATUS.get(type(exc), (400, "Bad Request"))
            refused: Callable[[int], None] | None = getattr(self.wsgi, "extensions", {}).get(
                "malformed"
            )
            if refused is not None:
                refused(status)
            _log.info("refused a malformed request: %s", type(exc).__name__)
        else:
            status, reason = 500, "Internal Server Error"
            _log.error("unexpected %s in the web server", type(exc).__name__, exc_info=exc)
        try:
            util.write_error(client, status, reason, "")
        except OSError:
            _log.info("and its sender has gone")
