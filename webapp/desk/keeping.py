"""Copy a campaign, put one that is over into the archive, and delete a draft."""

from http import HTTPStatus

from flask import Response, render_template, request, url_for

from letters.campaigns import copying, shelf, store
from letters.campaigns.copying import BadSlug, SlugTaken
from letters.campaigns.shelf import NotADraft, NotOver
from letters.campaigns.store import ReservedSlug
from letters.desk import organisers
from webapp.desk.editor.flaws import sentence
from webapp.desk.entry.door import acting, blueprint, signed_in
from webapp.desk.wording.done import done
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


@blueprint.post("/<slug>/archive")
def archive(slug: str) -> Response:
    """Put a campaign that is over into the archive, or take it out again."""
    now = services().now()
    try:
        with services().database.write() as connection:
            if request.form.get("word") == "out":
                shelf.take_out(connection, slug, now, acting())
                return done(_("It stands among the others again."), "desk.show", slug=slug)
            shelf.archive(connection, slug, now, acting())
    except NotOver:
        return _refused(slug, _("Only what is over goes into the archive: close it first."))
    return done(_("It is in the archive."), "desk.show", slug=slug)


@blueprint.get("/<slug>/delete")
def ask_delete(slug: str) -> str:
    """Ask whether a draft is to be deleted, or say why it cannot be."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
        can_be = shelf.can_be_deleted(connection, stored)
    why_not = "" if can_be else _not_a_draft()
    return render_template("desk/delete.html", campaign=stored.campaign, why_not=why_not)


@blueprint.post("/<slug>/delete")
def delete(slug: str) -> Response:
    """Delete a draft."""
    try:
        with services().database.write() as connection:
            shelf.delete_draft(connection, slug, services().now(), acting())
    except NotADraft:
        return _refused(slug, _not_a_draft())
    return done(_("The draft is deleted."), "desk.list_campaigns")


def _not_a_draft() -> str:
    return _("Only a draft that never had a letter can be deleted: letters are accounted for.")


def _refused(slug: str, why: str) -> Response:
    return errors.page(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        _("Nothing was changed"),
        why,
        action=(url_for("desk.show", slug=slug), _("Back to the desk")),
    )
