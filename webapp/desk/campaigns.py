"""List the campaigns that are open to whoever is at the desk: first those that need a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import render_template
from flask_babel import format_decimal
from markupsafe import Markup

from letters.books import ledger
from letters.books.ledger import Books
from letters.campaign import Status
from letters.campaigns import store
from letters.campaigns.stored import StoredCampaign
from letters.desk import drafts, needs, trouble
from letters.desk.needs import Needs
from letters.states import NOT_LEFT, State
from webapp.desk.entry.door import blueprint, signed_in
from webapp.desk.wording.words import alarm_sentence, shown_books, standing
from webapp.site.language import gettext as _
from webapp.site.language import ngettext
from webapp.site.services import services
from webapp.site.words import ago

_NOT_ARRIVED = frozenset({State.BOUNCED, State.DROPPED, State.FAILED})
_LIVE = frozenset({Status.LIVE, Status.PAUSED})


@dataclass(frozen=True, slots=True)
class Card:
    """One campaign of the list."""

    slug: str
    title: str
    language: str
    mark: tuple[str, str]
    """A shape and a word."""
    standing: str
    needs: list[str]
    figures: list[tuple[str, str]]
    bar: Markup


@blueprint.get("")
def list_campaigns() -> str:
    """List every open campaign: those that need somebody first, then live, drafts and closed."""
    me, now = signed_in(), services().now()
    with services().database.read() as connection:
        campaigns = store.find_all(connection, me.only_given)
        books = {stored.id: ledger.shown(connection, stored.id) for stored in campaigns}
        grace_seconds = services().settings.unknown_grace_seconds
        needed = needs.of_campaigns(connection, campaigns, now, grace_seconds)
        begun = drafts.of_organiser(connection, me.id)
        alarms = trouble.alarms(connection, now)
    return render_template(
        "desk/campaigns.html",
        alarms=[alarm_sentence(alarm) for alarm in alarms],
        groups=_groups(campaigns, books, needed, now),
        unfinished=[
            {"id": one.id, "title": one.title, "kept": ago(one.kept_at, now)} for one in begun
        ],
    )


def _groups(
    campaigns: list[StoredCampaign],
    books: Mapping[int, Books],
    needed: Mapping[int, Needs],
    now: datetime,
) -> list[tuple[str, str, list[Card]]]:
    """Return the parts of the list that have something in them: a name, a heading, the cards."""
    in_order = sorted(campaigns, key=lambda stored: -needed[stored.id].total)
    parts: dict[str, list[StoredCampaign]] = {
        name: [] for name in ("needs", "live", "draft", "closed", "archived")
    }
    for stored in in_order:
        status = stored.campaign.status
        parts[
            "archived"
            if stored.is_archived(now)
            else "needs"
            if needed[stored.id].total
            else "live"
            if status in _LIVE and not stored.is_over(now)
            else "draft"
            if status is Status.DRAFT
            else "closed"
        ].append(stored)
    headings = {
        "needs": _("These need you"),
        "live": _("Live"),
        "draft": _("Drafts"),
        "closed": _("Over"),
        "archived": _("Archive"),
    }
    return [
        (
            name,
            headings[name],
            [_card(stored, books[stored.id], needed[stored.id], now) for stored in found],
        )
        for name, found in parts.items()
        if found
    ]


def _card(stored: StoredCampaign, books: Books, needed: Needs, now: datetime) -> Card:
    states = books.states
    delivered = states.get(State.DELIVERED, 0)
    waiting = sum(states.get(state, 0) for state in NOT_LEFT)
    bad = sum(states.get(state, 0) for state in _NOT_ARRIVED)
    figures = [
        (_("Letters"), format_decimal(books.submitted)),
        (_("Delivered"), format_decimal(delivered)),
        (_("Waiting"), format_decimal(waiting)),
        (_("Not delivered"), format_decimal(bad)),
    ]
    campaign = stored.campaign
    return Card(
        campaign.slug,
        campaign.title,
        str(campaign.language),
        status_mark(stored, now),
        standing(stored, now),
        _needs_in_words(needed),
        figures if books.submitted else [],
        shown_books(books).bar,
    )


def status_mark(stored: StoredCampaign, now: datetime) -> tuple[str, str]:
    """Return the shape and the word for what a campaign does now."""
    status = stored.campaign.status
    if status in _LIVE and stored.is_over(now):
        return "dash", _("Over")
    if status is Status.LIVE and stored.is_to_open(now):
        return "circle", _("Opens soon")
    return {
        Status.DRAFT: ("circle", _("Draft")),
        Status.LIVE: ("check", _("Live")),
        Status.PAUSED: ("square", _("Paused")),
        Status.CLOSED: ("dash", _("Closed")),
    }[status]


def _needs_in_words(needed: Needs) -> list[str]:
    told = (
        (needed.targets, ngettext("nothing goes to %(figure)s target",
                                  "nothing goes to %(figure)s targets",
                                  needed.targets, figure=format_decimal(needed.targets))),
        (needed.unknown, ngettext("%(figure)s letter of which nobody knows whether it left",
                                  "%(figure)s letters of which nobody knows whether they left",
                                  needed.unknown, figure=format_decimal(needed.unknown))),
        (needed.failed, ngettext("%(figure)s letter failed", "%(figure)s letters failed",
                                 needed.failed, figure=format_decimal(needed.failed))),
        (needed.answers, ngettext("%(figure)s answer to pass on", "%(figure)s answers to pass on",
                                  needed.answers, figure=format_decimal(needed.answers))),
    )  # fmt: skip
    return [words for number, words in told if number]
