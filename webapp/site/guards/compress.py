"""Send the public pages and their files compressed, to browsers that take it."""

import gzip
from functools import lru_cache
from typing import Final

from flask import Response, request

_LEAST_BYTES: Final = 500
_KINDS: Final = ("text/html", "text/css", "text/javascript", "image/svg+xml")
_QUICK: Final = 5
_ENDPOINTS: Final = frozenset({"static", "listed.index", "action.show", "action.embed"})
"""Only what holds nothing that a visitor sent: compressed beside a secret, a visitor's words could
be used to guess it (CVE-2013-3587). So no answer to a post, no receipt and nothing of the desk."""


def compress(response: Response) -> Response:
    """Return `response`, compressed where that helps and is harmless."""
    if request.endpoint not in _ENDPOINTS or response.mimetype not in _KINDS:
        return response
    response.vary.add("Accept-Encoding")
    if response.status_code != 200 or not request.accept_encodings["gzip"]:
        return response
    response.direct_passthrough = False
    content = response.get_data()
    if request.method != "GET" or len(content) < _LEAST_BYTES:
        return response
    is_file = request.endpoint == "static"
    response.set_data(_compressed_file(content) if is_file else gzip.compress(content, _QUICK))
    response.content_encoding = "gzip"
    etag, _ = response.get_etag()
    if etag is not None:
        response.set_etag(etag, weak=True)  # the same to whoever reads it, not the same bytes
    return response


@lru_cache(maxsize=32)
def _compressed_file(content: bytes) -> bytes:
    return gzip.compress(content)
