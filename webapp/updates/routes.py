"""End updates with one press, in a mail program or here. A GET only shows.

A mail program posts without a session, a cookie or a look at the page (RFC 8058), and all who read
mail with one provider come from its few addresses: so posts are not counted against a network. The
link is signed, and what it can do it has done once.
"""

from flask import Blueprint, Response, make_response, render_template, request, url_for

from letters.campaigns import store
from letters.campaigns.stored import StoredCampaign
from letters.receipts import erasure
from letters.text.visible import without_marks_behind
from letters.tokens import BadToken
from letters.updates import unsubscribe
from webapp.site import errors
from webapp.site.services import services
from webapp.site.whose import enter_campaign

blueprint = Blueprint("updates", __name__, url_prefix="/u/<token>")


@blueprint.errorhandler(BadToken)
def _gone(_error: Exception) -> Response:
    return errors.not_found()


@blueprint.get("")
def ask(token: str) -> Response:
    """Show how somebody stands to a campaign's updates, and what they can do."""
    return _page(token, _read(token))


@blueprint.post("")
def stop(token: str) -> Response:
    """End updates for whoever got the mail; with `again`, let them come again."""
    submission_id = _read(token)
    act = unsubscribe.resume if "again" in request.form else unsubscribe.stop
    with services().database.write() as connection:
        act(connection, services().tokens, submission_id, services().now())
    erasure.forget_pages(services().database)
    return _page(token, submission_id)


def _read(token: str) -> str:
    # A mail program may take the mark behind a link for a part of it.
    return services().tokens.read_updates(without_marks_behind(token))


def _page(token: str, submission_id: str) -> Response:
    stored: StoredCampaign | None = None
    with services().database.read() as connection:
        standing = unsubscribe.look(connection, services().tokens, submission_id)
        if standing is not None:
            stored = store.find(connection, standing.slug)
            enter_campaign(stored)
    response = make_response(
        render_template(
            "updates/stop.html",
            campaign=stored.campaign if stored else None,
            is_stopped=standing is not None and standing.is_stopped,
            url=url_for("updates.stop", token=token),
        )
    )
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
