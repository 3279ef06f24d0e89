"""Serve an app of ours on loopback from this process, for a browser to look at."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@contextmanager
def serving(app: Flask, port: int = 0) -> Iterator[int]:
    """Serve `app` at a port, any by default, which this yields."""
    server = make_server("127.0.0.1", port, _whole(app), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _whole(app: Flask) -> "WSGIApplication":
    """Give each answer in one piece: a browser that goes away would leave its file open."""

    def answer(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        pieces = app(environ, start)
        try:
            return [b"".join(pieces)]
        finally:
            if (close := getattr(pieces, "close", None)) is not None:
                close()

    return answer
