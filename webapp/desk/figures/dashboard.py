"""Show the books: one campaign's desk."""

import json
from collections import Counter
from dataclasses import replace
from typing import Final

from flask import Response, render_template, request, url_for
from flask_babel import get_locale
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from sqlalchemy import Connection

from letters.books import ledger
from letters.campaigns import store, versions
from letters.campaigns.stored import StoredCampaign
from letters.desk import export, figures
from letters.desk import trouble as attention
from letters.desk.export import Table
from letters.desk.version import Pulse
from letters.receipts import refusal
from letters.states import State
from webapp.desk.entry.door import acting, blueprint
from webapp.desk.figures.attached import attached
from webapp.desk.figures.cache import FRESH_SECONDS, glance
from webapp.desk.figures.pictures import pictures
from webapp.desk.offices.listed import troubled_first, with_letters
from webapp.desk.targets import held_targets
from webapp.desk.wording.words import (
    alarm_sentence,
    ending,
    shown_books,
    standing,
    target_row,
    trouble,
    version_row,
)
from webapp.site.guards.unhurried import unhurried
from webapp.site.services import services

_RETRY_MS: Final = 1_000
_MOST_TARGETS: Final = 10


@blueprint.get("/<slug>")
def show(slug: str) -> str:
    """Show one campaign: its books, what needs a person, its pictures and targets."""
    # Whoever has just decided something, perhaps in another process, is to see it done.
    read: list[StoredCampaign] = []
    found, figures_html = _figures(slug, most_seconds=0.0, read=read)
    if read:
        (stored,) = read
    else:
        with services().database.read() as connection:
            stored = store.find(connection, slug)
    return render_template(
        "desk/campaign.html",
        campaign=stored.campaign,
        has_letters=found.books.submitted > 0,
        is_over=stored.is_over(services().now()),
        is_archived=stored.is_archived(services().now()),
        figures=figures_html,
        version=found.version,
    )


@blueprint.get("/<slug>/figures")
def show_figures(slug: str) -> Response:
    """Return the part of a desk that changes, for a page that stands open."""
    found, figures_html = _figures(slug)
    response = Response(str(figures_html), mimetype="text/html")
    response.headers["X-Desk-Version"] = found.version
    return response


@blueprint.get("/<slug>/events")
def events(slug: str) -> Response:
    """Say at once whether something has changed, as a stream that ends and is opened again.

    A stream held open would hold a thread that supporters need: docs/decisions/0009.
    """
    found = glance().look(slug)
    seen = request.headers.get("Last-Event-ID") or request.args.get("seen", "")
    lines = [f"retry: {_RETRY_MS}", f"id: {found.version}"]
    if seen != found.version:
        lines.append(f"data: {json.dumps(found.books.as_json())}")
    return Response("\n".join(lines) + "\n\n", mimetype="text/event-stream")


def _figures(
    slug: str, *, most_seconds: float = FRESH_SECONDS, read: list[StoredCampaign] | None = None
) -> tuple[Pulse, Markup]:
    """Return a campaign's pulse and the part of its desk that changes, with this visitor's token.

    If it has to be drawn, the campaign goes into `read`, too. Raises UnknownCampaign.
    """
    kept = glance()

    def draw() -> str:
        with services().database.read() as connection:
            stored = store.find(connection, slug)
            if read is not None:
                read.append(stored)
            return _draw_figures(connection, stored, kept.place_of_token)

    found, drawn = kept.drawn(slug, str(get_locale()), draw, most_seconds=most_seconds)
    return found, Markup(drawn.replace(kept.place_of_token, generate_csrf()))  # noqa: S704 - a template drew it


def _draw_figures(connection: Connection, stored: StoredCampaign, place_of_token: str) -> str:
    now, slug = services().now(), stored.campaign.slug
    books = ledger.shown(connection, stored.id)
    by_target = ledger.by_target(connection, stored.id)
    grace_seconds = services().settings.unknown_grace_seconds
    undecided = attention.undecided(connection, stored.id, now, grace_seconds)
    overdue = attention.overdue(connection, stored.id, now, grace_seconds)
    lost_mail = attention.lost_mail(connection, stored.id)
    not_me = refusal.number(connection, stored.id)
    turned_back = attention.turned_back(connection, stored.id)
    alarms = attention.alarms(connection, now)
    held, more_held = held_targets(connection, stored, by_target, now)
    counted = figures.read(connection, stored.id)
    of_versions = versions.by_version(connection, stored, by_target)
    listed = with_letters(stored.targets, by_target)
    is_long = len(listed) > 2 * _MOST_TARGETS
    if is_long:
        listed = sorted(listed, key=troubled_first)[:_MOST_TARGETS]
    return render_template(
        "desk/figures.html",
        slug=slug,
        books=shown_books(books),
        ending=ending(stored, by_target, now),
        alarms=[alarm_sentence(alarm) for alarm in alarms],
        undecided=[trouble(found, now) for found in undecided],
        overdue=overdue,
        failed=books.states.get(State.FAILED, 0),
        turned_back=[trouble(found, now) for found in turned_back],
        lost_mail=lost_mail,
        not_me=not_me,
        not_arrived=books.states.get(State.BOUNCED, 0) + books.states.get(State.DROPPED, 0),
        pictures=pictures(counted, stored.campaign.timezone),
        targets=[target_row(stored, target, states, now) for target, states in listed],
        more_targets=len(stored.targets) - len(listed),
        versions=[version_row(of) for of in of_versions],
        held=held,
        more_held=more_held,
        decide_url=url_for("desk.decide", slug=slug),
        status=str(stored.campaign.status),
        status_word=standing(stored, now),
        status_url=url_for("desk.set_status", slug=slug),
        settle_url=url_for("desk.settle", slug=slug),
        csrf_token=lambda: place_of_token,
    )


@blueprint.get("/<slug>/ledger.json")
def ledger_json(slug: str) -> Response:
    """Return the campaign's part of `postbag ledger --json`, with its targets."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
        shown = ledger.shown(connection, stored.id)
        books = replace(shown, notices=ledger.notices(connection, stored.id))
        by_target = ledger.by_target(connection, stored.id)
    answer = books.as_json()
    by_email: dict[str, Counter[State]] = {}
    for t, states in with_letters(stored.targets, by_target):  # two may share a mailbox
        at_it = by_email.get(t.target.email)
        by_email[t.target.email] = states if at_it is None else at_it + states
    none = {str(state): 0 for state in State}
    answer["targets"] = {
        email: none | {str(state): number for state, number in states.items()}
        for email, states in by_email.items()
    }
    return Response(json.dumps(answer), mimetype="application/json")


@blueprint.get("/<slug>/letters.csv")
def letters_csv(slug: str) -> Response:
    """Stream every letter as CSV that no spreadsheet can mistake for a formula."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
    _note(stored, Table.LETTERS)
    return unhurried(attached(export.rows(services().database, stored), f"{slug}-letters.csv"))


@blueprint.get("/<slug>/consents.csv")
def consents_csv(slug: str) -> Response:
    """Stream whoever wants to hear more, with the words that they agreed to."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
    _note(stored, Table.CONSENTS)
    return unhurried(attached(export.consents(services().database, stored), f"{slug}-consents.csv"))


def _note(stored: StoredCampaign, table: Table) -> None:
    # The one thing that a GET writes: what leaves the desk with people's names is on the record.
    if request.method == "GET":
        export.note(services().database, stored, table, services().now(), acting())
