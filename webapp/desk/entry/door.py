"""The desk's door: closed to whoever is not signed in, but for what is listed open.

A campaign is closed as well to organisers to whom it was not given: its address then answers as
one that leads nowhere, so nobody learns that it is there.
"""

from http import HTTPStatus
from typing import Final

from flask import (
    Blueprint,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as BaseResponse

from letters.campaigns.store import UnknownCampaign
from letters.desk import organisers, passkeys, sign_ins
from letters.desk.organisers import Organiser
from letters.desk.sign_ins import SignedIn
from letters.record import Actor, record_refusal
from webapp.site import errors
from webapp.site.services import services

blueprint = Blueprint("desk", __name__, url_prefix="/desk")
# Everything else of the desk is closed.
OPEN: Final = frozenset(
    {
        "desk.show_link",
        "desk.sign_in",
        "desk.sign_in_with_passkey",
        "desk.ask_link",
        "desk.send_link",
    }
)
# What is open to somebody who needs a passkey and has none yet.
_WITHOUT_PASSKEY: Final = frozenset(
    {"desk.list_sessions", "desk.add_passkey", "desk.end_session", "desk.sign_out"}
)
# A page that stands open asks for these by itself: nobody need sit before it.
_BY_ITSELF: Final = frozenset({"desk.events", "desk.show_figures"})
ADMINS_ONLY: Final = frozenset(
    {
        "desk.invite",
        "desk.remove_organiser",
        "desk.end_session_of",
        "desk.give_campaign",
        "desk.take_campaign_back",
        "desk.list_organisations",
        "desk.new_organisation",
        "desk.add_organisation",
        "desk.show_organisation",
        "desk.change_organisation",
    }
)
# What was typed there took its writer a while.
_TYPED_AT_LENGTH: Final = frozenset(
    {"desk.create", "desk.edit", "desk.pace", "desk.write_update", "desk.change_update"}
)
_NOT_KEPT: Final = frozenset({"csrf_token", "do", "version", "unfinished", "seen"})


def signed_in() -> Organiser:
    """Return who is at the desk."""
    found: SignedIn = g.signed_in
    return found.organiser


@blueprint.before_request
def _guard() -> BaseResponse | None:
    """Close the desk to whoever is not signed in, and every change to forged requests."""
    if request.method not in {"GET", "HEAD", "OPTIONS"}:
        current_app.extensions["csrf_guard"].protect()
    if request.endpoint in OPEN:
        return None
    token, now = session.get("token", ""), services().now()
    slug = (request.view_args or {}).get("slug")
    with services().database.read() as connection:
        found = sign_ins.signed_in(connection, token, now) if token else None
        is_open = found is not None and (
            slug is None or organisers.may_open(connection, found.organiser, slug)
        )
        g.has_to_add = found is not None and passkeys.has_to_add(
            connection, found.organiser, services().settings.passkeys_for
        )
    if found is None:
        return _signed_out()
    if found.wants_note and request.endpoint not in _BY_ITSELF:
        with services().database.write() as connection:
            sign_ins.note_use(connection, found.session_id, now)
    g.signed_in = found
    if g.has_to_add and request.endpoint not in _WITHOUT_PASSKEY:
        return redirect(url_for("desk.list_sessions"), HTTPStatus.SEE_OTHER)
    is_theirs = request.endpoint not in ADMINS_ONLY or found.organiser.is_admin
    if (not is_open or not is_theirs) and request.method == "POST":
        with services().database.write() as connection:
            record_refusal(connection, str(request.endpoint), now, by=acting())
    if not is_open:
        raise UnknownCampaign(slug)
    return None if is_theirs else errors.not_found()


def _signed_out() -> BaseResponse:
    if request.method == "POST" and request.endpoint in _TYPED_AT_LENGTH:
        typed = [
            (name, text)
            for name, text in request.form.items(multi=True)
            if name not in _NOT_KEPT and text.strip()
        ]
        page = render_template("desk/signed_out.html", typed=typed)
        return make_response(page, HTTPStatus.FORBIDDEN)
    return redirect(url_for("desk.ask_link"), HTTPStatus.SEE_OTHER)


def acting() -> Actor:
    """Return who acts in this request, for the record."""
    return Actor.organiser(signed_in().email)


@blueprint.context_processor
def _frame() -> dict[str, object]:
    """Give every page of the desk what its frame needs."""
    found: SignedIn | None = g.get("signed_in")
    return {
        "email": found.organiser.email if found else None,
        "is_admin": found is not None and found.organiser.is_admin,
        "sign_out_url": url_for("desk.sign_out"),
        "csrf_token": generate_csrf,
    }
