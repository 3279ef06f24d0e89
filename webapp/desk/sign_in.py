"""Sign in with a link that works once, and out again."""

from http import HTTPStatus

from flask import Response, make_response, redirect, render_template, request, session, url_for
from flask_wtf.csrf import generate_csrf

from letters import organisers, posting
from letters.notices import Notice
from webapp import errors
from webapp.desk.door import door
from webapp.language import gettext as _
from webapp.parts import parts
from webapp.throttle import admit
from webapp.wake import wake_worker


@door.get("/sign-in/<token>")
def sign_in(token: str) -> Response:
    """Sign in, once."""
    with parts().database.write() as connection:
        opened = organisers.use_link(connection, token, parts().now())
    if opened is None:
        return errors.page(
            HTTPStatus.FORBIDDEN,
            _("This link has been used or is too old"),
            _("A link signs you in once. Ask for a new one."),
            action=(url_for("desk.ask_link"), _("Ask for a new link")),
        )
    session.clear()
    session["token"] = opened
    session.permanent = True
    return make_response(redirect(url_for("desk.list_campaigns"), HTTPStatus.SEE_OTHER))


@door.get("/sign-in")
def ask_link() -> str:
    """Ask for an address to mail a link to."""
    return _sign_in_page(None)


@door.post("/sign-in")
def send_link() -> str | Response:
    """Mail a link to an organiser; answer a stranger the same."""
    if not admit(parts(), "sign-in", parts().settings.form_limit):
        return errors.page(
            HTTPStatus.TOO_MANY_REQUESTS,
            _("That was too often"),
            _("Please try again in an hour."),
        )
    email = request.form.get("email", "")[:254]
    now = parts().now()
    with parts().database.write() as connection:
        if organisers.find(connection, email) is not None and posting.may_be_mailed(
            connection, email, now
        ):
            token = organisers.invite(connection, email, now)
            link = f"{parts().settings.public_url}/desk/sign-in/{token}"
            posting.post(
                connection,
                _link_notice(link),
                posting.Purpose.SIGN_IN,
                email.strip().lower(),
                now,
            )
    wake_worker(parts().redis)
    return _sign_in_page(_("If this address belongs to an organiser, a link is on its way to it."))


@door.post("/sign-out")
def sign_out() -> Response:
    """End this session."""
    with parts().database.write() as connection:
        organisers.end_session(connection, session.get("token", ""))
    session.clear()
    return make_response(redirect(url_for("desk.ask_link"), HTTPStatus.SEE_OTHER))


def _sign_in_page(notice: str | None) -> str:
    return render_template(
        "desk_sign_in.html",
        form_url=url_for("desk.send_link"),
        notice=notice,
        csrf_token=generate_csrf,
    )


def _link_notice(link: str) -> Notice:
    body = [
        _("With this link you sign in to the organisers' desk, once, within two days:"),
        link,
        _("If you did not ask for it, you need do nothing."),
    ]
    return Notice(_("Your link to the organisers' desk"), "\n\n".join(body) + "\n")
