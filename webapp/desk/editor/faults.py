"""Put what the campaign's rules find beside the fields of the editor, each as one sentence."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from letters.files.checks import Fault
from letters.files.toml_lines import Path
from webapp.site.language import gettext as _

_FIELDS: Final = MappingProxyType(
    {
        ("letter", "subject"): "subjects",
        ("pacing", "per_target_per_hour"): "per_hour",
        ("pacing", "window"): "opens",
    }
)


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong, and the field that it stands beside."""

    field: str
    sentence: str


def labels() -> dict[str, str]:
    """Return the label of each field, by its name."""
    return {
        "title": _("Title"),
        "slug": _("Address of the page"),
        "summary": _("What it is about"),
        "language": _("Language of the page and the letter"),
        "goal": _("Goal"),
        "ends": _("Last day"),
        "timezone": _("Time zone"),
        "subjects": _("Subject"),
        "salutation": _("Salutation"),
        "opening": _("Opening"),
        "closing": _("Closing"),
        "prompts": _("Questions that help a writer"),
        "points-lead": _("Point in one sentence"),
        "points-text": _("What explains it"),
        "points-key": _("Short name of the point"),
        "targets-name": _("Name"),
        "targets-email": _("E-mail address"),
        "targets-salutation": _("How to greet them"),
        "targets-role": _("Role"),
        "targets-address": _("Postal address"),
        "targets-timezone": _("Their time zone"),
        "targets-areas": _("Their postcodes"),
        "targets-valid_until": _("In office until"),
        "spreadsheet": _("Spreadsheet"),
        "per_hour": _("Letters an hour to one office"),
        "opens": _("Letters leave from"),
        "closes": _("until"),
        "days": _("Days on which letters leave"),
        "routing": _("Whom one letter goes to"),
        "identical": _("Letters left as they were"),
        "replies": _("Answers go"),
        "confirm": _("Before a letter leaves"),
        "resend_unknown": _("A letter whose fate is unknown"),
        "asks_postcode": _("Ask for the postcode"),
        "opt_in": _("Wording of the box"),
        "embed_origins": _("Sites that may show the form"),
    }


def wrongs(faults: Iterable[Fault], listed: int) -> list[Wrong]:
    """Return every fault beside its field. The first `listed` targets are rows of a list."""
    words = labels()
    return [_wrong(fault, listed, words) for fault in faults]


def _wrong(fault: Fault, listed: int, words: dict[str, str]) -> Wrong:
    field = _field(fault.path, listed)
    special = {
        ("targets",): _("Add at least one person to write to."),
        ("routing",): _("To write by postcode, give at least one target the postcodes served."),
        ("pacing", "days"): _("Choose at least one day."),
    }.get(tuple(map(str, fault.path)))
    if special is not None:
        return Wrong(field, special)
    if fault.path[0] == "targets" and field == "spreadsheet":
        row = int(fault.path[1]) + 2  # below the column names
        return Wrong(field, f"{_('Row %(row)d', row=row)}: {fault.path[2]} {fault.message}.")
    group = "-".join(part for part in field.split("-") if not part.isdigit())
    return Wrong(field, f"{words.get(group, group)} {fault.message}.")


def _field(path: Path, listed: int) -> str:
    match path:
        case ("targets", int(place), str(key), *_rest):
            return "spreadsheet" if place < listed else f"targets-{place - listed}-{key}"
        case ("targets", *_rest):
            return "targets-0-name"
        case ("letter", "points", int(place), str(key), *_rest):
            # The short name is made of the sentence.
            return f"points-{place}-{'lead' if key == 'key' else key}"
        case ("letter" | "pacing" as table, str(key), *_rest):
            return _FIELDS.get((table, key), key)
        case _:
            return str(path[0])
