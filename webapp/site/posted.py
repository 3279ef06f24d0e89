"""Read what was posted before anything else does: how much it is, and whether it is text."""

from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from flask import abort, g, request, session
from werkzeug.datastructures import ImmutableMultiDict

_MOST_FIELDS: Final = 2_000
_MOST_BYTES_IN_PARTS: Final = 2**18
"""Of a stranger's multipart form: to take one apart costs a second a megabyte."""
_READS_FOR_ITSELF: Final = "webhook.take"  # it looks at the length before it reads anything


def read() -> None:
    """Read the posted form; answer 413 to a body that is too long or has too many fields.

    Where a byte is no UTF-8, Werkzeug loses the whole form or writes `%FF`. Here it becomes
    U+FFFD, and :func:`is_unreadable` tells that from one that somebody typed: what is taken has to
    arrive as it was posted, so the fields refuse it.
    """
    if "\0" in request.path:
        abort(HTTPStatus.NOT_FOUND)  # no name of ours has one, and PostgreSQL cannot look for it
    if request.method != "POST" or request.endpoint == _READS_FOR_ITSELF:
        return
    if request.mimetype == "multipart/form-data" and "token" not in session:
        # Only the desk has a form with a file.
        request.max_content_length = _MOST_BYTES_IN_PARTS
    body = request.get_data()
    g.posted_utf8 = True
    if request.mimetype == "application/x-www-form-urlencoded":
        if body.count(b"&") >= _MOST_FIELDS:
            abort(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
        except UnicodeDecodeError:
            g.posted_utf8 = False
            text = body.decode(errors="replace")
            pairs = parse_qsl(text, keep_blank_values=True, errors="replace")
        request.form, request.files = ImmutableMultiDict(pairs), ImmutableMultiDict()
    else:
        try:
            body.decode()
        except UnicodeDecodeError:
            g.posted_utf8 = False
        _ = request.form  # 413 for too many parts is answered here, not while an error is


def is_unreadable(text: str) -> bool:
    """Tell whether `text`, from this request's form, holds what came as no UTF-8."""
    return "\ufffd" in text and not g.get("posted_utf8", True)
