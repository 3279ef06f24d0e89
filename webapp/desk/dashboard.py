"""Show the books: every campaign in a sentence, and one campaign's desk."""

import json
from collections import Counter

from flask import Response, g, render_template, url_for
from flask_wtf.csrf import generate_csrf

from letters import attention, export, ledger
from letters.organisers import Organiser
from letters.states import State
from letters.storage import campaigns
from webapp.desk.door import door
from webapp.desk.held import held_targets
from webapp.desk.shown import alarm_sentence, shown_books, status_word, target_row
from webapp.parts import parts
from webapp.words import ago


@door.get("")
def list_campaigns() -> str:
    """List every campaign with its books in a sentence."""
    signed_in: Organiser = g.organiser
    with parts().database.read() as connection:
        rows = [
            (stored, ledger.shown(connection, stored.id))
            for stored in campaigns.find_all(connection)
        ]
    return render_template(
        "desk_list.html",
        campaigns=[
            {
                "slug": stored.campaign.slug,
                "title": stored.campaign.title,
                "status": status_word(stored.campaign.status),
                "submitted": books.submitted,
                "sentence": shown_books(books).sentence,
            }
            for stored, books in rows
        ],
        email=signed_in.email,
        sign_out_url=url_for("desk.sign_out"),
        csrf_token=generate_csrf,
    )


@door.get("/<slug>")
def show(slug: str) -> str:
    """Show one campaign: its books, what needs a person, its targets."""
    now = parts().now()
    with parts().database.read() as connection:
        stored = campaigns.find(connection, slug)
        books = ledger.shown(connection, stored.id)
        by_target = ledger.by_target(connection, stored.id)
        unknowns = attention.unknown_letters(
            connection, stored.id, now, parts().settings.unknown_grace_seconds
        )
        failures = attention.failed_letters(connection, stored.id)
        alarms = attention.alarms(connection, stored, now)
        held = held_targets(connection, stored, by_target, now)
    return render_template(
        "desk_campaign.html",
        campaign=stored.campaign,
        books=shown_books(books),
        alarms=[(alarm_sentence(alarm), None, "") for alarm in alarms],
        targets=[target_row(stored, t, by_target.get(t.id, Counter())) for t in stored.targets],
        unknowns=[
            (found.letter_id, found.target_name, ago(found.since, now), found.since.isoformat())
            for found in unknowns
        ],
        failures=[
            (found.letter_id, found.target_name, found.detail or "", ago(found.since, now))
            for found in failures
        ],
        held=held,
        decide_url=url_for("desk.decide", slug=slug),
        status=str(stored.campaign.status),
        status_word=status_word(stored.campaign.status),
        status_url=url_for("desk.set_status", slug=slug),
        settle_url=url_for("desk.settle", slug=slug),
        csrf_token=generate_csrf,
        email=g.organiser.email,
        sign_out_url=url_for("desk.sign_out"),
    )


@door.get("/<slug>/ledger.json")
def ledger_json(slug: str) -> Response:
    """Return the campaign's part of `postbag ledger --json`, with its targets."""
    with parts().database.read() as connection:
        stored = campaigns.find(connection, slug)
        books = ledger.shown(connection, stored.id)
        by_target = ledger.by_target(connection, stored.id)
    answer = books.as_json()
    answer["targets"] = {
        t.target.email: {
            str(state): by_target.get(t.id, Counter()).get(state, 0) for state in State
        }
        for t in stored.targets
    }
    return Response(json.dumps(answer), mimetype="application/json")


@door.get("/<slug>/letters.csv")
def letters_csv(slug: str) -> Response:
    """Stream every letter as CSV that no spreadsheet can mistake for a formula."""
    with parts().database.read() as connection:
        stored = campaigns.find(connection, slug)
    response = Response(export.rows(parts().database, stored), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-letters.csv"'
    return response
