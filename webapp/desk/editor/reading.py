"""Read what was typed into a field: whole numbers, days, moments, lines. Pure."""

import re
import unicodedata
from datetime import date, datetime
from typing import Final

from letters.files.faults import Fault, Flaw, Path, What
from letters.files.rules import RESERVED_SLUGS
from letters.text.compose import line_feeds

_SLUG_MAX: Final = 48
# One sign stands between all thousands, if any: "1.5" is no fifteen. Digits are any script's.
_APART: Final = "[,.\\s'\u2019\u066c]"
_WHOLE: Final = re.compile(rf"\d{{1,14}}|\d{{1,3}}({_APART})\d{{3}}(\1\d{{3}}){{0,3}}")
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


def paragraphs(text: str) -> str:
    """Return a text without empty lines at its ends."""
    return line_feeds(text).strip("\n")


def lines(text: str) -> list[str]:
    """Return the lines in which something stands."""
    return [line.strip() for line in line_feeds(text).split("\n") if line.strip()]


def whole(text: str, path: Path, faults: list[Fault]) -> int | None:
    """Return a whole number; None where nothing is typed, or nothing that is one."""
    typed = text.strip()
    if not typed:
        return None
    if _WHOLE.fullmatch(typed):
        return int(re.sub(_APART, "", typed))
    faults.append(Fault(path, Flaw(What.UNREADABLE_NUMBER)))
    return None


def day(text: str, path: Path, faults: list[Fault]) -> date | None:
    """Return a day; None where nothing is typed, or nothing that is one."""
    if not text:
        return None
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # the fault below says it
    faults.append(Fault(path, Flaw(What.UNREADABLE_DAY)))
    return None


def moment(text: str, path: Path, faults: list[Fault]) -> datetime | None:
    """Return a moment by nobody's clock; None where nothing is typed, or nothing that is one."""
    if not text:
        return None
    try:
        if _MOMENT.fullmatch(text):
            return datetime.fromisoformat(text)
    except ValueError:
        pass  # the fault below says it
    faults.append(Fault(path, Flaw(What.UNREADABLE_MOMENT)))
    return None
