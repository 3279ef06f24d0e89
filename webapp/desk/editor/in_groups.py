"""Take what was typed into the editor's groups to a campaign file's values.

The groups are points, versions, lists and people.
"""

import json
from collections.abc import Iterable, Mapping
from textwrap import shorten
from typing import Final

from letters.campaign import Target
from letters.files.faults import Fault, Flaw, Path, What
from letters.text.postcodes import read_areas
from webapp.desk.editor import reading
from webapp.desk.editor.attributes import Unreadable, read_attributes, read_wanted
from webapp.desk.editor.form import BLANK_ROWS, NEW_KEY, SOME_POINTS, Row

_FIELDS: Final = frozenset(BLANK_ROWS["targets"]) - {"attributes"}
"""What an attribute cannot be called."""


def points(given: Iterable[Row]) -> tuple[list[Row], dict[str, str]]:
    """Return points, and the key of each by that which the page has for it."""
    rows = list(given)
    taken = {row["key"] for row in rows}
    keys: dict[str, str] = {}
    found: list[Row] = []
    for row in rows:
        key = row["key"]
        if key.startswith(NEW_KEY):
            key = base = reading.suggested_slug(row["lead"]) or "point"
            number = 1
            while key in taken:
                number += 1
                key = f"{base}-{number}"
            taken.add(key)
        keys[row["key"]] = key
        found.append({"key": key, "lead": row["lead"], "text": reading.paragraphs(row["text"])})
    return found, keys


def versions(
    given: Iterable[Row], keys: Mapping[str, str], faults: list[Fault]
) -> list[dict[str, object]]:
    """Return versions. `keys` are those of the letter's points, by that which the page has."""
    found: list[dict[str, object]] = []
    for place, row in enumerate(given):
        subjects = reading.lines(row["subjects"])
        texts = {
            "subject": "".join(subjects) if len(subjects) < 2 else "",
            "salutation": row["salutation"],
            "opening": reading.paragraphs(row["opening"]),
            "closing": reading.paragraphs(row["closing"]),
        }
        version: dict[str, object] = {
            "key": row["key"],
            "when": _wanted(row["when"], ("letter", "versions", place, "when"), faults),
            **{name: text for name, text in texts.items() if text.strip()},
        }
        if len(subjects) > 1:
            version["subjects"] = subjects
        if row["offers"] == SOME_POINTS:
            ticked = row["points"].split()
            version["points"] = [key for shown, key in keys.items() if shown in ticked]
        found.append(version)
    return found


def follows(given: Iterable[Row], faults: list[Fault]) -> list[dict[str, object]]:
    """Return the lists that are followed."""
    found: list[dict[str, object]] = []
    for place, row in enumerate(given):
        only = _wanted(row["only"], ("targets_from", place, "only"), faults)
        found.append({"list": row["list"], **({"only": only} if only else {})})
    return found


def targets(
    given: Iterable[Row], timezone: str, first: int, faults: list[Fault]
) -> list[dict[str, object]]:
    """Return people, the first of whom has the place `first` among all."""
    return [
        _target(row, timezone, ("targets", place), faults) for place, row in enumerate(given, first)
    ]


def _target(row: Row, timezone: str, path: Path, faults: list[Fault]) -> dict[str, object]:
    found: dict[str, object] = {
        **_attributes(row["attributes"], (*path, "attributes"), faults),
        "name": row["name"],
        "email": row["email"],
        "salutation": row["salutation"] or row["name"] or "?",  # the name's own fault is enough
        "role": row["role"],
        "address": reading.paragraphs(row["address"]),
        "timezone": row["timezone"] or timezone or "UTC",
        "areas": list(read_areas(row["areas"])),
    }
    until = reading.day(row["valid_until"], (*path, "valid_until"), faults)
    return found if until is None else {**found, "valid_until": until}


def listed_values(target: Target) -> dict[str, object]:
    """Return somebody from a spreadsheet."""
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


def _attributes(typed: str, path: Path, faults: list[Fault]) -> dict[str, str]:
    found: dict[str, str]
    try:
        # Campaigns that were begun before this could be typed have JSON here.
        found = json.loads(typed) if typed.startswith('{"') else read_attributes(typed)
    except Unreadable as error:
        return _unreadable(str(error), path, faults)
    except (ValueError, RecursionError):
        return _unreadable(typed, path, faults)
    for name in sorted(_FIELDS & set(found)):
        return _unreadable(name, path, faults)
    return found


def _wanted(typed: str, path: Path, faults: list[Fault]) -> dict[str, list[str]]:
    try:
        return read_wanted(typed)
    except Unreadable as error:
        _unreadable(str(error), path, faults)
        return {}


def _unreadable(line: str, path: Path, faults: list[Fault]) -> dict[str, str]:
    flaw = Flaw(What.NOT_AN_ATTRIBUTE, found=shorten(line, 60, placeholder="…"))
    faults.append(Fault(path, flaw))
    return {}
