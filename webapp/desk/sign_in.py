"""Sign in with a link that works once, and out again; see and end one's own sessions."""

import logging
import threading
from http import HTTPStatus

from flask import (
    Response,
    copy_current_request_context,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from sqlalchemy.exc import IntegrityError

from letters.desk import organisers, record, sign_ins
from letters.desk.organisers import Organiser
from letters.desk.record import Deed
from letters.notices import post
from letters.notices.notice import Notice
from letters.storage.database import StorageUnavailable
from webapp.desk.device import device
from webapp.desk.door import blueprint, signed_in
from webapp.site import errors
from webapp.site.language import gettext as _
from webapp.site.services import services
from webapp.site.throttle import admit
from webapp.site.wake import wake_worker
from webapp.site.words import ago, moment

_log = logging.getLogger(__name__)


@blueprint.get("/sign-in/<token>")
def sign_in(token: str) -> Response:
    """Sign in, once."""
    if request.method == "HEAD":
        # Mail programs look ahead with it; the link must still work for the person.
        return make_response("", HTTPStatus.NO_CONTENT)
    now = services().now()
    with services().database.write() as connection:
        used = sign_ins.use_link(connection, token, now, device(request.user_agent.string))
        if used is not None:
            record.record(connection, Deed.SIGNED_IN, now, by=used[1])
    if used is None:
        return errors.page(
            HTTPStatus.FORBIDDEN,
            _("This link has been used or is too old"),
            _("A link signs you in once. Ask for a new one."),
            action=(url_for("desk.ask_link"), _("Ask for a new link")),
        )
    session.clear()
    session["token"] = used[0]
    session.permanent = True
    return make_response(redirect(url_for("desk.list_campaigns"), HTTPStatus.SEE_OTHER))


@blueprint.get("/sign-in")
def ask_link() -> str:
    """Ask for an address to mail a link to."""
    return _sign_in_page(None)


@blueprint.post("/sign-in")
def send_link() -> str | Response:
    """Mail a link to an organiser; answer a stranger the same."""
    if not admit(services(), "sign-in", services().settings.form_limit):
        return errors.page(
            HTTPStatus.TOO_MANY_REQUESTS,
            _("That was too often"),
            _("Please try again in an hour."),
        )
    email = request.form.get("email", "")[:254]
    with services().database.read() as connection:
        found = organisers.find(connection, email)
    # Apart, so that how long the answer takes does not tell a stranger who is an organiser.
    mailing = copy_current_request_context(_mail_link)
    threading.Thread(target=mailing, args=(found,), name="sign-in link").start()
    return _sign_in_page(_("If this address belongs to an organiser, a link is on its way to it."))


def _mail_link(to: Organiser | None) -> None:
    if to is None:
        return
    now = services().now()
    try:
        with services().database.write() as connection:
            if not post.may_be_mailed(connection, services().tokens, to.email, now):
                return
            words = link_notice(sign_ins.new_link(connection, to.id, now))
            post.post(connection, services().tokens, words, post.Purpose.SIGN_IN, to.email, now)
    except (StorageUnavailable, IntegrityError) as error:
        _log.error("a sign-in link could not be mailed: %s", type(error).__name__)
        return
    wake_worker(services().redis)


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End this session."""
    with services().database.write() as connection:
        sign_ins.end(connection, g.signed_in.session_id)
    session.clear()
    return make_response(redirect(url_for("desk.ask_link"), HTTPStatus.SEE_OTHER))


@blueprint.get("/sessions")
def list_sessions() -> str:
    """Show where this organiser is signed in."""
    now = services().now()
    with services().database.read() as connection:
        found = sign_ins.of_organiser(connection, signed_in().id, now)
    return render_template(
        "desk/sessions.html",
        sessions=[
            {
                "id": one.id,
                "device": one.device or _("a device we know nothing of"),
                "opened": moment(one.opened_at) if one.opened_at else _("some time ago"),
                "used": ago(one.used_at, now) if one.used_at else _("some time ago"),
                "is_this": one.id == g.signed_in.session_id,
            }
            for one in found
        ],
    )


@blueprint.post("/sessions/end")
def end_session() -> Response:
    """End one of this organiser's own sessions."""
    now = services().now()
    with services().database.write() as connection:
        if sign_ins.end(connection, request.form.get("session", ""), signed_in().id):
            record.record(connection, Deed.SESSION_ENDED, now, by=signed_in().email)
    return make_response(redirect(url_for("desk.list_sessions"), HTTPStatus.SEE_OTHER))


def _sign_in_page(notice: str | None) -> str:
    return render_template("desk/sign_in.html", form_url=url_for("desk.send_link"), notice=notice)


def link_notice(token: str) -> Notice:
    """Return the mail that brings a sign-in link."""
    body = [
        _("With this link you sign in to the organisers' desk, once, within two days:"),
        f"{services().settings.public_url}/desk/sign-in/{token}",
        _("If you did not ask for it, you need do nothing."),
    ]
    return Notice(_("Your link to the organisers' desk"), "\n\n".join(body) + "\n")
