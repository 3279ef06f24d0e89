"""Take what was typed in the editor to the values of a campaign file.

What a value has to be like is not said here: :mod:`letters.files.campaign_file` says it, for files
too.
"""

import json
import re
import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from letters.campaign import AsksAddress, Campaign, Replies, Routing, Target
from letters.files.campaign_file import write_campaign
from letters.files.faults import Fault, Flaw, What
from letters.files.rules import RESERVED_SLUGS
from letters.text.compose import line_feeds
from letters.text.postcodes import read_areas
from webapp.desk.editor.form import EditorForm, PaceForm, Row, rows
from webapp.site.fields import typed

_NO_FIELDS: Final = frozenset(
    {
        "organisation",
        "targets_from",
        "versions",
    }
)
"""Keys of a file that the form has no field for."""
_ADDRESS: Final[Mapping[str, bool | str]] = MappingProxyType(
    {AsksAddress.NEEDED: True, AsksAddress.OPTIONAL: "optional"}
)
_SLUG_MAX: Final = 48
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT: Final = re.compile(
    rf"{_DAY.pattern}[T ][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}(\.[0-9]{{1,6}})?)?"
)


def suggested_slug(title: str) -> str:
    """Return an address for a campaign with this title; empty if none can be made of it."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain.replace("'", ""))
    while len("-".join(words)) > _SLUG_MAX and len(words) > 1:
        words.pop()
    slug = "-".join(words)[:_SLUG_MAX]
    return f"{slug}-campaign" if slug in RESERVED_SLUGS else slug


def pacing_values(form: PaceForm, faults: list[Fault]) -> dict[str, object]:
    """Return a file's values for [pacing], noting what cannot be read."""
    values: dict[str, object] = {"days": list(form.days.data or [])}
    per_hour = _whole(typed(form.per_hour), ("pacing", "per_target_per_hour"), faults)
    if per_hour is not None:
        values["per_target_per_hour"] = per_hour
    opens, closes = typed(form.opens), typed(form.closes)
    if bool(opens) != bool(closes):
        faults.append(Fault(("pacing", "window"), Flaw(What.HALF_A_WINDOW)))
    elif opens:
        values["window"] = f"{opens[:5]}-{closes[:5]}"
    return values


def values(
    form: EditorForm, slug: str, listed: Iterable[Target], kept: Campaign | None = None
) -> tuple[dict[str, object], list[Fault]]:
    """Return a file's values for all that was typed, and what could not be read.

    `listed` are targets from a spreadsheet; those that were typed follow them. What the form has no
    field for stays as it is `kept`.
    """
    faults: list[Fault] = []
    pacing = pacing_values(form, faults)
    pacing["resend_unknown"] = typed(form.resend_unknown)
    soft = ("pacing", "hold_after_soft_failures")
    hold_after = _whole(typed(form.hold_after_soft_failures), soft, faults)
    if hold_after is not None:
        pacing["hold_after_soft_failures"] = hold_after
    targets = [_listed_values(target) for target in listed]
    targets += [
        _target_values(row, typed(form.timezone), ("targets", place), faults)
        for place, row in enumerate(rows(form.targets), len(targets))
    ]
    subjects = _lines(typed(form.subjects))
    found: dict[str, object] = {
        "slug": slug,
        "title": typed(form.title),
        "summary": line_feeds(typed(form.summary)),
        "outcome": line_feeds(typed(form.outcome)),
        "language": typed(form.language),
        "timezone": typed(form.timezone) or "UTC",
        # Who is written to by postcode has to be asked for it.
        "asks_postcode": bool(form.asks_postcode.data) or form.routing.data == Routing.AREA,
        "office_page": bool(form.office_page.data),
        "asks_address": _ADDRESS.get(typed(form.asks_address), False),
        "confirm": typed(form.confirm),
        "proof_of_work": bool(form.proof_of_work.data),
        "routing": typed(form.routing),
        "identical": typed(form.identical),
        "replies": typed(form.replies) or str(Replies.DIRECT),
        "embed_origins": _lines(typed(form.embed_origins)),
        "opt_in": typed(form.opt_in),
        "pacing": pacing,
        "letter": {
            **({"subjects": subjects} if len(subjects) > 1 else {"subject": "".join(subjects)}),
            "salutation": typed(form.salutation),
            "opening": _paragraphs(typed(form.opening)),
            "closing": _paragraphs(typed(form.closing)),
            "prompts": _lines(typed(form.prompts)),
            "points": list(_point_values(rows(form.points))),
        },
        "targets": targets,
    }
    if typed(form.organisation):
        found["organisation"] = typed(form.organisation)
    goal = _whole(typed(form.goal), ("goal",), faults)
    ends = _day(typed(form.ends), ("ends",), faults)
    opens = _moment(typed(form.opens_at), ("opens",), faults)
    matters_by = _moment(typed(form.matters_by), ("matters_by",), faults)
    most_chosen = _whole(typed(form.most_chosen), ("most_chosen",), faults)
    given = (
        *(("goal", goal), ("opens", opens), ("ends", ends)),
        *(("matters_by", matters_by), ("most_chosen", most_chosen)),
        ("areas_from", typed(form.areas_from) or None),
    )
    found |= {k: v for k, v in given if v is not None}
    return found if kept is None else _with_kept(found, kept), faults


def _with_kept(found: dict[str, object], kept: Campaign) -> dict[str, object]:
    """Return values with those beside them that a file said and the form has no field for."""
    file = tomllib.loads(write_campaign(kept))
    for name in ("pacing", "letter"):
        typed_in, of_file = found[name], file.get(name, {})
        if isinstance(typed_in, dict):
            left = {key: of_file[key] for key in _NO_FIELDS & set(of_file)}
            found[name] = {**left, **typed_in}
    letter = found["letter"]
    if isinstance(letter, dict):
        points = {point["key"] for point in letter["points"]}
        for version in letter.get("versions", []):
            if "points" in version:
                version["points"] = [key for key in version["points"] if key in points]
    return {**{key: file[key] for key in _NO_FIELDS & set(file)}, **found}


def _point_values(given: list[Row]) -> Iterator[dict[str, str]]:
    taken = {row["key"] for row in given}
    for row in given:
        key = row["key"]
        if not key:
            key = base = suggested_slug(row["lead"]) or "point"
            number = 1
            while key in taken:
                number += 1
                key = f"{base}-{number}"
            taken.add(key)
        yield {"key": key, "lead": row["lead"], "text": _paragraphs(row["text"])}


def _target_values(
    row: Row, timezone: str, path: tuple[str | int, ...], faults: list[Fault]
) -> dict[str, object]:
    found: dict[str, object] = {
        "name": row["name"],
        "email": row["email"],
        "salutation": row["salutation"] or row["name"] or "?",  # the name's own fault is enough
        "role": row["role"],
        "address": _paragraphs(row["address"]),
        "timezone": row["timezone"] or timezone or "UTC",
        "areas": list(read_areas(row["areas"])),
        **_attributes(row.get("attributes", "")),
    }
    until = _day(row["valid_until"], (*path, "valid_until"), faults)
    return found if until is None else {**found, "valid_until": until}


def _attributes(kept: str) -> dict[str, object]:
    """Return what the page kept of a target beside its fields; nothing if it was tampered with."""
    try:
        found = json.loads(kept or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _listed_values(target: Target) -> dict[str, object]:
    found: dict[str, object] = {
        "name": target.name,
        "email": target.email,
        "salutation": target.salutation,
        "role": target.role,
        "address": target.address,
        "timezone": target.timezone,
        "areas": list(target.areas),
        **dict(target.attributes),
    }
    return found if target.valid_until is None else {**found, "valid_until": target.valid_until}


def _paragraphs(text: str) -> str:
    return line_feeds(text).strip("\n")


def _lines(text: str) -> list[str]:
    return [line.strip() for line in line_feeds(text).split("\n") if line.strip()]


def _whole(text: str, path: tuple[str | int, ...], faults: list[Fault]) -> int | None:
    digits = re.sub(r"[,.\s]", "", text)
    if not digits:
        return None
    if digits.isascii() and digits.isdigit() and len(digits) < 15:
        return int(digits)
    faults.append(Fault(path, Flaw(What.UNREADABLE_NUMBER)))
    return None


def _day(text: str, path: tuple[str | int, ...], faults: list[Fault]) -> date | None:
    if not text:
        return None
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # the fault below says it
    faults.append(Fault(path, Flaw(What.UNREADABLE_DAY)))
    return None


def _moment(text: str, path: tuple[str | int, ...], faults: list[Fault]) -> datetime | None:
    if not text:
        return None
    try:
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass  # the fault below says it
    faults.append(Fault(path, Flaw(What.UNREADABLE_MOMENT)))
    return None
