"""Do what the editor's small buttons ask for: points, versions and people come, go and move.

Every button posts the whole form, so the editor works without a script and nothing typed is lost.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from letters.campaign import Target
from letters.files.decode import Undecodable, decode
from letters.files.spreadsheet import AT_DESK, TargetList, read_targets
from webapp.desk.editor.form import (
    BLANK_ROWS,
    MOST_ROWS,
    Row,
    filled,
    target_fields,
)
from webapp.site.language import gettext as _

_ACT: Final = re.compile(
    r"(?P<verb>add|remove|raise|lower)-(?P<noun>point|version|target|follow)(-(?P<at>[0-9]{1,6}))?"
)
_MOST_BYTES: Final = 2**19
_FIRST: Final = MappingProxyType(
    {"points": "lead", "versions": "key", "targets": "name", "follows": "list"}
)
"""The field to go on with, in each group."""


def is_small(act: str) -> bool:
    """Tell whether `act` is about one of a group: a point, a version, a target, a list."""
    return _ACT.fullmatch(act) is not None


def acted(act: str, groups: Mapping[str, list[Row]]) -> tuple[dict[str, list[Row]], str]:
    """Return the groups after a button was pressed, and the field to go on with."""
    found = _ACT.fullmatch(act)
    if found is None:
        return dict(groups), ""
    name = f"{found['noun']}s"
    given = groups[name]
    if found["verb"] == "add" and len(given) >= MOST_ROWS[name]:
        return dict(groups), ""
    at = int(found["at"] or len(given))
    changed, at = _changed(found["verb"], at, given, BLANK_ROWS[name])
    return {**groups, name: changed}, f"{name}-{at}-{_FIRST[name]}" if changed else ""


def _changed(verb: str, at: int, given: list[Row], blank: Row) -> tuple[list[Row], int]:
    rows = list(given)
    if verb == "add":
        rows.append(dict(blank))
        return rows, len(rows) - 1
    if at >= len(rows):
        return rows, max(0, len(rows) - 1)
    row = rows.pop(at)
    if verb == "remove":
        return rows, max(0, min(at, len(rows) - 1))
    to = max(0, at - 1) if verb == "raise" else min(len(rows), at + 1)
    rows.insert(to, row)
    return rows, to


def read_spreadsheet(content: bytes) -> TargetList | str:
    """Return what a file holds, or a sentence where it cannot be read as text."""
    if not content:
        return _("Choose a file first.")
    if len(content) > _MOST_BYTES:
        return _("This file is larger than 500 kB: take out what is not about the targets.")
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return _("This is a workbook: save it as CSV in your spreadsheet program, then choose it.")
    try:
        return read_targets(decode(content), most=AT_DESK)
    except (Undecodable, UnicodeDecodeError):
        return _(
            "It is not certain in which encoding this file was saved: save it as “CSV UTF-8”, then "
            "choose it."
        )


def joined(listed: str, typed: list[Row], new: tuple[Target, ...]) -> dict[str, object]:
    """Return the fields of all targets together; a new one takes the place of its address."""
    kept = {
        target.email.lower(): target for target in read_targets(listed, as_written=True).targets
    }
    kept |= {target.email.lower(): target for target in new}
    rows = [row for row in filled(typed, but=("timezone",)) if row["email"].lower() not in kept]
    fields = target_fields(tuple(kept.values()))
    of_list = fields["targets"] if isinstance(fields["targets"], list) else []
    return {"listed": fields["listed"], "targets": [*rows, *of_list]}
