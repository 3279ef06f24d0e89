"""List the campaigns that are open to whoever is at the desk, and what they have begun."""

from flask import render_template

from letters.books import ledger
from letters.campaigns import store
from letters.desk import drafts, trouble
from webapp.desk.entry.door import blueprint, signed_in
from webapp.desk.words import alarm_sentence, shown_books, standing
from webapp.site.services import services
from webapp.site.words import ago


@blueprint.get("")
def list_campaigns() -> str:
    """List every open campaign with its books in a sentence."""
    me, now = signed_in(), services().now()
    with services().database.read() as connection:
        rows = [
            (stored, ledger.shown(connection, stored.id))
            for stored in store.find_all(connection, me.only_given)
        ]
        begun = drafts.of_organiser(connection, me.id)
        alarms = trouble.alarms(connection, now)
    return render_template(
        "desk/campaigns.html",
        alarms=[alarm_sentence(alarm) for alarm in alarms],
        campaigns=[
            {
                "slug": stored.campaign.slug,
                "title": stored.campaign.title,
                "status": standing(stored, now),
                "submitted": books.submitted,
                "books": shown_books(books),
            }
            for stored, books in rows
        ],
        unfinished=[
            {"id": one.id, "title": one.title, "kept": ago(one.kept_at, now)} for one in begun
        ],
    )
