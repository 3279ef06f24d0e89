"""Sign in with a link that works once.

To look at a link changes nothing: programs that guard mailboxes open every link, and a page of
somebody else's can lead a browser to one. Only the button on the link's own page signs in.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from flask import Response, make_response, redirect, render_template, request, session, url_for
from sqlalchemy import Connection

from letters.desk import passkeys, proofs, sign_ins
from letters.desk.organisers import Organiser
from letters.desk.proofs import NotProven
from letters.desk.sign_ins import Link, SignedIn
from letters.notices import asking
from letters.notices.asking import Asking
from letters.record import STRANGER, is_refusal_noted, record_refusal
from letters.text.addresses import address_in
from letters.tokens import digest
from webapp.desk.entry import proof
from webapp.desk.entry.device import KNOWN_LIFE, device, known_cookie
from webapp.desk.entry.door import blueprint
from webapp.site import errors, language
from webapp.site.guards.throttle import admit
from webapp.site.language import gettext as _
from webapp.site.services import services
from webapp.site.words import moment

OTHER_POSTS = 10
"""Asking for a link stores next to nothing, so more of it is let in than of letters."""


@dataclass(frozen=True, slots=True)
class _Offer:
    """What one sign-in link offers to this browser."""

    link: Link
    here: SignedIn | None
    """Who is signed in in this browser now."""
    is_foreign: bool
    """Another browser asked for the link."""
    has: list[str]
    """The organiser's passkeys. Where there is one, the link alone lets nobody in."""

    @property
    def seen(self) -> str:
        """Name all that the page says, so that the button does what was read and nothing else."""
        here = self.here.organiser.email if self.here else ""
        somebody = self.link.organiser
        return digest(f"{somebody.email} {somebody.role} {here} {self.is_foreign} {bool(self.has)}")

    @property
    def instead_of(self) -> Organiser | None:
        """Return who would be signed out by it, if that is somebody else."""
        if self.here is None or self.here.organiser.id == self.link.organiser.id:
            return None
        return self.here.organiser


def _offer(connection: Connection, token: str) -> _Offer | None:
    now = services().now()
    link = sign_ins.look_at_link(connection, token, now)
    if link is None:
        return None
    has = passkeys.credentials(connection, link.organiser.id)
    asked = session.get("asked")
    is_foreign = not link.invites and (asked is None or digest(asked) != link.browser)
    return _Offer(link, here(connection, now), is_foreign, has)


def here(connection: Connection, now: datetime) -> SignedIn | None:
    """Return who is signed in in this browser now."""
    own = session.get("token", "")
    return sign_ins.signed_in(connection, own, now) if own else None


@blueprint.get("/sign-in/<token>")
def show_link(token: str) -> Response:
    """Show who would be signed in."""
    with services().database.read() as connection:
        offer = _offer(connection, token)
    return _nothing_opens() if offer is None else _link_page(token, offer)


@blueprint.post("/sign-in/<token>")
def sign_in(token: str) -> Response:
    """Sign in, once; what has changed since it was shown is shown anew.

    Of all posts that open nothing, one a minute takes a turn to write, for the record.
    """
    if not admit(services(), "sign-in", services().settings.form_limit.times(OTHER_POSTS)):
        return too_often()
    now = services().now()
    with services().database.read() as connection:
        offer = _offer(connection, token)
        if offer is None and is_refusal_noted(connection, now):
            return _nothing_opens()
    with services().database.write() as connection:
        offer = _offer(connection, token)
        if offer is not None and request.form.get("seen") != offer.seen:
            return _link_page(token, offer, HTTPStatus.CONFLICT)
        if offer is not None and offer.has:
            try:
                somebody = proofs.prove(connection, services().passkeys, proof.answer(), now)
            except NotProven:
                somebody = None
            if somebody is None or somebody.id != offer.link.organiser.id:
                record_refusal(connection, "a link without its passkey", now, by=STRANGER)
                return proof.not_proven(request.path)
        opened = sign_ins.use_link(connection, token, now, device(request.user_agent.string))
        if opened is not None and offer is not None and offer.here is not None:
            sign_ins.sign_out(connection, offer.here, now)
    if opened is None or offer is None:
        return _nothing_opens()
    return enter(opened, offer.link.organiser)


def enter(opened: str, somebody: Organiser) -> Response:
    """Lead somebody who has been let in to the desk, with their new session."""
    session.clear()
    session["token"] = opened
    session.permanent = True
    answer = make_response(redirect(url_for("desk.list_campaigns"), HTTPStatus.SEE_OTHER))
    is_https = services().settings.public_url.startswith("https://")
    answer.set_cookie(
        known_cookie(is_https=is_https),
        services().tokens.device(somebody.id),
        max_age=KNOWN_LIFE,
        secure=is_https,
        httponly=True,
        samesite="Lax",
    )
    return answer


@blueprint.get("/sign-in")
def ask_link() -> str:
    """Ask for an address to mail a link to."""
    return _sign_in_page()


@blueprint.post("/sign-in")
def send_link() -> str | Response:
    """Write down who asks for a link: the worker looks who it is, so the answer is the same."""
    if not admit(services(), "sign-in", services().settings.form_limit.times(OTHER_POSTS)):
        return too_often()
    email = request.form.get("email", "").strip()
    if address_in(email) is None:
        page = _sign_in_page(
            typed=email[:254],
            problem=_("This is no e-mail address: it should read like name@host.org."),
        )
        return make_response(page, HTTPStatus.UNPROCESSABLE_ENTITY)
    mine = session.setdefault("asked", secrets.token_urlsafe(16))
    is_https = services().settings.public_url.startswith("https://")
    known = request.cookies.get(known_cookie(is_https=is_https), "")
    known_id = services().tokens.read_device(known)
    somebody = Asking(email, digest(mine), known_id, language.current())
    with services().database.write() as connection:
        asking.write_down(connection, somebody, services().now())
    return _sign_in_page(
        notice=_("If this address belongs to an organiser, a link is on its way to it.")
    )


def _sign_in_page(*, notice: str = "", problem: str = "", typed: str = "") -> str:
    return render_template(
        "desk/sign_in.html",
        form_url=url_for("desk.send_link"),
        notice=notice,
        problem=problem,
        typed=typed,
        asked=proof.to_prove([]),
    )


def _link_page(token: str, offer: _Offer, status: HTTPStatus = HTTPStatus.OK) -> Response:
    page = render_template(
        "desk/sign_in_link.html",
        form_url=url_for("desk.sign_in", token=token),
        link=offer.link,
        until=moment(offer.link.expires_at),
        instead_of=offer.instead_of,
        is_foreign=offer.is_foreign,
        seen=offer.seen,
        asked=proof.to_prove(offer.has) if offer.has else None,
    )
    return make_response(page, status)


def too_often() -> Response:
    """Say that this network has tried to sign in too often."""
    return errors.page(
        HTTPStatus.TOO_MANY_REQUESTS, _("That was too often"), _("Please try again in an hour.")
    )


def _nothing_opens() -> Response:
    return errors.page(
        HTTPStatus.FORBIDDEN,
        _("This link has been used or is too old"),
        _("A link signs you in once. Ask for a new one."),
        action=(url_for("desk.ask_link"), _("Ask for a new link")),
    )
