"""Open a campaign for the public, also by an address as people type and paste it."""

from dataclasses import replace
from http import HTTPStatus

from flask import Blueprint, Response, make_response, redirect, request, url_for

from letters.campaign import Status
from letters.campaigns import store
from letters.campaigns.store import UnknownCampaign
from letters.campaigns.stored import StoredCampaign
from letters.intake.posted import source_code
from letters.text import compose
from letters.text.visible import trim, without_marks_behind
from webapp.site import errors
from webapp.site.services import services
from webapp.site.whose import enter_campaign


def open_campaign(slug: str) -> StoredCampaign:
    """Return a campaign that the public may see; raise UnknownCampaign for a draft."""
    with services().database.look() as connection:
        stored = store.find(connection, slug)
    if stored.campaign.status is Status.DRAFT:
        raise UnknownCampaign(slug)
    enter_campaign(stored)
    return _with_feet(stored)


def _with_feet(stored: StoredCampaign) -> StoredCampaign:
    """Give each target what stands below its letters: the link to its office's own page."""
    if not stored.campaign.office_page:
        return stored
    links, language = services().links, stored.campaign.language
    return replace(
        stored,
        targets=tuple(
            replace(t, foot=compose.foot(language, links.office(t.id))) for t in stored.targets
        ),
    )


def lead_on(blueprint: Blueprint) -> None:
    """Let the pages of a blueprint lead an address that is nearly one to the campaign it means."""
    blueprint.register_error_handler(UnknownCampaign, _mistyped)


def _mistyped(_error: UnknownCampaign) -> Response:
    slug = str((request.view_args or {}).get("slug", ""))
    tidy = without_marks_behind(trim(slug)).lower()
    if not tidy or tidy == slug:
        return errors.not_found()
    try:
        open_campaign(tidy)
    except UnknownCampaign:
        return errors.not_found()
    source = source_code(request.args.get("source", "")) or None
    places = {**(request.view_args or {}), "slug": tidy, "source": source}
    # What was posted is posted again there: nothing that was typed is lost.
    code = HTTPStatus.TEMPORARY_REDIRECT if request.method == "POST" else HTTPStatus.FOUND
    there = url_for(str(request.endpoint), _external=False, **places)
    return make_response(redirect(there, code=code))
