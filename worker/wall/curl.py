"""Run libcurl's transfers on an asyncio loop, over one pool of connections.

libcurl does not hold the interpreter while it works. With the loop in Python as little as this, a
request costs a third of the processor time that it takes a client written in Python, and the thread
that writes to the database need not wait for it.
"""

import asyncio
from typing import Final

import pycurl

_IDLE_SECONDS: Final = 10  # shorter than any server keeps a connection, so that we close first


class Transfers:
    """A pool of connections on the running loop. Make one for a process, close it at the end."""

    def __init__(self, connections: int) -> None:
        self._loop: Final = asyncio.get_running_loop()
        self._multi: Final = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_MAXCONNECTS, connections)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._timer: asyncio.TimerHandle | None = None
        self._ends: Final[dict[pycurl.Curl, asyncio.Future[int]]] = {}

    async def run(self, curl: pycurl.Curl) -> int:
        """Do what `curl` was set up for; return libcurl's code, which is E_OK if nothing broke."""
        end: asyncio.Future[int] = self._loop.create_future()
        self._ends[curl] = end
        curl.setopt(pycurl.MAXAGE_CONN, _IDLE_SECONDS)
        self._multi.add_handle(curl)
        try:
            return await end
        finally:
            del self._ends[curl]
            self._multi.remove_handle(curl)

    def close(self) -> None:
        """Close the connections. No transfer may be under way."""
        if self._timer is not None:
            self._timer.cancel()
        self._multi.close()

    def _watch(self, events: int, socket: int, _multi: object, _data: object) -> None:
        """Watch a socket for what libcurl waits for on it; libcurl calls this."""
        self._loop.remove_reader(socket)
        self._loop.remove_writer(socket)
        if events in {pycurl.POLL_IN, pycurl.POLL_INOUT}:
            self._loop.add_reader(socket, self._act, socket, pycurl.CSELECT_IN)
        if events in {pycurl.POLL_OUT, pycurl.POLL_INOUT}:
            self._loop.add_writer(socket, self._act, socket, pycurl.CSELECT_OUT)

    def _set_timer(self, after_ms: int) -> None:
        """Wake libcurl after a while, or not at all if it says -1; libcurl calls this."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if after_ms >= 0:
            # Never at once: libcurl may not be called from within its own call.
            self._timer = self._loop.call_later(
                after_ms / 1_000, self._act, pycurl.SOCKET_TIMEOUT, 0
            )

    def _act(self, socket: int, events: int) -> None:
        if socket == pycurl.SOCKET_TIMEOUT:
            self._timer = None
        _, running = self._multi.socket_action(socket, events)
        if running == len(self._ends):
            return
        left = 1
        while left:
            left, fine, broken = self._multi.info_read()
            for curl in fine:
                self._end(curl, pycurl.E_OK)
            for curl, code, _ in broken:
                self._end(curl, code)

    def _end(self, curl: pycurl.Curl, code: int) -> None:
        end = self._ends[curl]
        if not end.done():  # it was told before, and its task has not had its turn yet
            end.set_result(code)
