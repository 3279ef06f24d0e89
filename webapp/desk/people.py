"""Invite and remove organisers, end their sessions, and give campaigns to them: for admins."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from flask import Response, make_response, render_template, request, url_for
from sqlalchemy import Connection

from letters.campaigns import store
from letters.desk import organisers, sign_ins
from letters.desk.organisers import Organiser, Role
from letters.notices import post, to_organisers
from letters.record import Actor
from letters.text.addresses import address_in
from webapp.desk.entry.door import acting, blueprint, signed_in
from webapp.desk.wording.done import done
from webapp.site import errors
from webapp.site.language import current
from webapp.site.language import gettext as _
from webapp.site.services import services
from webapp.site.wake import wake_worker


@blueprint.get("/organisers")
def list_organisers() -> str:
    """Show who may work here."""
    return _organisers_page(given=request.args.get("campaign", ""))


@blueprint.post("/organisers")
def invite() -> str | Response:
    """Mail a sign-in link to somebody, who becomes an organiser; or change their role."""
    email, role = request.form.get("email", "").strip()[:254], request.form.get("role", "")
    slug = request.form.get("campaign", "")
    problem = None
    if (address := address_in(email)) is None:
        problem = _("This is no e-mail address: it should read like name@host.org.")
    elif role not in list(Role):
        problem = _("Choose what the new organiser may do.")
    elif address.lower() == signed_in().email:
        problem = _("This is your own address: ask another admin to change what you may do.")
    if problem is not None:
        page = _organisers_page(problem=problem, typed=email, role=role, given=slug)
        return make_response(page, HTTPStatus.UNPROCESSABLE_ENTITY)
    now = services().now()
    with services().database.write() as connection:
        invited, token = sign_ins.invite(connection, email, now, Role(role), acting())
        stored = store.find(connection, slug) if slug else None
        if stored is not None and not invited.is_admin:
            organisers.give(connection, stored.id, invited, now, acting())
        public_url = services().settings.public_url
        mail = to_organisers.invitation(
            services().links.sign_in(token),
            public_url,
            current(),
            by=signed_in().email,
            is_admin=invited.is_admin,
            campaign=None if stored is None or invited.is_admin else stored.campaign,
        )
        post.post(connection, services().tokens, mail, post.Purpose.SIGN_IN, invited.email, now)
    wake_worker(services().redis)
    return _organisers_page(
        notice=_("An invitation is on its way to %(email)s.", email=invited.email)
    )


@blueprint.post("/organisers/remove")
def remove_organiser() -> Response:
    """Remove somebody, whose sessions end at once."""
    email = request.form.get("email", "").strip().lower()
    if email == signed_in().email:
        return errors.page(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            _("You cannot remove yourself"),
            _("Ask another admin to do it, so that somebody is left to run the desk."),
            action=(url_for("desk.list_organisers"), _("Back to the organisers")),
        )
    with services().database.write() as connection:
        gone = organisers.find(connection, email)
        if gone is not None:
            organisers.remove(connection, gone, services().now(), acting())
    sentence = "" if gone is None else _("%(email)s can no longer sign in.", email=gone.email)
    return done(sentence, "desk.list_organisers")


@blueprint.post("/organisers/sign-out")
def end_session_of() -> Response:
    """End every session of somebody, and the links that they have not used."""
    with services().database.write() as connection:
        found = organisers.find(connection, request.form.get("email", ""))
        if found is not None:
            sign_ins.end_all(connection, found, services().now(), acting())
    sentence = "" if found is None else _("%(email)s is signed out everywhere.", email=found.email)
    return done(sentence, "desk.list_organisers")


@blueprint.get("/<slug>/people")
def list_people(slug: str) -> str:
    """Show who works on one campaign."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
        given = organisers.working_on(connection, stored.id)
        everybody = organisers.everybody(connection)
    return render_template(
        "desk/people.html",
        campaign=stored.campaign,
        working=[one for one in everybody if one.is_admin or one.id in given],
        others=[one for one in everybody if not one.is_admin and one.id not in given],
    )


@blueprint.post("/<slug>/people/give")
def give_campaign(slug: str) -> Response:
    """Let somebody work on a campaign."""
    return _change_people(slug, organisers.give, _("%(email)s may now work on this campaign."))


@blueprint.post("/<slug>/people/take-back")
def take_campaign_back(slug: str) -> Response:
    """Let somebody work on a campaign no longer."""
    sentence = _("%(email)s may no longer work on this campaign.")
    return _change_people(slug, organisers.take_back, sentence)


def _change_people(
    slug: str, change: Callable[[Connection, int, Organiser, datetime, Actor], None], sentence: str
) -> Response:
    with services().database.write() as connection:
        stored = store.find(connection, slug)
        found = organisers.find(connection, request.form.get("email", ""))
        if found is not None:
            change(connection, stored.id, found, services().now(), acting())
    said = "" if found is None else sentence % {"email": found.email}
    return done(said, "desk.list_people", slug=slug)


def _organisers_page(
    *,
    notice: str = "",
    problem: str = "",
    typed: str = "",
    role: str = Role.ORGANISER,
    given: str = "",
) -> str:
    now = services().now()
    with services().database.read() as connection:
        # Who else works here is for admins to know.
        everybody = organisers.everybody(connection) if signed_in().is_admin else [signed_in()]
        campaigns = store.titles(connection) if signed_in().is_admin else []
        at_desk = {one.id: len(sign_ins.of_organiser(connection, one.id, now)) for one in everybody}
    return render_template(
        "desk/organisers.html",
        organisers=[(one, at_desk[one.id]) for one in everybody],
        notice=notice,
        problem=problem,
        typed=typed,
        role=str(role),
        campaigns=campaigns,
        given=given,
        me=signed_in(),
    )
