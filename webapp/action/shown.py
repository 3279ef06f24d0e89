"""Show a campaign's page, closed for writing: to its organisers, and to whoever has their link."""

from dataclasses import replace
from http import HTTPStatus

from flask import Response, g

from letters.campaigns import store
from letters.campaigns.stored import StoredCampaign
from letters.intake.routing import whom
from letters.tokens import BadToken, TokenTooOld
from webapp.action.routes import as_offered, blueprint, fresh_page
from webapp.site import errors
from webapp.site.language import gettext as _
from webapp.site.services import services
from webapp.site.whose import enter_campaign
from webapp.site.words import moment


def shown(stored: StoredCampaign, template: str) -> Response:
    """Return the page as supporters will see it, closed for writing."""
    now, posted = services().now(), as_offered(stored)
    to = whom(stored, posted, now)
    if not to.offered:  # nobody can be reached any more; the page itself can be looked at
        to = replace(to, offered=stored.targets[:1])
    return fresh_page(stored, posted, to, now, template)


@blueprint.get("/c/<slug>/preview/<token>")
def preview(slug: str, token: str) -> Response:
    """Show a campaign to a colleague without an account, whatever its status is."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
    try:
        until = services().tokens.read_preview(stored.id, token, services().now())
    except TokenTooOld:
        return errors.page(
            HTTPStatus.GONE,
            _("This link has ended"),
            _("Please ask whoever gave it to you for a new one."),
        )
    except BadToken:
        return errors.not_found()
    enter_campaign(stored)
    g.shown_until = moment(until, stored.campaign.timezone)
    response = shown(stored, "action/shown.html")
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
