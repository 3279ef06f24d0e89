"""Sign out; see and end one's own sessions."""

from http import HTTPStatus

from flask import Response, g, make_response, redirect, render_template, request, session, url_for

from letters.desk import passkeys, sign_ins
from webapp.desk.entry.door import blueprint, signed_in
from webapp.desk.entry.proof import to_add
from webapp.desk.wording.done import done
from webapp.site.language import gettext as _
from webapp.site.services import services
from webapp.site.words import ago, moment


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """End this session."""
    with services().database.write() as connection:
        sign_ins.sign_out(connection, g.signed_in, services().now())
    session.clear()
    answer = make_response(redirect(url_for("desk.ask_link"), HTTPStatus.SEE_OTHER))
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@blueprint.get("/sessions")
def list_sessions() -> str:
    """Show where this organiser is signed in."""
    now = services().now()
    with services().database.read() as connection:
        found = sign_ins.of_organiser(connection, signed_in().id, now)
        keys = passkeys.of_organiser(connection, signed_in().id)
        asked = to_add(connection, signed_in())
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
        passkeys=[
            {
                "id": one.id,
                "name": one.name or _("a device we know nothing of"),
                "added": moment(one.added_at),
                "used": ago(one.used_at, now) if one.used_at else "",
            }
            for one in keys
        ],
        asked=asked,
        has_to_add=g.has_to_add,
    )


@blueprint.post("/sessions/end")
def end_session() -> Response:
    """End one of this organiser's own sessions."""
    now = services().now()
    with services().database.write() as connection:
        sign_ins.end(connection, request.form.get("session", ""), signed_in(), now)
    return done(_("That sign-in is ended."), "desk.list_sessions")
