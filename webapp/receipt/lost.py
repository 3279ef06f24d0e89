"""Ask for the address of whoever lost the link to their letter, and tell nobody anything."""

from http import HTTPStatus

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from letters.organisations import store as organisations
from letters.receipts import lost
from letters.text.addresses import BadAddress, read_address
from webapp.action.opened import open_campaign
from webapp.site.guards.too_many import refuse_too_many_posts
from webapp.site.language import gettext as _
from webapp.site.services import services
from webapp.site.whose import enter_organisation

blueprint = Blueprint("lost", __name__)
_LONGEST = 254
blueprint.before_request(refuse_too_many_posts)


@blueprint.get("/lost-link", defaults={"slug": None})
@blueprint.get("/c/<slug>/lost-link")
def ask(slug: str | None) -> Response:
    """Ask for the address; or say, the same whoever it is, what happens now."""
    _enter(slug)
    return _page(slug, is_done=bool(request.args.get("done")))


@blueprint.post("/lost-link", defaults={"slug": None})
@blueprint.post("/c/<slug>/lost-link")
def take(slug: str | None) -> Response:
    """Write down who asks: the worker looks what is kept of them, so the answer is the same."""
    _enter(slug)
    typed = request.form.get("email", "").strip()[:_LONGEST]
    try:
        email = read_address(typed)
    except BadAddress:
        problem = _("This is no e-mail address: it should read like name@host.org.")
        return _page(slug, typed=typed, problem=problem)
    with services().database.write() as connection:
        lost.write_down(connection, email, services().now())
    return make_response(redirect(url_for("lost.ask", slug=slug, done=1), HTTPStatus.SEE_OTHER))


def _enter(slug: str | None) -> None:
    """Let the page say whose it is."""
    if slug is not None:
        open_campaign(slug)
        return
    with services().database.read() as connection:
        enter_organisation(organisations.only_one(connection))


def _page(
    slug: str | None, *, is_done: bool = False, typed: str = "", problem: str = ""
) -> Response:
    page = render_template(
        "receipt/lost.html",
        form_url=url_for("lost.take", slug=slug),
        is_done=is_done,
        typed=typed,
        problem=problem,
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    return make_response(page, status)
