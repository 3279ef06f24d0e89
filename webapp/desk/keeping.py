"""Copy a campaign: everything but its letters, as a draft."""

from http import HTTPStatus

from flask import Response, request, url_for

from letters.campaigns import copying
from letters.campaigns.copying import BadSlug, SlugTaken
from letters.campaigns.store import ReservedSlug
from letters.desk import organisers
from webapp.desk.done import done
from webapp.desk.editor.flaws import sentence
from webapp.desk.entry.door import acting, blueprint, signed_in
from webapp.site import errors
from webapp.site.language import gettext as _
from webapp.site.services import services


@blueprint.post("/<slug>/copy")
def copy(slug: str) -> Response:
    """Make a draft of a campaign, and lead to its editor."""
    now = services().now()
    try:
        with services().database.write() as connection:
            new = request.form.get("slug", "").strip() or copying.next_free(connection, slug)
            campaign_id = copying.copy(connection, slug, new, now, acting())
            organisers.keep(connection, campaign_id, signed_in())
    except BadSlug as error:
        return _refused(slug, sentence(_("Address of the page"), error.flaw))
    except SlugTaken:
        return _refused(slug, _("Another campaign has this address: choose another."))
    except ReservedSlug:
        return _refused(slug, _("Our own pages use this word: choose another."))
    words = _("The copy is stored as a draft. Give it a title of its own.")
    return done(words, "desk.show_editor", slug=new)


def _refused(slug: str, why: str) -> Response:
    return errors.page(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        _("Nothing was copied"),
        why,
        action=(url_for("desk.show", slug=slug), _("Back to the desk")),
    )
