"""Answer what browsers and search engines ask for by themselves: icons, a manifest, robots.txt."""

import json
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, url_for

from letters.organisations import store as organisations
from webapp.site.services import services

blueprint = Blueprint("signs", __name__)
_STATIC: Final = Path(__file__).parent.parent / "static"
_DAY: Final = 86_400
# What is somebody's own, and the desk, are for no search engine.
_NOT_FOR_THEM: Final = ("/desk", "/l/", "/o/", "/u/", "/lost-link", "/c/*/preview/")


@blueprint.get("/favicon.ico")
def favicon() -> Response:
    """Return the icon for browsers that look for no other."""
    return _icon("favicon.ico", "image/x-icon")


@blueprint.get("/apple-touch-icon.png")
def touch_icon() -> Response:
    """Return the icon for the home screens of telephones."""
    return _icon("apple-touch-icon.png", "image/png")


@blueprint.get("/manifest.webmanifest")
def manifest() -> Response:
    """Say how this site is called, and which icon it has, where somebody keeps it on a screen."""
    with services().database.read() as connection:
        only = organisations.only_one(connection)
    name = only.name if only is not None and only.name else "Postbag"
    icons = [
        {"src": url_for("static", filename="postmark.svg"), "sizes": "any"},
        {"src": url_for("static", filename="icon-512.png"), "sizes": "512x512"},
    ]
    told = {
        "name": name,
        "short_name": name[:12],
        "start_url": "/",
        "display": "browser",
        "background_color": "#f4f1ea",
        "theme_color": "#f4f1ea",
        "icons": icons,
    }
    return Response(json.dumps(told), mimetype="application/manifest+json")


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Tell search engines what is not for them."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _NOT_FOR_THEM)]
    return _kept(Response("\n".join(lines) + "\n", mimetype="text/plain"))


def _icon(name: str, mimetype: str) -> Response:
    return _kept(Response((_STATIC / name).read_bytes(), mimetype=mimetype))


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = f"public, max-age={_DAY}"
    return response
