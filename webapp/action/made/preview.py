"""The picture that a link to a campaign is shown with, made once a day for all processes."""

import hashlib
from http import HTTPStatus

from flask import Blueprint, Response

from letters.organisations import store as organisations
from letters.text import preview
from webapp.action.made import pdf
from webapp.action.opened import open_campaign
from webapp.site.services import services

blueprint = Blueprint("preview", __name__)
_OURS = "Postbag"


@blueprint.get("/c/<slug>/preview.png")
def picture(slug: str) -> Response:
    """Return the picture: the campaign's title on a sheet, and whose it is."""
    stored = open_campaign(slug)
    campaign, whose = stored.campaign, stored.organisation
    name = whose.name if whose and whose.name else _OURS
    accent = whose.accent if whose else ""
    about = (campaign.title, campaign.language, name, accent, whose and whose.logo)

    def draw() -> bytes:
        logo = None
        if whose and whose.logo:
            with services().database.read() as connection:
                logo = organisations.picture_of(connection, whose.key)
        return preview.draw(
            title=campaign.title,
            name=name,
            language=campaign.language,
            accent=accent,
            logo=logo.content if logo else None,
        )

    key = f"preview-{hashlib.sha256(repr(about).encode()).hexdigest()}"
    made = pdf.once(services().redis, key, draw)
    if made is None:
        return pdf.busy()
    response = Response(made, HTTPStatus.OK, mimetype="image/png")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response
