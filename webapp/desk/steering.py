"""Steer: pause, resume and close a campaign, and decide what needs a person."""

from http import HTTPStatus

from flask import Response, make_response, redirect, request, url_for
from sqlalchemy import Connection

from letters import audit, settling
from letters.audit import Deed
from letters.campaign import Status
from letters.storage import campaigns
from letters.storage.campaigns import StoredCampaign
from webapp import errors
from webapp.desk.door import door, signed_in
from webapp.desk.ready import check
from webapp.language import gettext as _
from webapp.parts import parts
from webapp.wake import wake_worker

# What is live or paused has passed the check, or somebody overruled it on the command line.
_CHECKED_BEFORE = frozenset({Status.LIVE, Status.PAUSED})


@door.post("/<slug>/status")
def set_status(slug: str) -> Response:
    """Publish, pause, resume or close a campaign; what may not go live is shown its reasons."""
    try:
        status = Status(request.form.get("status", ""))
    except ValueError:
        return errors.page(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            _("There is no such status"),
            _("Choose live, paused, closed or draft."),
        )
    now = parts().now()
    with parts().database.write() as connection:
        stored = campaigns.find(connection, slug)
        before = stored.campaign.status
        opens = status in _CHECKED_BEFORE and before not in _CHECKED_BEFORE
        is_refused = opens and bool(check(connection, stored, stored.campaign).reasons)
        if not is_refused:
            campaigns.set_status(connection, slug, status)
            audit.record(
                connection,
                Deed.STATUS,
                now,
                by=signed_in().email,
                campaign_id=stored.id,
                detail=f"{before} → {status}",
            )
    if is_refused:
        return make_response(redirect(url_for("desk.ready", slug=slug), HTTPStatus.SEE_OTHER))
    wake_worker(parts().redis)
    return make_response(redirect(url_for("desk.show", slug=slug), HTTPStatus.SEE_OTHER))


@door.post("/<slug>/settle")
def settle(slug: str) -> Response:
    """Take an organiser's word about an unknown letter, or queue a failed one again."""
    letter_id, word = request.form.get("letter", ""), request.form.get("word", "")
    now = parts().now()
    try:
        with parts().database.write() as connection:
            stored = campaigns.find(connection, slug)
            _decide(connection, stored, letter_id, word)
            audit.record(
                connection,
                Deed.DECIDED,
                now,
                by=signed_in().email,
                campaign_id=stored.id,
                detail=f"{letter_id}: {word}",
            )
    except (settling.CannotSettle, ValueError):
        return errors.page(
            HTTPStatus.CONFLICT,
            _("There is nothing to decide about this letter any more"),
            _("News of it may have come in the meantime. The desk shows where it is now."),
            action=(url_for("desk.show", slug=slug), _("Back to the desk")),
        )
    wake_worker(parts().redis)
    return make_response(redirect(url_for("desk.show", slug=slug), HTTPStatus.SEE_OTHER))


def _decide(connection: Connection, stored: StoredCampaign, letter_id: str, word: str) -> None:
    if settling.campaign_of(connection, letter_id) != stored.id:
        raise settling.CannotSettle(letter_id)  # what is another campaign's is not there
    if word == "queue-again":
        settling.again(connection, letter_id, parts().now())
    else:
        settling.settle(connection, letter_id, settling.Word(word), parts().now())
