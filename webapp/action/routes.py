"""The action page: a supporter reads the letter, makes it their own, and hands it in."""

import json
import random
from datetime import timedelta
from http import HTTPStatus

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask_babel import format_timedelta

from letters.campaign import Routing, Status
from letters.campaigns import store
from letters.campaigns.store import UnknownCampaign
from letters.campaigns.stored import StoredCampaign, StoredTarget
from letters.submission import Draft, Submission
from letters.text import compose
from letters.text.addresses import canonical
from letters.text.merge import merge
from letters.text.postcodes import matching
from letters.tokens import BadToken, TokenTooOld, TokenTooYoung
from webapp.action import proof
from webapp.action.frame import enter_frame, frame_words, is_embedded_post
from webapp.action.page import (
    View,
    active_targets,
    description,
    letters_counted,
    personal_share,
    point_order,
    render,
    shown_target,
)
from webapp.action.points import moved
from webapp.site import errors
from webapp.site.fields import ActionForm, has_control, typed
from webapp.site.language import gettext as _
from webapp.site.services import services
from webapp.site.throttle import admit
from webapp.site.wake import wake_worker

blueprint = Blueprint("action", __name__)
blueprint.app_context_processor(frame_words)
_OTHER_POSTS = 10


def open_campaign(slug: str) -> StoredCampaign:
    """Return a campaign that the public may see; raise UnknownCampaign for a draft."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
    if stored.campaign.status is Status.DRAFT:
        raise UnknownCampaign(slug)
    g.language = stored.campaign.language
    return stored


@blueprint.get("/")
def index() -> str:
    """List the live campaigns."""
    with services().database.read() as connection:
        live = [
            stored
            for stored in store.find_all(connection)
            if stored.campaign.status is Status.LIVE and not stored.is_over(services().now())
        ]
    return render_template(
        "action/index.html",
        campaigns=[
            {
                "slug": stored.campaign.slug,
                "title": stored.campaign.title,
                "letters": letters_counted(stored),
                "goal": stored.campaign.goal,
            }
            for stored in live
        ],
    )


@blueprint.get("/c/<slug>")
def show(slug: str) -> Response:
    """Show the campaign's letter, ready to be changed and sent."""
    stored = open_campaign(slug)
    if stored.is_over(services().now()):
        return over(stored)
    return render(stored, fresh_form(stored), View())


@blueprint.get("/c/<slug>/embed")
def embed(slug: str) -> Response:
    """Show the same form for a frame on the origins that the campaign lists."""
    stored = open_campaign(slug)
    enter_frame(stored)
    if stored.is_over(services().now()):
        return over(stored)
    return render(stored, fresh_form(stored), View())


@blueprint.post("/c/<slug>")
def hand_in(slug: str) -> Response:  # noqa: PLR0911 - one for each answer of the contract
    """Take a letter, or show it as it would leave."""
    stored = open_campaign(slug)
    if is_embedded_post():
        enter_frame(stored)
    now = services().now()
    if stored.is_over(now):
        return over(stored)
    form = ActionForm(request.form)  # and not the files: a text posted as one is none
    view = View()
    if "update" in request.form:
        return _update(stored, form, view)
    if "preview" in request.form:
        return _preview(stored, form, view)
    if form.website.data:
        return _thank(slug)
    targets = _check(stored, form, view)
    try:
        token = services().tokens.read_form(
            slug,
            form.token.data or "",
            now,
            min_age=timedelta(seconds=services().settings.form_min_seconds),
        )
    except BadToken as error:
        form.token.data = services().tokens.new_form(slug, now)
        view.notice = _token_sentence(error)
        view.status = HTTPStatus.UNPROCESSABLE_ENTITY
        return _other_post(stored, form, view)
    if view.errors:
        return _other_post(stored, form, view)
    if not admit(services(), "store", services().settings.form_limit, len(targets)):
        return _too_many()
    services().intake.take(
        stored, _submission(stored, form, token.id, _drafts(stored, form, targets)), now
    )
    wake_worker(services().redis)
    return _thank(slug)


def _thank(slug: str) -> Response:
    # A page in a frame is followed by one for a frame.
    embedded = 1 if is_embedded_post() else None
    return make_response(
        redirect(url_for("action.thanks", slug=slug, embedded=embedded), HTTPStatus.SEE_OTHER)
    )


def _update(stored: StoredCampaign, form: ActionForm, view: View) -> Response:
    """Compose the body anew from the points kept, after moving one if that was asked."""
    command = request.form["update"]
    order = moved(point_order(stored, form), command)
    kept = set(form.points.data or [])
    form.points.data = [key for key in order if key in kept]
    view.order = order
    view.focus = command
    _recompose(stored, form)
    return _other_post(stored, form, view)


def _preview(stored: StoredCampaign, form: ActionForm, view: View) -> Response:
    """Show the exact letters; store nothing."""
    slug = stored.campaign.slug
    try:
        services().tokens.read_form(slug, form.token.data or "", services().now())
    except BadToken:
        form.token.data = services().tokens.new_form(slug, services().now())
    targets = _check(stored, form, view)
    if not view.errors:
        names = {target.id: target.target.name for target in targets}
        view.preview = [
            (names[draft.target_id], draft.subject, draft.text)
            for draft in _drafts(stored, form, targets)
        ]
    return _other_post(stored, form, view)


def _check(stored: StoredCampaign, form: ActionForm, view: View) -> list[StoredTarget]:
    """Check the form, put what is wrong on `view`, and return whom the letter goes to."""
    form.validate()
    targets = _targets_for(stored, form)
    view.errors = [(checked.id, str(e)) for checked in form for e in checked.errors]
    everything = (text for name, texts in request.form.lists() for text in (name, *texts))
    if not view.errors and any(map(has_control, everything)):
        # Not in a field that people fill in: some program made it up.
        view.errors = [("letter", _("There is an invisible control character in here. Please "
                                    "type the text anew."))]  # fmt: skip
    if view.errors:
        view.status = HTTPStatus.UNPROCESSABLE_ENTITY
    return targets


def _other_post(stored: StoredCampaign, form: ActionForm, view: View) -> Response:
    """Answer a post that stores nothing; these have a wider limit of their own."""
    if not admit(services(), "post", services().settings.form_limit.times(_OTHER_POSTS)):
        return _too_many()
    return render(stored, form, view)


@blueprint.get("/c/<slug>/thanks")
def thanks(slug: str) -> str:
    """Say thank you, the same to everybody."""
    stored = open_campaign(slug)
    if is_embedded_post():
        enter_frame(stored)
    return render_template(
        "action/thanks.html",
        campaign=stored.campaign,
        description=description(stored.campaign.summary),
        share_url=f"{services().settings.public_url}/c/{stored.campaign.slug}",
    )


@blueprint.get("/c/<slug>/count.json")
def count(slug: str) -> Response:
    """Return the public count, for any page to show."""
    stored = open_campaign(slug)
    response = make_response(
        json.dumps({"letters": letters_counted(stored), "goal": stored.campaign.goal})
    )
    response.mimetype = "application/json"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def fresh_form(stored: StoredCampaign) -> ActionForm:
    """Return the form as it is first served: the whole letter, every point kept."""
    form = ActionForm(formdata=None)
    form.token.data = services().tokens.new_form(stored.campaign.slug, services().now())
    form.points.data = [point.key for point in stored.campaign.letter.points]
    form.target.data = []
    values = compose.merge_values(shown_target(stored, form).target)
    subject = random.choice(stored.campaign.letter.subjects)  # noqa: S311 - any will do
    form.subject.data = merge(subject, values)
    _recompose(stored, form)
    return form


def _recompose(stored: StoredCampaign, form: ActionForm) -> None:
    values = compose.merge_values(
        shown_target(stored, form).target,
        name=form.name.data or "",
        postcode=form.postcode.data or "",
    )
    form.body.data = compose.body(stored.campaign, values, form.points.data or [])
    if not form.token.data:
        form.token.data = services().tokens.new_form(stored.campaign.slug, services().now())


def _targets_for(stored: StoredCampaign, form: ActionForm) -> list[StoredTarget]:
    """Return whom the letter goes to; what is missing is put among the form's errors."""
    active = active_targets(stored)
    problems: list[tuple[str, str]] = []
    targets = active
    if stored.campaign.routing is Routing.CHOICE:
        chosen = set(form.target.data or [])
        targets = [target for target in active if str(target.id) in chosen]
        if not targets:
            problems.append(("target", _("Please choose whom you write to.")))
    elif stored.campaign.routing is Routing.AREA:
        found = matching([target.target for target in active], form.postcode.data or "")
        targets = [target for target in active if target.target in found]
        if not targets and form.postcode.data:
            problems.append(("postcode", _("We know nobody to write to for this postcode.")))
    if stored.campaign.asks_postcode and not form.postcode.data:
        problems.append(("postcode", _("Please tell us your postcode.")))
    if form.email.data and canonical(form.email.data) in {
        canonical(target.target.email) for target in active
    }:
        problems.append(("email", _("This is the address you write to. Please give your own.")))
    for name, sentence in problems:
        form[name].errors = [*form[name].errors, sentence]
    return targets


def _drafts(stored: StoredCampaign, form: ActionForm, targets: list[StoredTarget]) -> list[Draft]:
    shown = shown_target(stored, form).target
    name, postcode = typed(form.name), typed(form.postcode)
    body = compose.line_feeds(typed(form.body))
    drafts: list[Draft] = []
    for each in targets:
        to = each.target
        subject = compose.subject_for_each(
            stored.campaign, shown, to, typed(form.subject), name=name, postcode=postcode
        )
        text = compose.text(
            stored.campaign,
            compose.merge_values(to, name=name, postcode=postcode),
            reason=form.reason.data or "",
            body=compose.for_each(stored.campaign, shown, to, body, name=name, postcode=postcode),
        )
        drafts.append(Draft(each.id, subject, text))
    return drafts


def _submission(
    stored: StoredCampaign, form: ActionForm, token_id: str, drafts: list[Draft]
) -> Submission:
    reason = compose.line_feeds(form.reason.data or "")
    known = {point.key for point in stored.campaign.letter.points}
    return Submission(
        token_id=token_id,
        name=typed(form.name),
        email=typed(form.email),
        postcode=typed(form.postcode),
        reason=reason if reason.strip() else "",
        points=tuple(key for key in dict.fromkeys(form.points.data or []) if key in known),
        personal_share=personal_share(stored, form),
        opt_in=bool(form.opt_in.data),
        drafts=tuple(drafts),
        must_confirm=proof.is_asked(stored.campaign)
        and not proof.is_solved(
            services().settings.secret_keys, typed(form.token), typed(form.altcha)
        ),
    )


def _token_sentence(error: BadToken) -> str:
    if isinstance(error, TokenTooYoung):
        return _("That was very quick. Please read your letter once more and send it again.")
    if isinstance(error, TokenTooOld):
        return _("This page was open for more than a day. Your text is kept: please send it again.")
    return _("This page was not complete. Your text is kept: please send it again.")


def over(stored: StoredCampaign) -> Response:
    """Return the page that says that a campaign is over."""
    return errors.page(
        HTTPStatus.GONE,
        _("This campaign is over"),
        _("“%(title)s” takes no more letters.", title=stored.campaign.title),
        _("If you wrote one, the link in your mail still shows where it is."),
        action=("/", _("See the campaigns")),
    )


def _too_many() -> Response:
    return errors.page(
        HTTPStatus.TOO_MANY_REQUESTS,
        _("A lot of letters came from here"),
        _(
            "Your letter was not stored. Please try again in %(time)s.",
            time=format_timedelta(
                timedelta(seconds=services().settings.form_limit.period_seconds), threshold=2
            ),
        ),
    )
