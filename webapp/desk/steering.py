"""Steer: pause, resume and close a campaign, and decide what needs a person."""

from http import HTTPStatus

from flask import Response, make_response, redirect, request, url_for

from letters import settling
from letters.campaign import Status
from letters.storage import campaigns
from webapp import errors
from webapp.desk.door import door
from webapp.language import gettext as _
from webapp.parts import parts
from webapp.wake import wake_worker


@door.post("/<slug>/status")
def set_status(slug: str) -> Response:
    """Pause, resume or close a campaign."""
    try:
        status = Status(request.form.get("status", ""))
    except ValueError:
        return errors.page(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            _("There is no such status"),
            _("Choose live, paused, closed or draft."),
        )
    with parts().database.write() as connection:
        campaigns.set_status(connection, slug, status)
    wake_worker(parts().redis)
    return make_response(redirect(url_for("desk.show", slug=slug), HTTPStatus.SEE_OTHER))


@door.post("/<slug>/settle")
def settle(slug: str) -> Response:
    """Take an organiser's word about an unknown letter, or queue a failed one again."""
    letter_id, word = request.form.get("letter", ""), request.form.get("word", "")
    try:
        with parts().database.write() as connection:
            if word == "queue-again":
                settling.again(connection, letter_id, parts().now())
            else:
                settling.settle(connection, letter_id, settling.Word(word), parts().now())
    except (settling.CannotSettle, ValueError):
        return errors.page(
            HTTPStatus.CONFLICT,
            _("There is nothing to decide about this letter any more"),
            _("News of it may have come in the meantime. The desk shows where it is now."),
            action=(url_for("desk.show", slug=slug), _("Back to the desk")),
        )
    wake_worker(parts().redis)
    return make_response(redirect(url_for("desk.show", slug=slug), HTTPStatus.SEE_OTHER))
