"""Show who changed what, newest first, and find a line again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from flask import render_template, request, url_for

from letters import record
from letters.campaign import Campaign, day_end
from letters.campaigns import store
from letters.files.faults import Fault, Flaw, What
from letters.record import MOST_SHOWN, Deed, Door, Entry, Sought
from webapp.desk.editor import reading
from webapp.desk.editor.flaws import sentence
from webapp.desk.entry.door import blueprint, signed_in
from webapp.site.language import gettext as _
from webapp.site.services import services
from webapp.site.words import moment

_LONGEST: Final = 254
_YEARS: Final = range(1970, 3000)
_MOST_DIGITS: Final = 18


@dataclass(frozen=True, slots=True)
class _Asked:
    """What somebody looks for, as typed and as read."""

    deed: str
    by: str
    day: str
    wrong: str
    """Why the day cannot be read; empty: it can, or there is none."""
    sought: Sought

    def url(self, slug: str | None, older_than: int | None = None) -> str:
        """Return the address of the page that shows this, from its beginning or further back."""
        endpoint = "desk.show_record" if slug is None else "desk.show_campaign_record"
        return url_for(
            endpoint,
            slug=slug,
            # None is left out of the address.
            deed=self.deed or None,
            by=self.by or None,
            day=self.day or None,
            before=older_than,
        )


@blueprint.get("/record")
def show_record() -> str:
    """Show what was done on every campaign that is open to this organiser."""
    asked = _asked(request.args, "UTC")
    with services().database.read() as connection:
        given_to = signed_in().only_given
        found = record.entries(
            connection, given_to=given_to, sought=asked.sought, most=MOST_SHOWN + 1
        )
    return _page(None, asked, found)


@blueprint.get("/<slug>/record")
def show_campaign_record(slug: str) -> str:
    """Show what was done on one campaign."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
        asked = _asked(request.args, stored.campaign.timezone)
        found = record.entries(
            connection, campaign_id=stored.id, sought=asked.sought, most=MOST_SHOWN + 1
        )
    return _page(stored.campaign, asked, found)


def _asked(given: Mapping[str, str], timezone: str) -> _Asked:
    word, before = given.get("deed", ""), given.get("before", "")
    deed = Deed(word) if word in list(Deed) else None
    by = "".join(sign for sign in given.get("by", "").strip()[:_LONGEST] if sign.isprintable())
    typed = given.get("day", "").strip()[:_LONGEST]
    faults: list[Fault] = []
    day = reading.day(typed, ("day",), faults)
    if day is not None and day.year not in _YEARS:
        flaw = Flaw(What.NO_YEAR_OF_OURS, least=_YEARS[0], most=_YEARS[-1])
        faults.append(Fault(("day",), flaw))
        day = None
    is_number = before.isascii() and before.isdigit() and len(before) <= _MOST_DIGITS
    return _Asked(
        str(deed or ""),
        by,
        typed,
        " ".join(sentence(_("Day"), fault.flaw) for fault in faults),
        Sought(
            deed,
            by,
            None if day is None else day_end(day - timedelta(days=1), timezone),
            None if day is None else day_end(day, timezone),
            int(before) if is_number else None,
        ),
    )


def _page(campaign: Campaign | None, asked: _Asked, found: list[Entry]) -> str:
    slug, zone = (None, "UTC") if campaign is None else (campaign.slug, campaign.timezone)
    entries, has_more = found[:MOST_SHOWN], len(found) > MOST_SHOWN
    is_narrowed = bool(asked.deed or asked.by or asked.day)
    words = deed_words()
    return render_template(
        "desk/record.html",
        campaign=campaign,
        entries=[_shown(entry, words, zone) for entry in entries],
        asked=asked,
        deeds=sorted(((str(deed), word) for deed, word in words.items()), key=lambda each: each[1]),
        everything=asked.url(slug).partition("?")[0] if is_narrowed else "",
        newest=asked.url(slug) if asked.sought.older_than is not None else "",
        older=asked.url(slug, entries[-1].number) if has_more else "",
        most=MOST_SHOWN,
    )


def _shown(entry: Entry, words: dict[Deed, str], timezone: str) -> dict[str, str | None]:
    return {
        "at": moment(entry.at, timezone),
        "by": entry.by or door_word(entry.door),
        "slug": entry.slug,
        "deed": words[entry.deed],
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


def deed_words() -> dict[Deed, str]:
    """Return what can have been done, as the log tells it."""
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
    }
