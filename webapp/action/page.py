"""Set the action page: the letter as a letter, with what was typed and what was wrong."""

import html
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Final
from zoneinfo import ZoneInfo

import nh3
from flask import Response, current_app, g, make_response, render_template, request, url_for
from flask_babel import format_date
from markdown_it import MarkdownIt
from markupsafe import Markup

from letters.campaign import Campaign, Replies, Routing
from letters.campaigns.stored import StoredCampaign, StoredTarget
from letters.intake.faults import Wrong
from letters.intake.search import search
from letters.intake.written import Written, personal_share
from letters.submission import Draft
from letters.text import compose
from letters.text.addresses import COMMON_DOMAINS
from letters.text.merge import merge
from letters.text.versions import for_target, letter_for
from webapp.action import proof
from webapp.action.form import TRAP, put_aside
from webapp.action.kept import COUNT_MARK, TOKEN_MARK, filled_in, pages
from webapp.action.measure import THRESHOLDS, measure, sentences
from webapp.action.points import full_order
from webapp.site import ground
from webapp.site.faults import sentence
from webapp.site.language import gettext as _
from webapp.site.services import services

NAME_MARK: Final = "\ue000"
POSTCODE_MARK: Final = "\ue001"
ADDRESS_MARK: Final = "\ue002"
"""Where the script fills in what is typed: characters that no text has (Unicode's private use)."""
_MANY: Final = 25
"""More people than these are looked for, and not read through."""
_DESCRIPTION_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class ShownTarget:
    """A target as the page offers it."""

    key: str
    name: str
    role: str
    address: str
    salutation: str
    """With marks where the script fills in the writer's name and postcode."""
    closing: str
    """What of it the writer may change."""
    signed: str
    """What follows that, with the same marks."""
    chosen: bool


@dataclass(frozen=True, slots=True)
class ShownPoint:
    """A point as the page offers it, its texts merged."""

    key: str
    lead: str
    text: str
    kept: bool


@dataclass(frozen=True, slots=True)
class View:
    """What one rendering of the page adds to what was posted."""

    token: str = ""
    notice: str | None = None
    shows_faults: bool = False
    preview: tuple[Draft, ...] = ()
    focus: str = ""
    """The button to go back to, if no error or preview asks to be looked at first."""
    who: str = ""
    """What was looked for among the people whom a writer may choose from."""
    before: str | None = None
    """The text that is put aside; None: what was posted as such."""
    is_apart: bool = False
    """The text is said to be its writer's own, and not to follow the points."""
    retry_seconds: int = 0
    """After this time the browser may send the form again by itself; 0: it may not."""
    status: HTTPStatus = HTTPStatus.OK
    template: str = "action/action.html"


def render(written: Written, view: View, now: datetime) -> Response:
    """Return the page with what was written, and what `view` adds to it."""
    so_far = _so_far(written.stored)
    fresh = View(token=view.token, template=view.template)
    is_asked = proof.is_asked(written.campaign)
    # A ground may be any colour: pages on one would push the others out.
    if request.method == "GET" and view == fresh and not is_asked and ground.entered() is None:
        text = filled_in(_kept(written, view, now), view.token, so_far)
    else:
        text = _set(written, view, now, so_far)
    response = make_response(text, view.status)
    if view.retry_seconds:
        response.headers["Retry-After"] = str(view.retry_seconds)
    return response


def _so_far(stored: StoredCampaign) -> Markup:
    # Without what every page is told: it is set with each visit, and asks for none of that.
    template = current_app.jinja_env.get_template("action/so_far.html")
    set_ = template.render(letters_count=stored.letters, goal=stored.campaign.goal)
    return Markup(set_)  # noqa: S704 - a template of ours has set it


def _kept(written: Written, view: View, now: datetime) -> str:
    """Return the page that nobody has touched yet: set anew only if it would be another."""
    to = written.whom
    people = (to.offered, to.targets, to.too_late, to.serving, (written.shown,))
    shows = (
        written.campaign,
        written.stored.organisation,
        [[each.id for each in some] for some in people],
        now.astimezone(ZoneInfo(written.campaign.timezone)).date(),
    )
    frame = (bool(g.get("embedded")), tuple(g.get("frame_ancestors", ())))
    key = (view.template, written.campaign.slug, written.posted, frame)
    marked = replace(view, token=TOKEN_MARK)
    return pages().text(key, shows, lambda: _set(written, marked, now, COUNT_MARK))


def _day(campaign: Campaign, now: datetime) -> str:
    day: str = format_date(now.astimezone(ZoneInfo(campaign.timezone)), "long")
    return day


def _set(written: Written, view: View, now: datetime, so_far: Markup) -> str:
    campaign, posted, shown = written.as_shown, written.posted, written.shown.target
    values = compose.merge_values(
        shown,
        name=posted.name or _("Your name"),
        postcode=posted.postcode,
        address=posted.address,
    )
    # What the script composes from these must be what the server composes: no placeholder here.
    body_values = {**values, "name": posted.name}
    share = 0.0 if request.method == "GET" else personal_share(written)
    faults = written.faults if view.shows_faults else ()
    wrong = {str(fault.field): [sentence(fault)] for fault in faults}
    names = {target.id: target.target.name for target in written.whom.targets}
    text: str = render_template(
        view.template,
        campaign=campaign,
        through_us=campaign.replies is Replies.THROUGH_US
        and bool(services().settings.reply_domain),
        summary_html=summary(campaign.summary, new_tab=bool(g.get("embedded"))),
        so_far=so_far,
        page_url=f"{services().settings.public_url}/c/{campaign.slug}",
        image_url=f"{services().settings.public_url}/c/{campaign.slug}/preview.png",
        description=description(campaign.summary),
        targets=[_shown(written, target) for target in written.whom.offered],
        who=view.who,
        matches=[_shown(written, t) for t in search(written.whom.offered, view.who)],
        is_long=len(written.whom.offered) > _MANY,
        sheet=_shown(written, written.shown),
        serving=[_shown(written, target) for target in written.whom.serving],
        found=[target.target.name for target in written.whom.targets],
        too_late=[target.target.name for target in written.whom.too_late],
        last_day=format_date(campaign.ends, "long") if campaign.ends else None,
        salutation=merge(campaign.letter.salutation, values),
        opening=merge(campaign.letter.opening, body_values),
        closing=compose.closing_of(campaign, values).own
        if posted.closing is None
        else posted.closing,
        signed=compose.closing_of(campaign, values).signed,
        today=_day(campaign, now),
        posted=posted,
        wrong=wrong,
        common_domains=" ".join(COMMON_DOMAINS),
        unfolded="unfolded" in request.form or bool({"subject", "body", "closing"} & wrong.keys()),
        can_clean=any(fault.wrong is Wrong.CONTROL for fault in faults),
        token=view.token,
        trap=TRAP,
        points=_points(written, body_values),
        measure=measure(share),
        own_sentences=sentences(),
        own_thresholds=THRESHOLDS,
        notice=view.notice,
        preview=[(names[draft.target_id], draft.subject, draft.text) for draft in view.preview],
        proof=proof.challenge(services().settings.secret_keys, view.token, now)
        if proof.is_asked(campaign)
        else None,
        focus=view.focus,
        is_apart=view.is_apart,
        before=put_aside() if view.before is None else view.before,
        retry_seconds=view.retry_seconds,
        action_url=url_for("action.hand_in", slug=campaign.slug),
        retention_days=services().settings.retention_days,
    )
    return text


def point_order(written: Written) -> list[str]:
    """Return the keys of all points in the writer's order."""
    known = [point.key for point in written.as_shown.letter.points]
    return full_order(known, written.posted.order, written.posted.points)


def _points(written: Written, values: dict[str, str]) -> list[ShownPoint]:
    kept = set(written.posted.points)
    known = {point.key: point for point in written.as_shown.letter.points}
    return [
        ShownPoint(key, merge(known[key].lead, values), merge(known[key].text, values), key in kept)
        for key in point_order(written)
    ]


def _shown(written: Written, target: StoredTarget) -> ShownTarget:
    values = compose.merge_values(
        target.target, name=NAME_MARK, postcode=POSTCODE_MARK, address=ADDRESS_MARK
    )
    letter = letter_for(written.campaign.letter, target.target)
    closing = compose.closing_of(for_target(written.campaign, target.target), values)
    everyone = written.campaign.routing is not Routing.CHOICE
    return ShownTarget(
        str(target.id),
        target.target.name,
        target.target.role,
        target.target.address,
        merge(letter.salutation, values),
        closing.own,
        closing.signed,
        everyone or str(target.id) in written.posted.targets,
    )


@lru_cache(maxsize=256)
def summary(markdown: str, *, new_tab: bool = False) -> Markup:
    """Return a summary's Markdown as HTML that is safe to show.

    In a frame its links open in a `new_tab`: the frame is for the letter.
    """
    allowed = {"p", "em", "strong", "a", "ul", "ol", "li", "blockquote", "br", "h2", "h3"}
    cleaned = nh3.clean(
        MarkdownIt("commonmark", {"html": False}).render(markdown),
        tags=allowed,
        url_schemes={"https", "http", "mailto"},
        set_tag_attribute_values={"a": {"target": "_blank"}} if new_tab else {},
    )
    return Markup(cleaned)  # noqa: S704 - cleaned


@lru_cache(maxsize=256)
def description(markdown: str) -> str:
    """Return the beginning of a summary as plain text, for link previews."""
    marked_up = MarkdownIt("commonmark", {"html": False}).render(markdown)
    words = html.unescape(nh3.clean(marked_up, tags=set())).split()
    text = " ".join(words)
    if len(text) <= _DESCRIPTION_MAX:
        return text
    return f"{text[: _DESCRIPTION_MAX - 1].rpartition(' ')[0]}…"
