"""Put what the campaign's rules find beside the fields of the editor, each as one sentence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from textwrap import shorten
from types import MappingProxyType
from typing import Final

from letters.files.faults import Fault, Flaw, Path, RowReport, What
from letters.languages import Language
from webapp.desk.editor.flaws import sentence
from webapp.desk.editor.form import BLANK_ROWS
from webapp.site.language import current
from webapp.site.language import gettext as _

_FIELDS: Final = MappingProxyType(
    {
        ("", "opens"): "opens_at",
        ("letter", "subject"): "subjects",
        ("versions", "subject"): "subjects",
        ("pacing", "per_target_per_hour"): "per_hour",
        ("pacing", "window"): "opens",
    }
)


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong, and the field that it stands beside."""

    field: str
    sentence: str


def labels() -> Mapping[str, str]:
    """Return the label of each field, by its name."""
    return _labels(current())


@lru_cache(maxsize=len(Language))
def _labels(_language: Language) -> dict[str, str]:
    return {
        "title": _("Title"),
        "slug": _("Address of the page"),
        "organisation": _("Whose campaign it is"),
        "summary": _("What it is about"),
        "language": _("Language of the page and the letter"),
        "goal": _("Goal"),
        "outcome": _("What came of it"),
        "opens_at": _("Opens"),
        "ends": _("Last day"),
        "matters_by": _("Letters count until"),
        "timezone": _("Time zone"),
        "subjects": _("Subject"),
        "salutation": _("Salutation"),
        "opening": _("Opening"),
        "closing": _("Closing"),
        "prompts": _("Questions that help a writer"),
        "points-lead": _("Point in one sentence"),
        "points-text": _("What explains it"),
        "points-key": _("Short name of the point"),
        "versions-key": _("Short name of the version"),
        "versions-when": _("For whom it is"),
        "versions-subjects": _("Subject"),
        "versions-salutation": _("Salutation"),
        "versions-opening": _("Opening"),
        "versions-closing": _("Closing"),
        "versions-offers": _("Points that it offers"),
        "follows-list": _("List"),
        "follows-only": _("Only those with"),
        "targets-name": _("Name"),
        "targets-email": _("E-mail address"),
        "targets-salutation": _("How to greet them"),
        "targets-role": _("Role"),
        "targets-address": _("Postal address"),
        "targets-timezone": _("Their time zone"),
        "targets-areas": _("Their postcodes"),
        "targets-valid_until": _("In office until"),
        "targets-attributes": _("What else is known"),
        "spreadsheet": _("Spreadsheet"),
        "per_hour": _("Letters an hour to one office"),
        "opens": _("Letters leave from"),
        "closes": _("until"),
        "days": _("Days on which letters leave"),
        "routing": _("Whom one letter goes to"),
        "most_chosen": _("How many one writer may choose"),
        "areas_from": _("Look-up table for postcodes"),
        "identical": _("Letters left as they were"),
        "replies": _("Answers go"),
        "office_page": _("Give each office a page of its own, by a link below each letter"),
        "confirm": _("Before a letter leaves"),
        "proof_of_work": _("Let the writer's browser do some work first, which keeps bots out"),
        "resend_unknown": _("A letter whose fate is unknown"),
        "hold_after_soft_failures": _("Letters in a row that come back before an office is held"),
        "asks_postcode": _("Ask for the postcode"),
        "asks_address": _("The writer's postal address"),
        "opt_in": _("Wording of the box"),
        "embed_origins": _("Sites that may show the form"),
    }


def wrongs(faults: Iterable[Fault], listed: int) -> list[Wrong]:
    """Return every fault beside its field. The first `listed` targets are rows of a list."""
    given, words = list(faults), labels()
    if any(fault.path == ("title",) for fault in given):
        # The address is made of the title, so it lacks for the title's reason.
        given = [fault for fault in given if fault.path != ("slug",) or not _is_empty(fault.flaw)]
    return [_wrong(fault, listed, words) for fault in given]


@dataclass(frozen=True, slots=True)
class ShownCell:
    """One thing that is wrong in a row of a spreadsheet, as the page shows it."""

    text: str
    """What stands in the cell."""
    sentence: str


def row_cells(report: RowReport) -> list[ShownCell]:
    """Return what is wrong with one row of a spreadsheet."""
    words = labels()
    return [
        ShownCell(
            shorten(fault.cell, 80, placeholder="…"),
            sentence(words.get(f"targets-{fault.column}", fault.column), fault.flaw),
        )
        for fault in report.faults
    ]


def _is_empty(flaw: Flaw) -> bool:
    return flaw.what in {What.EMPTY, What.MISSING}


def _wrong(fault: Fault, listed: int, words: Mapping[str, str]) -> Wrong:
    field = _field(fault.path, listed)
    if fault.path == ("slug",) and _is_empty(fault.flaw):
        no_address = _("No address can be made of this title: write one with letters a to z.")
        return Wrong(field, no_address)
    if fault.path == ("pacing", "days") and fault.flaw.what is What.EMPTY_LIST:
        return Wrong(field, _("Choose at least one day."))
    if fault.path[0] == "targets_from" and fault.flaw.what is What.NO_TARGETS:
        return Wrong(field, _("Nobody there fits: follow another list, or ask for less."))
    if fault.path[0] == "targets" and field == "spreadsheet":
        row = int(fault.path[1]) + 2  # below the column names
        label = words.get(f"targets-{fault.path[2]}", str(fault.path[2]))
        return Wrong(field, f"{_('Row %(row)d', row=row)}: {sentence(label, fault.flaw)}")
    group = "-".join(part for part in field.split("-") if not part.isdigit())
    return Wrong(field, sentence(words.get(group, group), fault.flaw))


def _field(path: Path, listed: int) -> str:
    match path:
        case ("targets", int(place), str(key), *_rest) if place < listed:
            field = "spreadsheet"
        case ("targets", int(place), str(key), *_rest):
            known = key if key in BLANK_ROWS["targets"] else "attributes"
            field = f"targets-{place - listed}-{known}"
        case ("targets", *_rest):
            field = "targets-0-name"
        case ("letter", "points", int(place), str(key), *_rest):
            # The short name is made of the sentence.
            field = f"points-{place}-{'lead' if key == 'key' else key}"
        case ("letter", "versions", int(place), str(key), *_rest):
            field = f"versions-{place}-{_FIELDS.get(('versions', key), key)}"
        case ("targets_from", int(place), str(key), *_rest):
            field = f"follows-{place}-{key}"
        case ("letter" | "pacing" as table, str(key), *_rest):
            field = _FIELDS.get((table, key), key)
        case _:
            field = _FIELDS.get(("", str(path[0])), str(path[0]))
    return field
