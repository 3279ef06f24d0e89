"""The privacy pages: the organisation's own words, and what this installation does with data."""

from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, g, render_template

from letters.campaign import AsksAddress, Replies
from letters.campaigns.stored import StoredCampaign
from letters.organisation import Organisation
from letters.organisations import store as organisations
from letters.receipts.expiry import CONFIRM_WITHIN
from webapp.action.opened import lead_on, open_campaign
from webapp.action.page import summary
from webapp.site.services import services
from webapp.site.whose import enter_organisation

blueprint = Blueprint("privacy", __name__)
lead_on(blueprint)
_EUROPEAN: Final = "api.eu.sendgrid.com"


@blueprint.get("/privacy")
def of_installation() -> str:
    """Say what is kept here, why and how long, whoever's campaign it is."""
    with services().database.read() as connection:
        every = [one for one in organisations.find_all(connection) if one.name]
    if len(every) == 1:
        enter_organisation(every[0])
        return _page(None, [])
    return _page(None, every)


@blueprint.get("/c/<slug>/privacy")
def of_campaign(slug: str) -> str:
    """Say the same of one campaign, and who is answerable for it."""
    return _page(open_campaign(slug), [])


def _page(stored: StoredCampaign | None, every: list[Organisation]) -> str:
    settings = services().settings
    campaign = None if stored is None else stored.campaign
    organisation: Organisation | None = g.get("organisation")
    return render_template(
        "action/privacy.html",
        campaign=campaign,
        organisation=organisation,
        organisations=every,
        own_words=summary(organisation.privacy) if organisation else "",
        imprint=summary(organisation.imprint) if organisation else "",
        # Where nothing is known of the campaign, all that one may ask is told.
        asks_postcode=campaign is None or campaign.asks_postcode,
        asks_address=campaign is None or campaign.asks_address is not AsksAddress.NO,
        asks_consent=campaign is None or bool(campaign.opt_in),
        through_us=bool(settings.reply_domain)
        and (campaign is None or campaign.replies is Replies.THROUGH_US),
        retention_days=settings.retention_days,
        confirm_days=CONFIRM_WITHIN.days,
        is_european=urlsplit(settings.sendgrid_api_host).hostname == _EUROPEAN,
    )
