"""The action page: a supporter reads the letter, makes it their own, and hands it in."""

import json
import random
import time
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import format_timedelta

from letters.campaigns.stored import StoredCampaign
from letters.intake.posted import Posted, source_code
from letters.intake.routing import Whom, whom
from letters.intake.written import (
    Written,
    drafts_of,
    recomposed,
    submission_of,
    written_of,
)
from letters.text import compose
from letters.text.merge import merge
from letters.tokens import BadToken, TokenTooOld, TokenTooYoung
from webapp.action import proof, rewriting
from webapp.action.closed import shut
from webapp.action.finding import areas_of, found
from webapp.action.form import Received, cleaned, put_aside, receive
from webapp.action.opened import lead_on, open_campaign
from webapp.action.page import View, description, render
from webapp.site import even, ground
from webapp.site.frame import enter_frame, frame_words, is_embedded_post
from webapp.site.guards.throttle import wait_seconds
from webapp.site.language import gettext as _
from webapp.site.services import services
from webapp.site.share import link, share
from webapp.site.wake import wake_worker

_MOST_LOOKED_FOR = 200
blueprint = Blueprint("action", __name__)
blueprint.app_context_processor(frame_words)
lead_on(blueprint)
OTHER_POSTS = 10
"""Posts that store nothing may come so many times as often as those that do."""


@blueprint.get("/c/<slug>")
def show(slug: str) -> Response:
    """Show the campaign's letter, ready to be changed and sent."""
    return _fresh_page(open_campaign(slug))


@blueprint.get("/c/<slug>/embed")
def embed(slug: str) -> Response:
    """Show the same form for a frame on the origins that the campaign lists."""
    stored = open_campaign(slug)
    enter_frame(stored)
    return _fresh_page(stored)


def _fresh_page(stored: StoredCampaign) -> Response:
    now = services().now()
    posted = as_offered(stored)
    to = whom(stored, posted, now)
    if (closed := shut(stored, now)) is not None:
        return closed
    return fresh_page(stored, posted, to, now)


def fresh_page(
    stored: StoredCampaign, posted: Posted, to: Whom, now: datetime, template: str = ""
) -> Response:
    """Return the page as it is first served, with a token of its own."""
    written = written_of(stored, posted, to)
    values = compose.merge_values(written.shown.target)
    subjects = written.as_shown.letter.subjects
    subject = posted.subject if posted.subject in subjects else subjects[0]
    filled = replace(
        written,
        posted=replace(posted, subject=merge(subject, values), body=recomposed(written)),
    )
    view = View(token=services().tokens.new_form(stored.campaign.slug, now))
    return render(filled, replace(view, template=template) if template else view, now)


def as_offered(stored: StoredCampaign) -> Posted:
    """Return the form as nobody has touched it: every point kept, one of the subjects."""
    letter = stored.campaign.letter
    return Posted(
        subject=random.choice(letter.subjects),  # noqa: S311 - any will do
        points=tuple(point.key for point in letter.points),
        source=source_code(request.args.get("source", "")),
    )


@blueprint.post("/c/<slug>")
def hand_in(slug: str) -> Response:  # noqa: C901, PLR0911 - one for each answer of the contract
    """Take a letter, or show it as it would leave."""
    begun = time.monotonic()
    stored = open_campaign(slug)
    if is_embedded_post():
        enter_frame(stored)
    now = services().now()
    received = receive()
    to = whom(stored, received.posted, now, areas_of(stored, received.posted.postcode, now))
    if (closed := shut(stored, now)) is not None:
        return closed
    if "find" in request.form:
        return _find(stored, received, to, now)
    written = written_of(stored, received.posted, to)
    if request.form.keys() & rewriting.COMMANDS:
        return _rewritten(written, received, now)
    if "clean" in request.form:
        return _clean(written, received, now)
    if "preview" in request.form:
        return _preview(written, received, now)
    if received.is_trapped:
        return _thank(slug)
    view = View(
        token=received.token,
        shows_faults=True,
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
    )
    try:
        token = services().tokens.read_form(
            slug,
            received.token,
            now,
            min_age=timedelta(seconds=services().settings.form_min_seconds),
        )
    except BadToken as error:
        # Where more is to be mended, that comes first: mended, the page is old enough.
        notice = None if written.faults else _token_sentence(error)
        return _other_post(
            written,
            replace(view, token=services().tokens.new_form(slug, now), notice=notice),
            now,
        )
    if written.faults:
        return _other_post(written, view, now)
    wait = wait_seconds(services(), "store", services().settings.form_limit, within=slug)
    if wait:
        return _too_many(written, view, wait, now)
    new = submission_of(written, token.id, must_confirm=not _is_proven(stored, received))
    services().intake.take(stored, new, now)
    wake_worker(services().redis)
    even.wait_out(begun)
    return _thank(slug)


def _is_proven(stored: StoredCampaign, received: Received) -> bool:
    """Tell whether the work that the campaign asks for, if any, was done for this letter."""
    if not proof.is_asked(stored.campaign):
        return True
    keys, email = services().settings.secret_keys, received.posted.email
    return proof.is_solved(keys, received.token, received.proof) and proof.is_first(
        services().redis, services().tokens, received.token, email
    )


def _thank(slug: str) -> Response:
    # A page in a frame is followed by one for a frame.
    embedded, under = "1" if is_embedded_post() else None, ground.entered()
    places = {"embedded": embedded, "ground": None if under is None else str(under)}
    to = url_for("action.thanks", _external=False, slug=slug, **places)
    return make_response(redirect(to, HTTPStatus.SEE_OTHER))


def _find(stored: StoredCampaign, received: Received, to: Whom, now: datetime) -> Response:
    """Show the letter to those who serve the postcode."""
    written = found(stored, received.posted, to, has_letter=bool(received.posted.body))
    view = View(
        token=_token(received, now),
        shows_faults=bool(written.faults),
        focus="find",
        who=request.form.get("who", "")[:_MOST_LOOKED_FOR],
    )
    if written.faults:
        view = replace(view, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _other_post(written, view, now)


def _rewritten(written: Written, received: Received, now: datetime) -> Response:
    """Show the form with its text as a button asks for it: anew, in another order, or back."""
    anew = rewriting.rewritten(written, request.form, put_aside())
    view = View(
        token=_token(received, now), focus=anew.focus, before=anew.before, is_apart=anew.is_apart
    )
    return _other_post(anew.written, view, now)


def _clean(written: Written, received: Received, now: datetime) -> Response:
    """Show the form without the characters that no letter can hold."""
    clean = written_of(written.stored, cleaned(received.posted), written.whom)
    notice = _("The characters that nobody sees are taken out. Please look at your letter.")
    return _other_post(clean, View(token=_token(received, now), notice=notice), now)


def _preview(written: Written, received: Received, now: datetime) -> Response:
    """Show the exact letters; store nothing."""
    view = View(token=_token(received, now), shows_faults=True)
    if written.faults:
        view = replace(view, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    else:
        view = replace(view, preview=drafts_of(written))
    return _other_post(written, view, now)


def _token(received: Received, now: datetime) -> str:
    """Return the token that the form was posted with, or a new one where it will not do."""
    slug = (request.view_args or {})["slug"]
    try:
        services().tokens.read_form(slug, received.token, now)
    except BadToken:
        return services().tokens.new_form(slug, now)
    return received.token


def _other_post(written: Written, view: View, now: datetime) -> Response:
    """Answer a post that stores nothing; these have a wider limit of their own."""
    limit = services().settings.form_limit.times(OTHER_POSTS)
    wait = wait_seconds(services(), "post", limit)
    return _too_many(written, view, wait, now) if wait else render(written, view, now)


def _too_many(written: Written, view: View, wait: int, now: datetime) -> Response:
    """Return the page with the form kept, and when it may be sent."""
    notice = _(
        "A lot of letters came from where you are, so yours is not stored yet. It is kept on this "
        "page: please send it again in %(time)s.",
        time=format_timedelta(timedelta(seconds=wait), threshold=2),
    )
    return render(
        written,
        replace(
            view,
            notice=notice,
            shows_faults=False,
            preview=(),
            retry_seconds=wait,
            status=HTTPStatus.TOO_MANY_REQUESTS,
        ),
        now,
    )


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
        page_url=link(stored.campaign.slug),
        share=share(stored.campaign),
    )


@blueprint.get("/c/<slug>/count.json")
def count(slug: str) -> Response:
    """Return the public count, for any page to show."""
    stored = open_campaign(slug)
    response = make_response(json.dumps({"letters": stored.letters, "goal": stored.campaign.goal}))
    response.mimetype = "application/json"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _token_sentence(error: BadToken) -> str:
    if isinstance(error, TokenTooYoung):
        return _("That was very quick. Please read your letter once more and send it again.")
    if isinstance(error, TokenTooOld):
        return _("This page was open for more than a day. Your text is kept: please send it again.")
    return _("This page was not complete. Your text is kept: please send it again.")
