"""List the campaigns that are open to whoever is at the desk, and what they have begun."""

from flask import render_template

from letters import ledger, unfinished
from letters.storage import campaigns
from webapp.desk.door import door, signed_in
from webapp.desk.shown import shown_books, status_word
from webapp.parts import parts
from webapp.words import ago


@door.get("")
def list_campaigns() -> str:
    """List every open campaign with its books in a sentence."""
    me, now = signed_in(), parts().now()
    with parts().database.read() as connection:
        rows = [
            (stored, ledger.shown(connection, stored.id))
            for stored in campaigns.find_all(connection, me.only_given)
        ]
        begun = unfinished.of_organiser(connection, me.id)
    return render_template(
        "desk_list.html",
        campaigns=[
            {
                "slug": stored.campaign.slug,
                "title": stored.campaign.title,
                "status": status_word(stored.campaign.status),
                "submitted": books.submitted,
                "books": shown_books(books),
            }
            for stored, books in rows
        ],
        unfinished=[
            {"id": one.id, "title": one.title, "kept": ago(one.kept_at, now)} for one in begun
        ],
    )
