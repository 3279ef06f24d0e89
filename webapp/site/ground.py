"""Let the form in a frame stand on the ground of the page around it: light, dark, or a colour.

A colour decides by itself whether the words on it are dark or light. Where none of them could be
read on it, the frame keeps its own ground.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, g, request

from letters.colours import LEAST, contrast
from webapp.site import errors

blueprint = Blueprint("ground", __name__)
_STYLE: Final = Path(__file__).parent.parent / "static/style.css"
_BLOCK: Final = re.compile(r":root \{(.*?)\}", re.DOTALL)
_ROLE: Final = re.compile(r"--([a-z-]+): ([^;]+);")
_COLOUR: Final = re.compile(r"[0-9a-f]{6}")
_READ: Final = ("ink", "quiet", "accent", "bad", "good")
"""What is read on the ground."""


class Scheme(StrEnum):
    """Whether a page has dark words on light, or light ones on dark."""

    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Ground:
    """What a frame stands on."""

    scheme: Scheme
    colour: str = ""
    """As six hexadecimal digits; empty: the scheme's own."""

    def __str__(self) -> str:
        """Return it as addresses name it."""
        return self.colour or str(self.scheme)


def ground_of(asked: str) -> Ground | None:
    """Return the ground that a host asks for; None: it asks for none that we know."""
    word = asked.strip().lower().removeprefix("#")
    if word in list(Scheme):
        return Ground(Scheme(word))
    if not _COLOUR.fullmatch(word):
        return None
    best = max(Scheme, key=lambda scheme: _least_contrast(scheme, word))
    return Ground(best, word) if _least_contrast(best, word) >= LEAST else Ground(best)


def enter() -> None:
    """Let this answer, which is for a frame, stand on the ground that its address names."""
    g.ground = ground_of(request.values.get("ground", ""))


def entered() -> Ground | None:
    """Return the ground of this answer; None: our own."""
    found: Ground | None = g.get("ground")
    return found


@blueprint.get("/ground/<name>.css")
def style(name: str) -> Response:
    """Return the colours of a frame on one ground, whatever the reader's system prefers."""
    found = ground_of(name)
    if found is None or str(found) != name:
        return errors.not_found()
    roles = dict(_palette(found.scheme))
    if found.colour:
        roles["ground"] = f"#{found.colour}"
    rules = "; ".join(f"--{role}: {value}" for role, value in roles.items())
    text = f":root {{ {rules}; color-scheme: {found.scheme} }}\n"
    response = Response(text, HTTPStatus.OK, mimetype="text/css")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def _least_contrast(scheme: Scheme, colour: str) -> float:
    roles = _palette(scheme)
    return min(contrast(roles[role], f"#{colour}") for role in _READ)


@cache
def _palette(scheme: Scheme) -> Mapping[str, str]:
    """Return the colours of a scheme as the style sheet has them, by their roles."""
    light, dark = (dict(_ROLE.findall(block)) for block in _BLOCK.findall(_STYLE.read_text())[:2])
    return {role: light[role] if scheme is Scheme.LIGHT else dark[role] for role in dark}
