"""List the campaigns that one can write for: of an organisation, or of the whole installation.

The pages of an organisation lead to its own list alone. The list of the installation is nobody's,
unless there is one organisation only.
"""

from collections.abc import Sequence

from flask import Blueprint, Response, render_template

from letters.campaign import Status
from letters.campaigns import store
from letters.campaigns.stored import StoredCampaign
from letters.intake.routing import is_left
from letters.organisation import Organisation
from letters.organisations import store as organisations
from letters.organisations.store import UnknownOrganisation
from webapp.action.page import description
from webapp.site import errors
from webapp.site.services import services
from webapp.site.whose import enter_organisation

blueprint = Blueprint("listed", __name__)


@blueprint.errorhandler(UnknownOrganisation)
def _unknown(_error: UnknownOrganisation) -> Response:
    return errors.not_found()


@blueprint.get("/")
def index() -> str:
    """List the live campaigns."""
    with services().database.read() as connection:
        enter_organisation(organisations.only_one(connection))
        return _page(store.find_all(connection))


@blueprint.get("/by/<key>")
def of_organisation(key: str) -> str:
    """List the live campaigns of one organisation."""
    with services().database.read() as connection:
        of = organisations.find(connection, key)
        enter_organisation(of)
        found = store.find_all(connection)
        return _page([one for one in found if _key(one.organisation) == key])


def _page(found: Sequence[StoredCampaign]) -> str:
    now = services().now()
    live = [
        stored
        for stored in found
        if stored.campaign.status is Status.LIVE
        and not stored.is_over(now)
        and not stored.is_to_open(now)
        and is_left(stored, now)
    ]
    return render_template(
        "action/index.html",
        campaigns=[
            {
                "slug": stored.campaign.slug,
                "title": stored.campaign.title,
                "about": description(stored.campaign.summary),
                "key": _key(stored.organisation),
                "whose": stored.organisation.name if stored.organisation else "",
                "letters": stored.letters,
                "goal": stored.campaign.goal,
            }
            for stored in live
        ],
    )


def _key(of: Organisation | None) -> str:
    return of.key if of is not None and of.name else ""
