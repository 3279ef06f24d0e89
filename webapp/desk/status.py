"""Steer: pause, resume and close a campaign, and decide what needs a person."""

from http import HTTPStatus

from flask import Response, request, url_for
from sqlalchemy import Connection

from letters.campaign import Status
from letters.campaigns import store
from letters.campaigns.stored import StoredCampaign
from letters.desk import opening
from letters.organisation import lacks_of
from letters.sending import outlook, settling
from webapp.desk.checklist import check, may_overrule
from webapp.desk.entry.door import acting, blueprint
from webapp.desk.wording.done import done
from webapp.desk.wording.words import status_word
from webapp.site import errors
from webapp.site.language import gettext as _
from webapp.site.services import services
from webapp.site.wake import wake_worker


@blueprint.post("/<slug>/status")
def set_status(slug: str) -> Response:
    """Publish, pause, resume or close a campaign; what may not go live is shown its reasons.

    An admin may overrule them, and that is in the record.
    """
    try:
        status = Status(request.form.get("status", ""))
    except ValueError:
        return errors.page(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            _("There is no such status"),
            _("Choose live, paused, closed or draft."),
        )
    now = services().now()
    with services().database.read() as connection:
        looked_at = store.find(connection, slug)
        opens = opening.opens(looked_at.campaign.status, status)
        reasons = check(connection, looked_at, looked_at.campaign).reasons if opens else ()
    overrules = bool(request.form.get("overrule")) and may_overrule(reasons)
    lacks = opens and bool(lacks_of(looked_at.organisation))
    if lacks or (reasons and not overrules):
        return _not_so(slug)
    with services().database.write() as connection:
        stored = store.find(connection, slug)
        before = stored.campaign.status
        # What has changed since it was checked is looked at once more.
        is_refused = opening.opens(before, status) and stored.campaign != looked_at.campaign
        if not is_refused:
            store.set_status(connection, slug, status, now, acting())
            outlook.overrule(connection, stored.id, reasons, now, acting())
    if is_refused:
        return _not_so(slug)
    wake_worker(services().redis)
    sentence = _("The campaign is now %(status)s.", status=status_word(status))
    if status is Status.LIVE and stored.is_to_open(now):
        sentence = _("The campaign is published. It opens by itself at the moment that you set.")
    is_new = before is Status.DRAFT and status is Status.LIVE
    return done(sentence, "desk.show_share" if is_new else "desk.show", slug=slug)


def _not_so(slug: str) -> Response:
    return done(_("Nothing was changed: the check says why."), "desk.ready", slug=slug)


@blueprint.post("/<slug>/settle")
def settle(slug: str) -> Response:
    """Take an organiser's word about an unknown letter, or queue a failed one again."""
    letter_id, word = request.form.get("letter", ""), request.form.get("word", "")
    try:
        with services().database.write() as connection:
            stored = store.find(connection, slug)
            _decide(connection, stored, letter_id, word)
    except (settling.CannotSettle, ValueError):
        return errors.page(
            HTTPStatus.CONFLICT,
            _("There is nothing to decide about this letter any more"),
            _("News of it may have come in the meantime. The desk shows where it is now."),
            action=(url_for("desk.show", slug=slug), _("Back to the desk")),
        )
    wake_worker(services().redis)
    sentence = {
        "sent": _("The letter counts as sent."),
        "failed": _("The letter counts as failed."),
    }.get(word, _("The letter waits to be sent again."))
    return done(sentence, "desk.show", slug=slug)


def _decide(connection: Connection, stored: StoredCampaign, letter_id: str, word: str) -> None:
    if settling.campaign_of(connection, letter_id) != stored.id:
        raise settling.CannotSettle(
            settling.Doubt.NO_LETTER
        )  # what is another campaign's is not there
    now, seen = services().now(), request.form.get("attempt", "")
    if word == "queue-again":
        settling.again(connection, letter_id, now, acting(), seen=seen)
    else:
        settling.settle(connection, letter_id, settling.Word(word), now, acting(), seen=seen)
