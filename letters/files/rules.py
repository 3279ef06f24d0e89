"""Say what each text of a campaign has to be like: its length, its form, its merge fields. Pure."""

import re
from datetime import time
from difflib import get_close_matches
from functools import lru_cache
from typing import Final
from zoneinfo import available_timezones

from letters.campaign import WEEKDAYS, Window
from letters.colours import LEAST, by_day, is_colour, least_contrast
from letters.files.checks import Text
from letters.files.faults import Flaw, What
from letters.text.addresses import BadAddress, Malformed, read_address
from letters.text.merge import FIELDS, MergeError, fields

SUBJECT_MAX: Final = 200
BODY_MAX: Final = 10_000
"""Characters of opening and points together, with merge fields filled in."""

RESERVED_SLUGS: Final = frozenset(
    {"new", "organisations", "organisers", "record", "sessions", "sign-in", "sign-out", "static"}
)
"""Words that the desk's own addresses use; no new campaign can be called so."""

_SLUG: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_POINT_KEY: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?")
_HOST: Final = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
_ORIGIN: Final = re.compile(rf"(https://{_HOST}|http://localhost)(:(?P<port>[1-9][0-9]{{0,4}}))?")
_URL: Final = re.compile(rf"https?://{_HOST}(:[1-9][0-9]{{0,4}})?(/[!-~]*)?", re.IGNORECASE)
_CLOCK: Final = r"([01][0-9]|2[0-3]):([0-5][0-9])"
_WINDOW: Final = re.compile(rf"{_CLOCK}-{_CLOCK}")


def _slug(text: str) -> Flaw | None:
    return None if _SLUG.fullmatch(text) else Flaw(What.NOT_A_SLUG)


def _point_key(text: str) -> Flaw | None:
    return None if _POINT_KEY.fullmatch(text) else Flaw(What.NOT_A_POINT_KEY)


def _email(text: str) -> Flaw | None:
    try:
        read_address(text)
    except BadAddress as error:
        is_foreign = error.why is Malformed.LOCAL_NOT_ASCII
        return Flaw(What.ADDRESS_NOT_ASCII if is_foreign else What.NOT_AN_ADDRESS)
    return None


@lru_cache(maxsize=1_000)
def _timezone(text: str) -> Flaw | None:
    if text in _timezones():
        return None
    near = get_close_matches(text, _timezones_by_beginning().get(_beginning(text), []), 1)
    return Flaw(What.NOT_A_TIMEZONE, near=near[0] if near else "Europe/London")


@lru_cache(maxsize=1)
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(maxsize=1)
def _timezones_by_beginning() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for zone in sorted(_timezones()):
        found.setdefault(_beginning(zone), []).append(zone)
    return found


def _beginning(zone: str) -> str:
    """Return how a place's name begins: to compare a slip with all zones costs milliseconds."""
    return zone[-64:].rpartition("/")[2][:2].lower()


def _origin(text: str) -> Flaw | None:
    found = _ORIGIN.fullmatch(text)
    if found and int(found["port"] or 443) < 65_536:
        return None
    return Flaw(What.NOT_AN_ORIGIN)


def _window(text: str) -> Flaw | None:
    return None if _WINDOW.fullmatch(text) else Flaw(What.NOT_A_WINDOW)


def _weekday(text: str) -> Flaw | None:
    return None if text in WEEKDAYS else Flaw(What.NOT_A_WEEKDAY, options=WEEKDAYS)


def _area(text: str) -> Flaw | None:
    return Flaw(What.STAR_INSIDE) if "*" in text[:-1] else None


def _merge_fields(text: str) -> Flaw | None:
    try:
        fields(text)
    except MergeError as error:
        if error.found == "}":
            return Flaw(What.STRAY_BRACE)
        return Flaw(What.NOT_A_MERGE_FIELD, found=error.found, options=FIELDS)
    return None


def _url(text: str) -> Flaw | None:
    return None if _URL.fullmatch(text) else Flaw(What.NOT_A_URL)


def _accent(text: str) -> Flaw | None:
    if not is_colour(text):
        return Flaw(What.NOT_A_COLOUR)
    found = least_contrast(text)
    if found >= LEAST:
        return None
    # Rounded down: "4.5 to 1" must not be what is too little.
    return Flaw(What.PALE_ACCENT, found=f"{int(found * 10) / 10:.1f}", near=by_day(text))


def window(text: str) -> Window | None:
    """Return the window that a text such as "08:00-18:00" means."""
    found = _WINDOW.fullmatch(text)
    if found is None:
        return None
    opens_hour, opens_minute, closes_hour, closes_minute = map(int, found.groups())
    return Window(time(opens_hour, opens_minute), time(closes_hour, closes_minute))


SLUG: Final = Text(64, check=_slug)
LIST_NAME: Final = Text(64, check=_slug)
"""Of a list of people, or of a look-up table."""
KEY: Final = Text(64, check=_slug)
"""Of an organisation."""
TITLE: Final = Text(200)
SUMMARY: Final = Text(10_000, many_lines=True, may_be_blank=True)
OPT_IN: Final = Text(500, may_be_blank=True)
ORIGIN: Final = Text(255, check=_origin)
TIMEZONE: Final = Text(64, check=_timezone)

WINDOW: Final = Text(11, check=_window)
DAY: Final = Text(20, check=_weekday)

SUBJECT: Final = Text(SUBJECT_MAX, check=_merge_fields)
LETTER_SALUTATION: Final = Text(200, check=_merge_fields)
OPENING: Final = Text(BODY_MAX, many_lines=True, check=_merge_fields)
CLOSING: Final = Text(2_000, many_lines=True, check=_merge_fields)
PROMPT: Final = Text(300)
POINT_KEY: Final = Text(64, check=_point_key)
LEAD: Final = Text(300, check=_merge_fields)
POINT_TEXT: Final = Text(BODY_MAX, many_lines=True, may_be_blank=True, check=_merge_fields)

NAME: Final = Text(100)
SALUTATION: Final = Text(100)
ROLE: Final = Text(200, may_be_blank=True)
ADDRESS: Final = Text(1_000, many_lines=True, may_be_blank=True)
EMAIL: Final = Text(254, check=_email)
AREA: Final = Text(64, check=_area)
ATTRIBUTE: Final = Text(200, many_lines=True, may_be_blank=True)

ORGANISATION_NAME: Final = Text(100, may_be_blank=True)
URL: Final = Text(500, may_be_blank=True, check=_url)
CONTACT: Final = Text(254, may_be_blank=True, check=_email)
MARKDOWN: Final = Text(20_000, many_lines=True, may_be_blank=True)
CONTROLLER: Final = Text(1_000, many_lines=True, may_be_blank=True)
ACCENT: Final = Text(7, may_be_blank=True, check=_accent)
LOGO: Final = Text(300_000, may_be_blank=True)
"""The name of a file beside, or the picture itself as a data: address."""
