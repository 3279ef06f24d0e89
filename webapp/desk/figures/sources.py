"""Show where a campaign's letters came from: by the code in the link, and by day."""

from collections.abc import Sequence
from typing import Final

from flask import Response, render_template
from flask_babel import format_date, format_decimal

from letters.campaigns import store
from letters.campaigns.stored import StoredCampaign
from letters.desk import export, sources
from letters.desk.sources import Numbers, Sources
from webapp.desk.entry.door import blueprint
from webapp.desk.figures.attached import attached
from webapp.site.language import gettext as _
from webapp.site.services import services

_MOST_SOURCES: Final = 50
_MOST_DAYS: Final = 200
"""Rows that the page shows. All are in the spreadsheet."""


@blueprint.get("/<slug>/sources")
def show_sources(slug: str) -> str:
    """Show how many letters each source brought, and on which days."""
    stored, found = _read(slug)
    by_source = list(found.by_source.items())
    rest = sum((numbers for _name, numbers in by_source[_MOST_SOURCES:]), Numbers())
    by_day = list(found.by_day.items())[::-1]
    return render_template(
        "desk/sources.html",
        campaign=stored.campaign,
        example=f"{services().settings.public_url}/c/{slug}?source=newsletter",
        rows=[(_named(source), _shown(n)) for source, n in by_source[:_MOST_SOURCES]],
        rest=_shown(rest) if rest else (),
        together=_shown(found.together),
        days=[
            (format_date(day, "medium"), _named(source), _shown(numbers))
            for (day, source), numbers in by_day[:_MOST_DAYS]
        ],
        has_more_days=len(by_day) > _MOST_DAYS,
    )


@blueprint.get("/<slug>/sources.csv")
def sources_csv(slug: str) -> Response:
    """Return the same figures as a spreadsheet: nothing of any person is in it."""
    _stored, found = _read(slug)
    return attached(export.source_rows(found), f"{slug}-sources.csv")


def _read(slug: str) -> tuple[StoredCampaign, Sources]:
    with services().database.read() as connection:
        stored = store.find(connection, slug)
        return stored, sources.read(connection, stored.id, stored.campaign.timezone)


def _named(source: str) -> str:
    return source or _("no code")


def _shown(numbers: Numbers) -> Sequence[str]:
    return [
        format_decimal(number)
        for number in (numbers.handed_in, numbers.confirmed, numbers.delivered)
    ]
