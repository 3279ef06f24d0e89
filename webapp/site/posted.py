"""Read what was posted before anything else does: how much it is, and whether it is text."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl

from flask import Flask, Response, abort, g, request, session
from werkzeug.datastructures import ImmutableMultiDict

from letters.desk import sign_ins
from webapp.site.guards.linger import linger
from webapp.site.services import services

_MOST_FIELDS: Final = 2_000
MOST_BYTES: Final = 2**18
"""Of a stranger's post: what the form can hold, percent-encoded, is about 150 kB. To take a form
apart can cost a second and more a megabyte."""
MOST_BYTES_OF_LISTS: Final = 2**20
"""A spreadsheet of 512 KiB, beside a list that was read from one before."""
_TAKES_LISTS: Final = frozenset({"desk.create", "desk.edit"})
"""The editor, to which whoever is signed in brings spreadsheets; a logo is not as long as these."""
_READ_FOR_THEMSELVES: Final = frozenset({"webhook.take", "inbound.take_mail"})
"""They look at the length before they read anything."""


def register(app: Flask) -> None:
    """Let `app` read what is posted before anything else does, and nothing that leads nowhere."""
    app.before_request(read)
    app.after_request(_end_unread)


def read() -> None:
    """Read the posted form; answer 413 to a body that is too long or has too many fields.

    Where a byte is no UTF-8, Werkzeug loses the whole form or writes `%FF`. Here it becomes
    U+FFFD, and :func:`is_unreadable` tells that from one that somebody typed: what is taken has to
    arrive as it was posted, so the fields refuse it.
    """
    if "\0" in request.path:
        abort(HTTPStatus.NOT_FOUND)  # no name of ours has one, and PostgreSQL cannot look for it
    if request.method != "POST" or request.endpoint in _READ_FOR_THEMSELVES:
        return
    if request.routing_exception is not None:
        return  # what is posted to an address that leads nowhere is not worth reading
    request.max_content_length = MOST_BYTES
    is_long = request.content_length is None or request.content_length > MOST_BYTES
    if is_long and _brings_a_list():
        request.max_content_length = MOST_BYTES_OF_LISTS
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
    g.is_posted_read = True


def form_as_read() -> Mapping[str, str]:
    """Return this request's form, or an empty one where nothing was read of it."""
    return request.form if g.get("is_posted_read") else {}


def _brings_a_list() -> bool:
    """Tell whether this is a list of somebody who is signed in at the desk."""
    token = session.get("token", "") if request.endpoint in _TAKES_LISTS else ""
    if not token:
        return False
    with services().database.read() as connection:
        return sign_ins.signed_in(connection, token, services().now()) is not None


def _end_unread(response: Response) -> Response:
    """End the connection of a post that was not read: what comes on it still is no request."""
    if request.method != "POST" or request.endpoint in _READ_FOR_THEMSELVES:
        return response
    return response if g.get("is_posted_read") else linger(response)


def is_unreadable(text: str) -> bool:
    """Tell whether `text`, from this request's form, holds what came as no UTF-8."""
    return "\ufffd" in text and not g.get("posted_utf8", True)
