"""Show who changed what, newest first."""

from flask import render_template

from letters import record
from letters.campaigns import store
from letters.record import Deed, Door, Entry
from webapp.desk.entry.door import blueprint, signed_in
from webapp.site.language import gettext as _
from webapp.site.services import services
from webapp.site.words import moment


@blueprint.get("/record")
def show_record() -> str:
    """Show what was done on every campaign that is open to this organiser."""
    with services().database.read() as connection:
        found = record.entries(connection, given_to=signed_in().only_given)
    return render_template("desk/record.html", campaign=None, entries=[_shown(e) for e in found])


@blueprint.get("/<slug>/record")
def show_campaign_record(slug: str) -> str:
    """Show what was done on one campaign."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
        found = record.entries(connection, campaign_id=stored.id)
    return render_template(
        "desk/record.html",
        campaign=stored.campaign,
        entries=[_shown(e, stored.campaign.timezone) for e in found],
    )


def _shown(entry: Entry, timezone: str = "UTC") -> dict[str, str | None]:
    return {
        "at": moment(entry.at, timezone),
        "by": entry.by or door_word(entry.door),
        "slug": entry.slug,
        "deed": deed_word(entry.deed),
        "detail": entry.detail,
    }


def door_word(door: Door) -> str:
    """Return who did something, where no name is kept."""
    return {
        Door.DESK: _("an organiser"),
        Door.COMMAND_LINE: _("the command line"),
        Door.OFFICE: _("an office"),
        Door.WRITER: _("a writer"),
        Door.STRANGER: _("a stranger"),
    }[door]


def deed_word(deed: Deed) -> str:
    """Return what was done, as the log tells it."""
    return {
        Deed.CREATED: _("made the campaign"),
        Deed.CHANGED: _("changed the campaign"),
        Deed.ORGANISATION: _("changed an organisation"),
        Deed.STATUS: _("changed the status"),
        Deed.ARCHIVED: _("put the campaign into the archive"),
        Deed.TAKEN_OUT: _("took the campaign out of the archive"),
        Deed.DELETED: _("deleted the draft"),
        Deed.OVERRULED: _("let it be open against the check"),
        Deed.PACED: _("changed the pace"),
        Deed.TESTED: _("had a test mailed"),
        Deed.DECIDED: _("decided about a letter"),
        Deed.LETTERS_SOUGHT: _("looked for letters by a name, an address or an id"),
        Deed.LETTER_SHOWN: _("looked at a letter"),
        Deed.PREVIEW_LINKED: _("made a link that shows the page before it is public, until"),
        Deed.WRITER_SHOWN: _("looked at what is kept of a writer"),
        Deed.WRITER_LINKED: _("mailed a writer their links"),
        Deed.WRITER_ERASED: _("erased a writer"),
        Deed.LIST: _("loaded a list of people"),
        Deed.AREAS: _("loaded a look-up table"),
        Deed.TARGET: _("changed a target's address"),
        Deed.HELD: _("held a target's letters"),
        Deed.RELEASED: _("let letters go to a target again"),
        Deed.SUCCEEDED: _("named a successor"),
        Deed.SUCCESSOR_UNDONE: _("took a successor back"),
        Deed.GIVEN: _("gave the campaign to somebody"),
        Deed.TAKEN: _("took the campaign back"),
        Deed.INVITED: _("invited"),
        Deed.REMOVED: _("removed"),
        Deed.SIGNED_IN: _("signed in"),
        Deed.SIGNED_OUT: _("signed out"),
        Deed.SESSION_ENDED: _("ended a session"),
        Deed.RESTORED: _("said that the database was put back from a backup"),
        Deed.PASSKEY_ADDED: _("added a passkey"),
        Deed.PASSKEY_REMOVED: _("removed a passkey"),
        Deed.EXPORTED: _("took a table of people out"),
        Deed.SUGGESTED: _("asked for another address"),
        Deed.WISHED: _("said how letters are to come"),
        Deed.OFFERED: _("wrote an answer to everybody"),
        Deed.PASSED_ON: _("passed an office's answer on to everybody"),
        Deed.LET_BE: _("did not pass an office's answer on"),
        Deed.ANSWER: _("said who wrote an answer"),
        Deed.UPDATE_SENT: _("sent an update"),
        Deed.UPDATE_PAUSED: _("paused an update"),
        Deed.UPDATE_RESUMED: _("let an update go on"),
        Deed.UPDATE_CLOSED: _("left out of an update whoever joins later"),
        Deed.UPDATE_TESTED: _("had an update mailed as a test"),
        Deed.UPDATES_STOPPED: _("wants no more updates"),
        Deed.UPDATES_REPORTED: _("reported our mail as spam, and gets no more updates"),
        Deed.UPDATES_WANTED: _("wants updates again"),
        Deed.WEBHOOK_SET: _("set the webhook"),
        Deed.WEBHOOK_REMOVED: _("removed the webhook"),
        Deed.REFUSED: _("was refused"),
    }[deed]
