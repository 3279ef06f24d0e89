"""Ask a browser for a passkey, and take what it answers."""

import secrets
from dataclasses import dataclass
from http import HTTPStatus

from flask import Response, request, session
from sqlalchemy import Connection

from letters.desk import passkeys
from letters.desk.organisers import Organiser
from letters.desk.proofs import Answer, NotProven
from letters.tokens import BadToken
from webapp.site import errors
from webapp.site.language import gettext as _
from webapp.site.services import services


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form with a passkey needs: a challenge, and the options for the browser, as JSON."""

    challenge: str
    options: str


def _browser() -> str:
    """Return what this browser alone keeps; a challenge is good for no other."""
    kept: str = session.setdefault("asked", secrets.token_urlsafe(16))
    return kept


def to_prove(has: list[str]) -> Asked:
    """Return what a form needs to sign in with a passkey; none in `has`: with any."""
    challenge = services().tokens.challenge(_browser(), services().now())
    return Asked(challenge, services().passkeys.options_to_prove(has, challenge))


def to_add(connection: Connection, of: Organiser) -> Asked:
    """Return what a form needs to add a passkey."""
    has = passkeys.credentials(connection, of.id)
    challenge = services().tokens.challenge(_browser(), services().now())
    return Asked(challenge, services().passkeys.options_to_add(of, has, challenge))


def answer() -> Answer:
    """Return what this request brings; raise NotProven for a challenge that is not ours."""
    challenge = request.form.get("challenge", "")
    try:
        services().tokens.read_challenge(_browser(), challenge, services().now())
    except BadToken as error:
        raise NotProven from error
    return Answer(request.form.get("credential", ""), challenge)


def not_proven(back: str) -> Response:
    """Say that a passkey did not answer as it should."""
    return errors.page(
        HTTPStatus.FORBIDDEN,
        _("The passkey was not taken"),
        _("Nothing has changed. Go back and try it once more, within ten minutes of opening the "
          "page."),
        action=(back, _("Go back")),
    )  # fmt: skip
