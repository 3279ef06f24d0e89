"""The receipt's door: its link opens it, and what cannot be done is answered with a page."""

from collections.abc import Callable
from http import HTTPStatus

from flask import Blueprint, Response, make_response, redirect, url_for
from sqlalchemy import Connection

from letters.campaigns import store
from letters.campaigns.stored import StoredCampaign
from letters.receipts import erasure
from letters.receipts import receipt as receipts
from letters.receipts.confirmation import ChangedSince
from letters.receipts.consent import NothingAsked
from letters.receipts.receipt import Receipt, TooLate, UnknownSubmission
from letters.text.visible import without_marks_behind
from letters.tokens import BadToken
from webapp.site import errors
from webapp.site.guards.too_many import refuse_too_many_posts
from webapp.site.language import gettext as _
from webapp.site.services import services
from webapp.site.whose import enter_campaign

blueprint = Blueprint("receipt", __name__, url_prefix="/l/<token>")


def read(token: str) -> tuple[Receipt, StoredCampaign]:
    """Return what a link leads to; raise BadToken or UnknownSubmission."""
    submission_id = _submission(token)
    with services().database.read() as connection:
        receipt = receipts.read(connection, submission_id, services().now())
        stored = store.find(connection, receipt.campaign_slug)
    enter_campaign(stored)
    return receipt, stored


def change(token: str, act: Callable[[Connection, str], None]) -> None:
    """Let `act` change the submission that a link leads to, in a transaction."""
    with services().database.write() as connection:
        act(connection, _submission(token))


def _submission(token: str) -> str:
    # A mail program may take the mark behind a link for a part of it.
    return services().tokens.read_receipt(without_marks_behind(token))


def back(token: str, done: str) -> Response:
    """Lead back to the receipt, which says in one line what was done."""
    return make_response(
        redirect(url_for("receipt.show", token=token, done=done), HTTPStatus.SEE_OTHER)
    )


def noindex(response: Response) -> Response:
    """Keep a page out of search engines."""
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


blueprint.before_request(refuse_too_many_posts)


@blueprint.errorhandler(BadToken)
@blueprint.errorhandler(UnknownSubmission)
def _unknown(_error: Exception) -> Response:
    return errors.page(
        HTTPStatus.NOT_FOUND,
        _("This link leads nowhere"),
        _("It may have been cut off on its way: please copy the whole link from your mail."),
        _("If you had your letter erased, nothing is left to show."),
        action=(url_for("lost.ask"), _("I lost the link to my letter")),
    )


@blueprint.errorhandler(TooLate)
def _too_late(_error: TooLate) -> Response:
    return errors.page(
        HTTPStatus.CONFLICT,
        _("The letter has left already"),
        _("It can no longer be changed or withdrawn. Your page shows where it is."),
    )


@blueprint.errorhandler(erasure.StillLeaving)
def _still_leaving(_error: erasure.StillLeaving) -> Response:
    return errors.page(
        HTTPStatus.CONFLICT,
        _("Your letter is leaving at this moment"),
        _("Nothing was erased yet. Please try again in a minute."),
    )


@blueprint.errorhandler(NothingAsked)
def _nothing_asked(_error: NothingAsked) -> Response:
    return errors.page(
        HTTPStatus.CONFLICT,
        _("There is nothing to agree to"),
        _("This campaign asks for no such consent. Nothing was changed."),
    )


@blueprint.errorhandler(ChangedSince)
def _changed(_error: ChangedSince) -> Response:
    return errors.page(
        HTTPStatus.CONFLICT,
        _("This has changed since you read it"),
        _("Nothing was done. Please look at your page once more."),
    )
