"""The pre-written letter as a PDF, for those who would rather print and sign it."""

from functools import lru_cache
from http import HTTPStatus
from typing import Final
from zoneinfo import ZoneInfo

from flask import Blueprint, Response

from letters.text import printed
from letters.text.typeset import typeset
from webapp.action.routes import open_campaign, over
from webapp.site.services import services

blueprint = Blueprint("pdf", __name__)
# A letter's setting takes a few tenths of a second and is the same for everybody on one day.
_typeset: Final = lru_cache(maxsize=32)(typeset)


@blueprint.get("/c/<slug>/letter.pdf")
def letter(slug: str) -> Response:
    """Return the campaign's letter, set as a letter."""
    stored = open_campaign(slug)
    now = services().now()
    if stored.is_over(now):
        return over(stored)
    campaign = stored.campaign
    today = now.astimezone(ZoneInfo(campaign.timezone)).date()
    targets = [target.target for target in stored.targets if not target.withdrawn]
    pdf = _typeset(
        printed.sheets(campaign, targets, today),
        title=campaign.title,
        language=campaign.language,
        day=today,
    )
    response = Response(pdf, HTTPStatus.OK, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{slug}.pdf"'
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
