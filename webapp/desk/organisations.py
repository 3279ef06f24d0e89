"""Add and change organisations: for admins."""

from http import HTTPStatus

from flask import Response, make_response, render_template, request
from flask_wtf import FlaskForm
from wtforms import BooleanField, FileField, StringField, TextAreaField

from letters.files.faults import Fault
from letters.files.logo_file import MOST_BYTES, UnusableLogo, read_logo
from letters.files.organisation_file import check_organisation
from letters.organisation import Organisation, Picture
from letters.organisations import store
from letters.organisations.store import UnknownOrganisation
from letters.text.compose import line_feeds
from webapp.desk.editor.faults import Wrong
from webapp.desk.editor.flaws import sentence
from webapp.desk.editor.reading import suggested_slug
from webapp.desk.entry.door import acting, blueprint
from webapp.desk.wording.done import done
from webapp.desk.wording.lacks import lacking
from webapp.site import errors
from webapp.site.fields import trimmed, typed
from webapp.site.language import gettext as _
from webapp.site.services import services

_LINES = ("name", "website", "contact", "privacy_url", "accent", "mail_from")
_AREAS = ("privacy", "controller", "imprint")


class OrganisationForm(FlaskForm):  # type: ignore[misc]  # flask-wtf brings no types
    """A whole organisation."""

    class Meta:
        """The desk's door has checked the token already."""

        csrf = False

    key = StringField(filters=[trimmed])
    name = StringField(filters=[trimmed])
    website = StringField(filters=[trimmed])
    contact = StringField(filters=[trimmed])
    privacy = TextAreaField()
    privacy_url = StringField(filters=[trimmed])
    controller = TextAreaField()
    imprint = TextAreaField()
    logo = FileField()
    no_logo = BooleanField()
    accent = StringField(filters=[trimmed])
    mail_from = StringField(filters=[trimmed])


def labels() -> dict[str, str]:
    """Return the label of each field, by its name."""
    return {
        "key": _("Short name"),
        "name": _("Name"),
        "website": _("Website"),
        "contact": _("Address for questions"),
        "privacy": _("What it does with data"),
        "privacy_url": _("Or where it says so"),
        "controller": _("Who is answerable for the data"),
        "imprint": _("Imprint"),
        "logo": _("Logo"),
        "accent": _("Colour"),
        "mail_from": _("Sending address"),
    }


@blueprint.errorhandler(UnknownOrganisation)
def _unknown(_error: UnknownOrganisation) -> Response:
    return errors.not_found()


@blueprint.get("/organisations")
def list_organisations() -> str:
    """Show whose campaigns there can be, and what each lacks."""
    with services().database.read() as connection:
        every = store.find_all(connection)
    return render_template(
        "desk/organisations.html", organisations=[(one, lacking(one)) for one in every]
    )


@blueprint.get("/organisations/new")
def new_organisation() -> Response:
    """Show an empty organisation."""
    return _page(OrganisationForm(formdata=None), None, [])


@blueprint.post("/organisations/new")
def add_organisation() -> Response:
    """Take a new organisation."""
    form = OrganisationForm()
    form.key.data = typed(form.key) or suggested_slug(typed(form.name))
    return _take(form, None)


@blueprint.get("/organisations/<key>/edit")
def show_organisation(key: str) -> Response:
    """Show an organisation as it is."""
    with services().database.read() as connection:
        found = store.find(connection, key)
    fields = {name: getattr(found, name) for name in ("key", *_LINES, *_AREAS)}
    return _page(OrganisationForm(formdata=None, data=fields), found, [])


@blueprint.post("/organisations/<key>/edit")
def change_organisation(key: str) -> Response:
    """Take changes to an organisation."""
    with services().database.read() as connection:
        found = store.find(connection, key)
    form = OrganisationForm()
    form.key.data = key
    return _take(form, found)


def _take(form: OrganisationForm, before: Organisation | None) -> Response:
    given: dict[str, object] = {"key": typed(form.key)}
    given |= {name: typed(form[name]) for name in _LINES}
    given |= {name: line_feeds(typed(form[name])).strip("\n") for name in _AREAS}
    (organisation, _logo), found = check_organisation(given)
    faults = list(found)
    picture = _picture(faults)
    key = typed(form.key)
    if not faults:
        with services().database.write() as connection:
            if before is None and key in {one.key for one in store.find_all(connection)}:
                wrong = Wrong("key", _("Another organisation has this short name: choose another."))
                return _page(form, before, [wrong])
            if picture is None and before is not None and not form.no_logo.data:
                picture = store.picture_of(connection, key)
            store.load(connection, organisation, picture, services().now(), acting())
        return done(_("The organisation is stored."), "desk.list_organisations")
    words = labels()
    wrongs = [
        Wrong(str(fault.path[0]), sentence(words[str(fault.path[0])], fault.flaw))
        for fault in faults
    ]
    return _page(form, before, wrongs)


def _picture(faults: list[Fault]) -> Picture | None:
    """Return the logo that came, if one did, noting what is wrong with it."""
    file = request.files.get("logo")
    data = file.read(MOST_BYTES + 1) if file else b""
    if not data:
        return None
    try:
        return read_logo(data)
    except UnusableLogo as error:
        faults.append(Fault(("logo",), error.flaw))
        return None


def _page(form: OrganisationForm, before: Organisation | None, wrongs: list[Wrong]) -> Response:
    beside: dict[str, list[str]] = {}
    for wrong in wrongs:
        beside.setdefault(wrong.field, []).append(wrong.sentence)
    return make_response(
        render_template(
            "desk/organisation.html",
            form=form,
            labels=labels(),
            beside=beside,
            wrongs=wrongs,
            organisation=before,
            default_from=services().settings.mail_from,
        ),
        HTTPStatus.UNPROCESSABLE_ENTITY if wrongs else HTTPStatus.OK,
    )
