"""Set the action page: the letter as a letter, with what was typed and what was wrong."""

import html
from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus
from typing import Final

import nh3
from flask import Response, g, make_response, render_template, request, url_for
from flask_babel import format_date
from markdown_it import MarkdownIt
from markupsafe import Markup

from letters.books import ledger
from letters.campaign import Replies, Routing
from letters.campaigns.stored import StoredCampaign, StoredTarget
from letters.states import UNCOUNTED
from letters.text import compose
from letters.text.merge import merge
from webapp.action import proof
from webapp.action.measure import THRESHOLDS, measure, sentences
from webapp.action.points import full_order
from webapp.site.fields import BODY_MAX, ActionForm, typed
from webapp.site.language import gettext as _
from webapp.site.services import services

NAME_MARK: Final = "\ue000"
POSTCODE_MARK: Final = "\ue001"
"""Where the script fills in what is typed: characters that no text has (Unicode's private use)."""
_DESCRIPTION_MAX: Final = 200
_MOST_MEASURED: Final = 2 * BODY_MAX  # as posted, where every line end is two characters


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
    """The same."""
    chosen: bool


@dataclass(frozen=True, slots=True)
class ShownPoint:
    """A point as the page offers it, its texts merged."""

    key: str
    lead: str
    text: str
    kept: bool


@dataclass(slots=True)
class View:
    """What one rendering of the page adds to the form."""

    notice: str | None = None
    errors: list[tuple[str, str]] = field(default_factory=list)
    preview: list[tuple[str, str, str]] | None = None
    focus: str = ""
    """The button to go back to, if no error or preview asks to be looked at first."""
    order: list[str] | None = None
    """The keys of all points, where the form's own order no longer holds."""
    status: HTTPStatus = HTTPStatus.OK
    template: str = "action/action.html"


def letters_counted(stored: StoredCampaign) -> int:
    """Return the number that the page shows: letters confirmed and not withdrawn or failed."""
    with services().database.read() as connection:
        states = ledger.shown(connection, stored.id).states
    return sum(n for state, n in states.items() if state not in UNCOUNTED)


def active_targets(stored: StoredCampaign) -> list[StoredTarget]:
    """Return the targets that letters can be written to."""
    return [target for target in stored.targets if not target.withdrawn]


def shown_target(stored: StoredCampaign, form: ActionForm) -> StoredTarget:
    """Return the target that the sheet is addressed to: the first chosen, or the first of all."""
    chosen = set(form.target.data or [])
    active = active_targets(stored)
    return next((t for t in active if str(t.id) in chosen), active[0])


def render(stored: StoredCampaign, form: ActionForm, view: View) -> Response:
    """Return the page with the form as it is, and what `view` adds to it."""
    campaign = stored.campaign
    shown = shown_target(stored, form)
    values = compose.merge_values(
        shown.target,
        name=form.name.data or _("Your name"),
        postcode=form.postcode.data or "",
    )
    # What the script composes from these must be what the server composes: no placeholder here.
    body_values = {**values, "name": typed(form.name)}
    share = 0.0 if request.method == "GET" else personal_share(stored, form)
    return make_response(
        render_template(
            view.template,
            campaign=campaign,
            through_us=campaign.replies is Replies.THROUGH_US
            and bool(services().settings.reply_domain),
            summary_html=summary(campaign.summary, new_tab=bool(g.get("embedded"))),
            letters_count=letters_counted(stored),
            page_url=f"{services().settings.public_url}/c/{campaign.slug}",
            image_url=services().settings.public_url + url_for("static", filename="preview.png"),
            description=description(campaign.summary),
            targets=[_shown(stored, form, target) for target in active_targets(stored)],
            salutation=merge(campaign.letter.salutation, values),
            opening=merge(campaign.letter.opening, body_values),
            closing=merge(campaign.letter.closing, values),
            today=format_date(services().now(), "long"),
            form=form,
            points=_points(stored, form, view.order or point_order(stored, form), body_values),
            measure=measure(share),
            own_sentences=sentences(),
            own_thresholds=THRESHOLDS,
            errors=view.errors,
            notice=view.notice,
            preview=view.preview,
            proof=proof.challenge(
                services().settings.secret_keys, typed(form.token), services().now()
            )
            if proof.is_asked(campaign)
            else None,
            focus=view.focus,
            action_url=url_for("action.hand_in", slug=campaign.slug),
        ),
        view.status,
    )


def point_order(stored: StoredCampaign, form: ActionForm) -> list[str]:
    """Return the keys of all points in the writer's order."""
    known = [point.key for point in stored.campaign.letter.points]
    return full_order(known, request.form.get("order", "").split(), form.points.data or [])


def personal_share(stored: StoredCampaign, form: ActionForm) -> float:
    """Return how much of what was typed is the writer's own, from 0 to 1.

    What is longer than a letter can be is measured from its beginning only.
    """
    values = compose.merge_values(shown_target(stored, form).target, name=typed(form.name))
    everything = [point.key for point in stored.campaign.letter.points]
    return compose.personal_share(
        f"{typed(form.reason)[:_MOST_MEASURED]}\n\n{typed(form.body)[:_MOST_MEASURED]}",
        compose.body(stored.campaign, values, everything),
    )


def _points(
    stored: StoredCampaign, form: ActionForm, order: list[str], values: dict[str, str]
) -> list[ShownPoint]:
    kept = set(form.points.data or [])
    known = {point.key: point for point in stored.campaign.letter.points}
    return [
        ShownPoint(key, merge(known[key].lead, values), merge(known[key].text, values), key in kept)
        for key in order
    ]


def _shown(stored: StoredCampaign, form: ActionForm, target: StoredTarget) -> ShownTarget:
    values = compose.merge_values(target.target, name=NAME_MARK, postcode=POSTCODE_MARK)
    everyone = stored.campaign.routing is not Routing.CHOICE
    return ShownTarget(
        str(target.id),
        target.target.name,
        target.target.role,
        target.target.address,
        merge(stored.campaign.letter.salutation, values),
        merge(stored.campaign.letter.closing, values),
        everyone or str(target.id) in (form.target.data or []),
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
