"""Set the action page: the letter as a letter, with what was typed and what was wrong."""

from dataclasses import dataclass, field
from functools import lru_cache
from http import HTTPStatus

import nh3
from flask import Response, make_response, render_template, url_for
from flask_babel import format_date
from markdown_it import MarkdownIt
from markupsafe import Markup

from letters import compose, ledger
from letters.campaign import Routing
from letters.merge import merge
from letters.states import UNCOUNTED
from letters.storage.campaigns import StoredCampaign, StoredTarget
from webapp import proof
from webapp.forms import ActionForm, typed
from webapp.language import gettext as _
from webapp.parts import parts


@dataclass(frozen=True, slots=True)
class ShownTarget:
    """A target as the page offers it."""

    key: str
    name: str
    role: str
    address: str
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
    embedded: bool = False
    status: HTTPStatus = HTTPStatus.OK


def letters_counted(stored: StoredCampaign) -> int:
    """Return the number that the page shows: letters confirmed and not withdrawn or failed."""
    with parts().database.read() as connection:
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
    kept = list(dict.fromkeys(form.points.data or []))
    chosen = set(form.target.data or [])
    points = [
        ShownPoint(
            point.key,
            merge(point.lead, body_values),
            merge(point.text, body_values),
            point.key in kept,
        )
        for point in campaign.letter.points
    ]
    everyone = campaign.routing is not Routing.CHOICE
    return make_response(
        render_template(
            "action.html",
            campaign=campaign,
            summary_html=summary(campaign.summary),
            letters_count=letters_counted(stored),
            targets=[
                ShownTarget(
                    str(target.id),
                    target.target.name,
                    target.target.role,
                    target.target.address,
                    everyone or str(target.id) in chosen,
                )
                for target in active_targets(stored)
            ],
            salutation=merge(campaign.letter.salutation, values),
            opening=merge(campaign.letter.opening, body_values),
            closing=merge(campaign.letter.closing, values),
            today=format_date(parts().now(), "long"),
            form=form,
            points=sorted(points, key=lambda p: kept.index(p.key) if p.kept else len(kept)),
            errors=view.errors,
            notice=view.notice,
            preview=view.preview,
            embedded=view.embedded,
            proof=proof.challenge(parts().settings.secret_keys, typed(form.token), parts().now())
            if proof.is_asked(campaign)
            else None,
            action_url=url_for("action.hand_in", slug=campaign.slug),
        ),
        view.status,
    )


@lru_cache(maxsize=256)
def summary(markdown: str) -> Markup:
    """Return a summary's Markdown as HTML that is safe to show."""
    html = MarkdownIt("commonmark", {"html": False}).render(markdown)
    allowed = {"p", "em", "strong", "a", "ul", "ol", "li", "blockquote", "br", "h2", "h3"}
    return Markup(nh3.clean(html, tags=allowed, url_schemes={"https", "http", "mailto"}))  # noqa: S704 - cleaned
