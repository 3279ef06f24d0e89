"""Let a client that still sends read our answer.

A server that answers 413 and closes the connection at once resets it, and many clients then see the
reset and not the answer. So after the answer we read on for a moment, and keep nothing of it.
"""

import time
from typing import Final

from flask import Response, request

_MOST_BYTES: Final = 16 * 2**20
_MOST_SECONDS: Final = 2.0
_SILENCE_SECONDS: Final = 0.5
_AT_ONCE: Final = 2**16


def linger(response: Response) -> Response:
    """Return `response`, which ends its connection after what is still sent has been passed over.

    A client that sends nothing is not waited for longer than half a second.
    """
    stream = request.environ["wsgi.input"]
    connection = request.environ.get("gunicorn.socket")
    response.headers["Connection"] = "close"

    def pass_over() -> None:
        if connection is None:
            return  # no server of ours, and nothing to wait on
        connection.settimeout(_SILENCE_SECONDS)
        left, until = _MOST_BYTES, time.monotonic() + _MOST_SECONDS
        try:
            while left > 0 and time.monotonic() < until:
                read = len(stream.read(_AT_ONCE))
                left -= read
                if not read:
                    return
        except OSError:
            return  # it fell silent, or went away: it has our answer or does not want it

    response.call_on_close(pass_over)
    return response
