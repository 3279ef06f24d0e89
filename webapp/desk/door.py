"""The desk's door: closed to whoever is not signed in, but for what is listed open."""

from http import HTTPStatus
from typing import Final

from flask import Blueprint, current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from letters import organisers
from webapp.parts import parts

door = Blueprint("desk", __name__, url_prefix="/desk")
# Everything else of the desk is closed.
OPEN: Final = frozenset({"desk.sign_in", "desk.ask_link", "desk.send_link"})


@door.before_request
def _guard() -> BaseResponse | None:
    """Close the desk to whoever is not signed in, and every change to forged requests."""
    if request.method not in {"GET", "HEAD", "OPTIONS"}:
        current_app.extensions["csrf_guard"].protect()
    if request.endpoint in OPEN:
        return None
    token = session.get("token", "")
    with parts().database.read() as connection:
        found = organisers.of_session(connection, token, parts().now()) if token else None
    if found is None:
        return redirect(url_for("desk.ask_link"), HTTPStatus.SEE_OTHER)
    g.organiser = found
    return None
