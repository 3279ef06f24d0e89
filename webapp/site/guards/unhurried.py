"""Let the reader of a long download pause: a browser that asks where to keep it, a slow line."""

import socket
import struct
from threading import BoundedSemaphore
from typing import Final

from flask import Response, request

PAUSE_SECONDS: Final = 120
_AT_ONCE: Final = 1
_places = BoundedSemaphore(_AT_ONCE)


def unhurried(response: Response) -> Response:
    """Return `response`, whose reader may take in nothing for two minutes and still get all of it.

    A thread waits for each such reader, so only one in a process may pause for so long at once.
    Whoever comes after has the ten seconds that everybody has, and so has the next answer.
    """
    connection = request.environ.get("gunicorn.socket")
    if connection is None or not _places.acquire(blocking=False):
        return response
    connection.setsockopt(
        socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", PAUSE_SECONDS, 0)
    )
    response.call_on_close(_places.release)
    return response
