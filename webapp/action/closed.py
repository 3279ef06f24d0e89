"""Say of a campaign that it takes no letters: not any more, or not yet."""

from datetime import datetime
from http import HTTPStatus

from flask import Response, g, request
from markupsafe import Markup

from letters.campaigns.stored import StoredCampaign
from letters.intake.routing import is_left
from webapp.action.page import description, summary
from webapp.site import errors
from webapp.site.language import gettext as _
from webapp.site.whose import campaigns_url
from webapp.site.words import marked, moment


def shut(stored: StoredCampaign, now: datetime) -> Response | None:
    """Return the page of a campaign that takes no letters now; None: it takes them."""
    if stored.is_over(now):
        return over(stored)
    opens_at = stored.campaign.opens_at
    if opens_at is not None and now < opens_at:
        return _not_yet(stored, opens_at)
    return None if is_left(stored, now) else over(stored)


def over(stored: StoredCampaign) -> Response:
    """Return the page that says that a campaign is over, and what came of it if that is known."""
    campaign = stored.campaign
    return errors.page(
        HTTPStatus.GONE,
        _("This campaign is over"),
        _("“%(title)s” takes no more letters.", title=campaign.title),
        _("If you wrote one, the link in your mail still shows where it is."),
        action=(campaigns_url(), _("See the campaigns")),
        template="action/closed.html",
        about=_about(campaign.outcome),
        description=description(campaign.outcome),
    )


def _not_yet(stored: StoredCampaign, opens_at: datetime) -> Response:
    """Return the page that says when a campaign opens, with what was typed if anything was."""
    campaign = stored.campaign
    opens = marked(_("It opens on %(time)s."), time=moment(opens_at, campaign.timezone))
    if request.method == "POST":
        return errors.page(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            _("This campaign is not open yet"),
            opens,
            _("Nothing was stored. Please keep a copy of what you wrote, and send it then."),
            template="action/closed.html",
        )
    return errors.page(
        HTTPStatus.OK,
        campaign.title,
        opens,
        template="action/closed.html",
        about=_about(campaign.summary),
        description=description(campaign.summary),
    )


def _about(markdown: str) -> Markup:
    return summary(markdown, new_tab=bool(g.get("embedded")))
