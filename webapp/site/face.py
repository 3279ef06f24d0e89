"""What an organisation's pages look like: its logo, as we wrote it anew, and its accent."""

from http import HTTPStatus

from flask import Blueprint, Response, request

from letters import colours
from letters.organisations import store
from letters.organisations.store import UnknownOrganisation
from webapp.site import errors
from webapp.site.ground import Scheme
from webapp.site.services import services

blueprint = Blueprint("face", __name__, url_prefix="/face/<key>")
_YEAR_SECONDS = 365 * 86_400


@blueprint.errorhandler(UnknownOrganisation)
def _unknown(_error: UnknownOrganisation) -> Response:
    return errors.not_found()


@blueprint.get("/logo.webp")
def logo(key: str) -> Response:
    """Return an organisation's logo."""
    with services().database.read() as connection:
        found = store.picture_of(connection, key)
    if found is None:
        return errors.not_found()
    response = Response(found.content, HTTPStatus.OK, mimetype="image/webp")
    return _kept(response, is_current=request.args.get("v") == found.facts.digest)


@blueprint.get("/accent.css")
def accent(key: str) -> Response:
    """Return the colours of the one thing to do next, by day and by night."""
    with services().database.read() as connection:
        colour = store.find(connection, key).accent
    if not colour:
        return errors.not_found()
    scheme = request.args.get("on", "")
    response = Response(_style(colour, scheme), HTTPStatus.OK, mimetype="text/css")
    return _kept(response, is_current=request.args.get("v") == colour.removeprefix("#"))


def _style(colour: str, scheme: str) -> str:
    """Return the style for the reader's own scheme, or for the one that a frame's host asks for."""
    by_day = f":root {{ --next: {colours.by_day(colour)}; --on-next: {colours.ON_LIGHT} }}"
    by_night = f":root {{ --next: {colours.by_night(colour)}; --on-next: {colours.ON_DARK} }}"
    match scheme:
        case Scheme.LIGHT:
            return f"{by_day}\n"
        case Scheme.DARK:
            return f"{by_night}\n"
        case _:
            return f"{by_day}\n@media (prefers-color-scheme: dark) {{ {by_night} }}\n"


def _kept(response: Response, *, is_current: bool) -> Response:
    """Let browsers keep it: its address says which one it is."""
    seconds = _YEAR_SECONDS if is_current else 300
    words = f"public, max-age={seconds}" + (", immutable" if is_current else "")
    response.headers["Cache-Control"] = words
    return response
