"""An office's own page: what came, what waits, and what it wishes. A GET changes nothing."""

from http import HTTPStatus

from flask import Blueprint, Response, make_response, render_template, request, url_for

from letters.answers import office as offices
from letters.answers.office import Office, UnknownOffice
from letters.intake.faults import Fault, Wrong
from letters.intake.posted import BODY_MAX, Field
from letters.mail.charsets import storable
from letters.pacing.bundles import How
from letters.settings import Limit
from letters.text.addresses import BadAddress, read_address
from letters.text.visible import controls, without_marks_behind
from letters.tokens import BadToken
from webapp.site import errors
from webapp.site.faults import sentence
from webapp.site.guards.throttle import admit_for
from webapp.site.guards.too_many import refuse_too_many_posts
from webapp.site.language import gettext as _
from webapp.site.posted import is_unreadable
from webapp.site.services import services
from webapp.site.wake import wake_worker
from webapp.site.whose import enter_campaign

blueprint = Blueprint("office", __name__, url_prefix="/o/<token>")
_REASON_MAX = 500
_MOST_WISHES = Limit(20, 86_400)
"""Of one office in a day. Its link is passed around with its letters, and each wish mails the
organisers or stands in the record for good."""
_MOST_STOPS = Limit(5, 86_400)
"""Organisers release an office that was stopped by somebody else; that is no game to play."""
blueprint.before_request(refuse_too_many_posts)


@blueprint.errorhandler(UnknownOffice)
@blueprint.errorhandler(BadToken)
def _gone(_error: Exception) -> Response:
    return errors.not_found()


@blueprint.get("")
def show(token: str) -> Response:
    """Show what one campaign sent to one office."""
    return _page(token, _read(token))


@blueprint.post("")
def wish(token: str) -> Response:
    """Take an office's wish, and say on a page what becomes of it."""
    found = _read(token)
    # Whatever else was asked for, an office can ask us to stop.
    use, most = ("office-stop", _MOST_STOPS) if "stop" in request.form else ("office", _MOST_WISHES)
    if not admit_for(services(), use, str(found.target.id), most):
        return errors.page(
            HTTPStatus.TOO_MANY_REQUESTS,
            _("A lot was asked from here"),
            _("Nothing was changed. Please try again tomorrow."),
        )
    if "how" in request.form:
        return _come(token, found, request.form["how"])
    for field, take in (("stop", _stop), ("answer", _answer), ("email", _better_address)):
        if field in request.form:
            given = request.form.get("reason" if field == "stop" else field, "")
            if is_unreadable(given):
                return _page(token, found, _("Something in here cannot be read. Type it anew."))
            if (control := next(controls(given), None)) is not None:
                fault = Fault(Field.BODY, Wrong.CONTROL, control=control)
                return _page(token, found, sentence(fault))
            return take(token, found, storable(given).strip())
    return _page(token, found, _("Please choose one of the buttons."))


def _read(token: str) -> Office:
    target_id = services().tokens.read_office(without_marks_behind(token))
    with services().database.read() as connection:
        found = offices.read(connection, target_id)
    enter_campaign(found.stored)
    return found


def _stop(token: str, found: Office, reason: str) -> Response:
    if len(reason) > _REASON_MAX:
        return _page(token, found, _("This is too long. Please shorten it."))
    offices.stop(services().database, found.target.id, reason, services().now())
    return errors.page(
        HTTPStatus.OK,
        _("Nothing more is sent to you"),
        _("What had not left is held, in every campaign here. The organisers are told, and your "
          "words are on the record."),
        action=(url_for("office.show", token=token), _("Back to your page")),
    )  # fmt: skip


def _come(token: str, found: Office, word: str) -> Response:
    if word not in list(How):
        return _page(token, found, _("Please choose one of the buttons."))
    how = How(word)
    with services().database.write() as connection:
        offices.wish(connection, found.target.id, how, services().now())
    wake_worker(services().redis)
    said = {
        How.EACH: _("Letters come to you one by one from now on, in every campaign here."),
        How.DAILY: _(
            "All letters of one day come to you in one message from now on, in every campaign here."
        ),
        How.WEEKLY: _(
            "All letters of one week come to you in one message from now on, in every campaign "
            "here."
        ),
    }[how]
    return errors.page(
        HTTPStatus.OK,
        _("Letters come as you wish"),
        said,
        action=(url_for("office.show", token=token), _("Back to your page")),
    )


def _better_address(token: str, found: Office, typed: str) -> Response:
    try:
        better = read_address(typed)
    except BadAddress:
        return _page(
            token, found, _("This is no e-mail address: it should read like name@host.org.")
        )
    with services().database.write() as connection:
        offices.suggest_address(
            connection, services().links, found.target.id, better, services().now()
        )
    wake_worker(services().redis)
    return errors.page(
        HTTPStatus.OK,
        _("The organisers are asked"),
        _("Letters go to the address that they went to until an organiser has changed it."),
        action=(url_for("office.show", token=token), _("Back to your page")),
    )


def _answer(token: str, found: Office, text: str) -> Response:
    if not text:
        return _page(token, found, _("Your answer is empty. Please write at least one sentence."))
    if len(text) > BODY_MAX:
        return _page(token, found, _("This is too long. Please shorten it."))
    with services().database.write() as connection:
        is_kept = offices.offer(
            connection, services().links, found.target.id, text, services().now()
        )
    if not is_kept:
        return _page(token, found, _("Your last answer is still on its way. Please wait for it."))
    wake_worker(services().redis)
    return errors.page(
        HTTPStatus.OK,
        _("Your answer waits for an organiser"),
        _("An organiser reads it and passes it on. Then each writer whose letter reached you gets "
          "it once, by mail. You see no address of theirs, and they answer to yours."),
        action=(url_for("office.show", token=token), _("Back to your page")),
    )  # fmt: skip


def _page(token: str, found: Office, wrong: str = "") -> Response:
    response = make_response(
        render_template(
            "office/office.html",
            campaign=found.stored.campaign,
            target=found.target.target,
            delivered=found.delivered,
            waiting=found.waiting,
            by_postcode=found.by_postcode,
            is_answering=found.is_answering,
            is_stopped=found.target.hold is not None,
            how=str(found.target.how),
            wrong=wrong,
            typed=request.form if wrong else {},
            url=url_for("office.wish", token=token),
        ),
        HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK,
    )
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
