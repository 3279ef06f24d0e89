"""Find whom a postcode belongs to, before anybody has written a word."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from letters.campaigns import areas
from letters.campaigns.stored import StoredCampaign
from letters.intake.posted import Field, Posted
from letters.intake.routing import Whom
from letters.intake.written import Written, recomposed, turned_to_shown, written_of
from letters.text import compose
from letters.text.merge import merge
from webapp.site.services import services


def areas_of(stored: StoredCampaign, postcode: str, now: datetime) -> tuple[str, ...]:
    """Return the areas that the campaign's look-up table knows for a postcode today."""
    table = stored.campaign.areas_from
    if not table or not postcode:
        return ()
    today = now.astimezone(ZoneInfo(stored.campaign.timezone)).date()
    with services().database.read() as connection:
        try:
            return areas.find(connection, table, postcode, today).areas
        except areas.UnknownTable:
            return ()


def found(stored: StoredCampaign, posted: Posted, to: Whom, *, has_letter: bool) -> Written:
    """Return the form for those who serve the postcode, with what is wrong with that alone.

    Without a letter among what was posted it is the one that they are offered.
    """
    if has_letter:
        written = turned_to_shown(written_of(stored, posted, to), to.offered[0])
    else:
        everything = tuple(point.key for point in stored.campaign.letter.points)
        blank = written_of(stored, replace(posted, points=everything), to)
        subject = blank.as_shown.letter.subjects[0]
        filled = replace(
            blank.posted,
            subject=merge(subject, compose.merge_values(blank.shown.target)),
            body=recomposed(blank),
        )
        written = replace(blank, posted=filled)
    # Whom of several the writer chooses is asked next; it is no fault yet.
    faults = (fault for fault in written.faults if fault.field is Field.POSTCODE)
    return replace(written, faults=tuple(faults))
