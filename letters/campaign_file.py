"""Read and write campaign files (TOML). Every error comes with its key and line, all together."""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from difflib import get_close_matches
from enum import StrEnum
from typing import Final, TypeVar
from zoneinfo import available_timezones

import tomlkit

from letters.addresses import is_address
from letters.campaign import (
    WEEKDAYS,
    Campaign,
    Confirm,
    Identical,
    LetterTemplate,
    Pacing,
    Point,
    ResendUnknown,
    Routing,
    Status,
    Target,
    Window,
)
from letters.key_lines import key_lines
from letters.merge import MergeError, check

LANGUAGES: Final = ("en", "es", "ar")
_SLUG: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ORIGIN: Final = re.compile(
    r"https://[a-z0-9.-]+(:[0-9]{1,5})?|http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?"
)
_WINDOW: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_BODY_MAX: Final = 10_000
_T = TypeVar("_T")
_E = TypeVar("_E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class FileError:
    """One thing that is wrong in a campaign file."""

    key: str
    line: int
    message: str

    def __str__(self) -> str:
        """Return one sentence with line and key."""
        return f"Line {self.line}, {self.key}: {self.message}."


class CampaignFileError(Exception):
    """A campaign file has errors; `errors` holds all of them."""

    def __init__(self, errors: tuple[FileError, ...]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = errors


class _Reader:
    """Take values out of one table of the file, and note what is wrong with them."""

    def __init__(self, table: Mapping[str, object], prefix: str, lines: Mapping[str, int]) -> None:
        self._table = table
        self._prefix = prefix
        self._lines = lines
        self._used: set[str] = set()
        self.errors: list[FileError] = []

    def path(self, key: str) -> str:
        return f"{self._prefix}{key}"

    def wrong(self, key: str, message: str) -> None:
        path = self.path(key)
        line = self._lines.get(path) or self._lines.get(self._prefix.rstrip("."), 1)
        self.errors.append(FileError(path, line, message))

    def take(self, key: str, kind: type[_T], want: str, default: _T | None = None) -> _T | None:
        self._used.add(key)
        value = self._table.get(key)
        if value is None:
            if default is None:
                self.wrong(key, f"is missing; give {want}")
            return default
        # True is a number to Python, and a moment is a date.
        odd = isinstance(value, bool) is not (kind is bool) or isinstance(value, datetime)
        if odd or not isinstance(value, kind):
            self.wrong(key, f"should be {want}")
            return default
        return value

    def optional(self, key: str, kind: type[_T], want: str) -> _T | None:
        if key not in self._table:
            self._used.add(key)
            return None
        return self.take(key, kind, want)

    def text(
        self, key: str, *, most: int = 10_000, default: str | None = None, lines: bool = False
    ) -> str:
        value = self.take(key, str, "a text", default)
        if value is None:
            return ""
        if default is None and not value.strip():
            self.wrong(key, "is empty; write something")
        if _CONTROL.search(value):
            self.wrong(key, "holds a control character; type it anew")
        if not lines and re.search(r"[\r\n\u2028\u2029]", value):
            self.wrong(key, "should be on one line")
        if len(value) > most:
            self.wrong(key, f"is {len(value)} characters long; {most} are possible")
        return value

    def merged(self, key: str, *, most: int = 10_000, lines: bool = False) -> str:
        value = self.text(key, most=most, lines=lines)
        self.check_merge(key, value)
        return value

    def check_merge(self, key: str, value: str) -> None:
        try:
            check(value)
        except MergeError as error:
            self.wrong(key, str(error))

    def choice(self, key: str, kind: type[_E], default: _E) -> _E:
        value = self.take(key, str, "a word", str(default))
        try:
            return kind(value or "")
        except ValueError:
            words = ", ".join(f'"{word}"' for word in kind)
            self.wrong(key, f'"{value}" is not possible; choose one of {words}')
            return default

    def zone(self, key: str) -> str:
        value = self.take(key, str, "a timezone such as Europe/London", "UTC") or "UTC"
        if value not in available_timezones():
            self.wrong(key, f'"{value}" is no timezone; write it like Europe/London')
            return "UTC"
        return value

    def texts(self, key: str, is_right: Callable[[str], bool], want: str) -> tuple[str, ...]:
        value = self.take(key, list, f"a list of {want}", [])
        items: list[object] = value or []
        for item in items:
            if not isinstance(item, str) or not is_right(item):
                self.wrong(key, f"{item!r} should be {want}")
                return ()
        return tuple(str(item) for item in items)

    def tables(self, key: str, want: str) -> list["_Reader"]:
        value = self.take(key, list, want, [])
        items: list[object] = value or []
        readers = []
        for n, item in enumerate(items):
            if not isinstance(item, dict):
                self.wrong(key, f"should be {want}")
                return []
            reader = _Reader(item, f"{self.path(key)}[{n}].", self._lines)
            reader.errors = self.errors
            readers.append(reader)
        return readers

    def table(self, key: str) -> "_Reader":
        value = self.take(key, dict, f"a table [{key}]", {})
        reader = _Reader(value or {}, f"{self.path(key)}.", self._lines)
        reader.errors = self.errors
        return reader

    def finish(self) -> None:
        for key in self._table:
            if key not in self._used:
                near = get_close_matches(key, self._used, n=1)
                hint = f"; did you mean {near[0]}" if near else ""
                self.wrong(key, f"there is no such key{hint}")


def read_campaign(text: str) -> Campaign:
    """Return the campaign in a file's text; raise CampaignFileError with every error."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        message = re.sub(r" \(at .*\)$", "", str(error))
        raise CampaignFileError((FileError("TOML", line, message),)) from error
    top = _Reader(table, "", key_lines(text))
    campaign = _campaign(top)
    top.finish()
    if top.errors:
        raise CampaignFileError(tuple(sorted(top.errors, key=lambda e: (e.line, e.key))))
    return campaign


def _campaign(top: _Reader) -> Campaign:
    slug = top.text("slug", most=64)
    if slug and not _SLUG.fullmatch(slug):
        top.wrong("slug", "should be small letters, digits and inner hyphens")
    language = top.text("language", default="en")
    if language not in LANGUAGES:
        top.wrong("language", f'"{language}" is not possible; choose one of {", ".join(LANGUAGES)}')
    goal = top.optional("goal", int, "a whole number")
    if goal is not None and goal < 1:
        top.wrong("goal", "should be at least 1")
    targets = _targets(top)
    campaign = Campaign(
        slug=slug,
        title=top.text("title", most=200),
        summary=top.text("summary", default="", lines=True),
        language=language,
        status=top.choice("status", Status, Status.DRAFT),
        goal=goal,
        ends=top.optional("ends", date, "a date such as 2027-03-31"),
        timezone=top.zone("timezone"),
        asks_postcode=bool(top.take("asks_postcode", bool, "true or false", default=False)),
        confirm=top.choice("confirm", Confirm, Confirm.BEFORE_SENDING),
        routing=top.choice("routing", Routing, Routing.ALL),
        identical=top.choice("identical", Identical, Identical.SEND),
        embed_origins=top.texts(
            "embed_origins",
            lambda origin: _ORIGIN.fullmatch(origin) is not None,
            "an origin such as https://example.org",
        ),
        opt_in=top.text("opt_in", most=500, default=""),
        pacing=_pacing(top.table("pacing")),
        letter=_letter(top.table("letter")),
        targets=targets,
    )
    if campaign.routing is Routing.AREA:
        if not campaign.asks_postcode:
            top.wrong("routing", '"area" needs asks_postcode = true')
        if not any(target.areas for target in targets):
            top.wrong("routing", '"area" needs a target with areas')
    return campaign


def _pacing(table: _Reader) -> Pacing:
    rate = table.take("per_target_per_hour", int, "a whole number", 30) or 0
    if not 1 <= rate <= 3_600_000:
        table.wrong("per_target_per_hour", "should be from 1 to 3600000")
        rate = 30
    window = None
    written = table.optional("window", str, "a window such as 08:00-18:00")
    if written is not None:
        found = _WINDOW.fullmatch(written)
        if found is None:
            table.wrong("window", f'"{written}" should be written like 08:00-18:00')
        else:
            window = Window(time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4])))
    days = table.texts("days", lambda day: day in WEEKDAYS, "a day such as mon")
    pacing = Pacing(
        rate,
        window,
        tuple(day for day in WEEKDAYS if day in days) or WEEKDAYS,
        table.choice("resend_unknown", ResendUnknown, ResendUnknown.NEVER),
    )
    table.finish()
    return pacing


def _letter(table: _Reader) -> LetterTemplate:
    one = table.optional("subject", str, "a text")
    several = table.texts("subjects", lambda text: bool(text.strip()), "a text")
    if (one is None) == (not several):
        table.wrong("subject", "give either subject or subjects")
    subjects = several or (one or "",)
    for subject in subjects:
        key = "subjects" if several else "subject"
        table.check_merge(key, subject)
        if len(subject) > 200 or re.search(r"[\x00-\x1f\u2028\u2029]", subject):
            table.wrong(key, "should be one line of at most 200 characters")
    points = tuple(_point(point) for point in table.tables("points", "tables [[letter.points]]"))
    keys = [point.key for point in points]
    if len(set(keys)) < len(keys):
        table.wrong("points", "every point needs a key of its own")
    template = LetterTemplate(
        subjects=subjects,
        salutation=table.merged("salutation", most=200),
        opening=table.merged("opening", lines=True),
        closing=table.merged("closing", most=1_000, lines=True),
        points=points,
        prompts=table.texts("prompts", lambda text: bool(text.strip()), "a text"),
    )
    size = len(template.opening) + sum(len(p.lead) + len(p.text) + 3 for p in points)
    if size > _BODY_MAX:
        table.wrong(
            "opening", f"opening and points have {size} characters; {_BODY_MAX} are possible"
        )
    table.finish()
    return template


def _point(table: _Reader) -> Point:
    key = table.text("key", most=64)
    if key and not _KEY.fullmatch(key):
        table.wrong("key", "should be letters, digits, hyphens and underscores")
    point = Point(key, table.merged("lead", most=500, lines=True), table.merged("text", lines=True))
    table.finish()
    return point


def _targets(top: _Reader) -> tuple[Target, ...]:
    readers = top.tables("targets", "tables [[targets]]")
    if not readers:
        top.wrong("targets", "is missing; give at least one [[targets]]")
    seen: set[str] = set()
    targets = []
    for table in readers:
        email = table.text("email", most=254)
        if email and not is_address(email):
            table.wrong("email", f'"{email}" is no e-mail address')
        elif email.lower() in seen:
            table.wrong("email", f'"{email}" is listed twice')
        seen.add(email.lower())
        targets.append(
            Target(
                name=table.text("name", most=100),
                email=email,
                salutation=table.text("salutation", most=100),
                role=table.text("role", most=200, default=""),
                address=table.text("address", most=1_000, default="", lines=True),
                timezone=table.zone("timezone"),
                areas=table.texts(
                    "areas", lambda a: bool(a.strip(" *")) and "*" not in a[:-1], "a postcode"
                ),
                valid_until=table.optional("valid_until", date, "a date such as 2027-01-31"),
            )
        )
        table.finish()
    return tuple(targets)


def write_campaign(campaign: Campaign) -> str:
    """Return a file that :func:`read_campaign` takes back to an equal campaign."""
    letter = campaign.letter
    pacing = campaign.pacing
    one = len(letter.subjects) == 1
    table: dict[str, object] = {
        "slug": campaign.slug,
        "title": campaign.title,
        "summary": campaign.summary,
        "language": campaign.language,
        "status": str(campaign.status),
        "goal": campaign.goal,
        "ends": campaign.ends,
        "timezone": campaign.timezone,
        "asks_postcode": campaign.asks_postcode,
        "confirm": str(campaign.confirm),
        "routing": str(campaign.routing),
        "identical": str(campaign.identical),
        "embed_origins": list(campaign.embed_origins),
        "opt_in": campaign.opt_in,
        "pacing": _filled(
            {
                "per_target_per_hour": pacing.per_target_per_hour,
                "window": str(pacing.window) if pacing.window else None,
                "days": list(pacing.days),
                "resend_unknown": str(pacing.resend_unknown),
            }
        ),
        "letter": _filled(
            {
                "subject": letter.subjects[0] if one else None,
                "subjects": None if one else list(letter.subjects),
                "salutation": letter.salutation,
                "opening": letter.opening,
                "closing": letter.closing,
                "prompts": list(letter.prompts),
                "points": [
                    {"key": point.key, "lead": point.lead, "text": point.text}
                    for point in letter.points
                ],
            }
        ),
        "targets": [
            _filled(
                {
                    "name": target.name,
                    "salutation": target.salutation,
                    "role": target.role,
                    "address": target.address,
                    "email": target.email,
                    "timezone": target.timezone,
                    "areas": list(target.areas),
                    "valid_until": target.valid_until,
                }
            )
            for target in campaign.targets
        ],
    }
    return tomlkit.dumps(_filled(table))


def _filled(table: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in table.items() if value not in (None, [], "")}
