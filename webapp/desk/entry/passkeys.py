"""Add and remove one's own passkeys, and sign in with one."""

from flask import Response, request, url_for

from letters.desk import passkeys, proofs, sign_ins
from letters.desk.proofs import NotProven
from letters.record import STRANGER, record_refusal
from webapp.desk.entry.device import device
from webapp.desk.entry.door import blueprint, signed_in
from webapp.desk.entry.proof import answer, not_proven
from webapp.desk.entry.sign_in import OTHER_POSTS, enter, here, too_often
from webapp.desk.wording.done import done
from webapp.site.guards.throttle import admit
from webapp.site.language import gettext as _
from webapp.site.services import services


@blueprint.post("/sign-in/passkey")
def sign_in_with_passkey() -> Response:
    """Sign in with a passkey alone: the device has made sure of its owner."""
    if not admit(services(), "sign-in", services().settings.form_limit.times(OTHER_POSTS)):
        return too_often()
    now = services().now()
    try:
        with services().database.write() as connection:
            somebody = proofs.prove(connection, services().passkeys, answer(), now)
            before = here(connection, now)
            if before is not None:
                sign_ins.sign_out(connection, before, now)
            opened = sign_ins.let_in(connection, somebody, now, device(request.user_agent.string))
    except NotProven:
        with services().database.write() as connection:
            record_refusal(connection, "a passkey that proves nothing", now, by=STRANGER)
        return not_proven(url_for("desk.ask_link"))
    return enter(opened, somebody)


@blueprint.post("/sessions/passkeys")
def add_passkey() -> Response:
    """Keep a passkey that this organiser's device has made."""
    try:
        with services().database.write() as connection:
            proofs.add(
                connection,
                services().passkeys,
                signed_in(),
                answer(),
                device(request.user_agent.string),
                services().now(),
            )
    except NotProven:
        return not_proven(url_for("desk.list_sessions"))
    return done(_("The passkey is added."), "desk.list_sessions")


@blueprint.post("/sessions/passkeys/remove")
def remove_passkey() -> Response:
    """Take one of this organiser's passkeys away."""
    chosen = request.form.get("passkey", "")
    if chosen.isascii() and chosen.isdigit() and len(chosen) < 19:
        with services().database.write() as connection:
            passkeys.remove(connection, signed_in(), int(chosen), services().now())
    return done(_("The passkey is removed."), "desk.list_sessions")
