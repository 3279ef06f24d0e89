"""Read and write campaign files: TOML, as docs/campaign-file.md describes it. Pure.

Reading finds every fault of a file at once, each with its key and its line.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import replace

import tomlkit

from letters.campaign import (
    WEEKDAYS,
    Campaign,
    Confirm,
    Identical,
    LetterTemplate,
    Pacing,
    Point,
    Replies,
    ResendUnknown,
    Routing,
    Status,
    Target,
)
from letters.files import rules
from letters.files.checks import CheckedTable
from letters.files.faults import Fault, FileFault, Flaw, Path, What
from letters.files.toml_lines import lines, syntax_error
from letters.languages import Language
from letters.text.compose import body, merge_values
from letters.text.merge import fields, merge


class CampaignFileError(Exception):
    """A campaign file cannot be taken. `faults` are all that is wrong with it, by line."""

    def __init__(self, faults: tuple[FileFault, ...]) -> None:
        super().__init__(*faults)
        self.faults = faults


def read_campaign(text: str) -> Campaign:
    """Return the campaign in a file's text; raise CampaignFileError with every fault in it."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        values = tomllib.loads(text)
    except (ValueError, RecursionError):
        line, words = syntax_error(text)
        fault = FileFault("", line, Flaw(What.NOT_TOML, found=words))
        raise CampaignFileError((fault,)) from None
    campaign, faults = check_campaign(values)
    if faults:
        known = lines(text)
        placed = (FileFault(_key(f.path), _line(f.path, known), f.flaw) for f in faults)
        raise CampaignFileError(tuple(sorted(placed, key=lambda fault: fault.line)))
    return campaign


def check_campaign(values: Mapping[str, object]) -> tuple[Campaign, tuple[Fault, ...]]:
    """Return the campaign in values that stand as in a file, and every fault in them.

    With a fault the campaign is one that can stand in, and must not be kept.
    """
    faults: list[Fault] = []
    return _read(CheckedTable(values, (), faults), faults), tuple(faults)


def check_pacing(values: Mapping[str, object]) -> tuple[Pacing, tuple[Fault, ...]]:
    """Return the pacing in values that stand as in a file's [pacing], and every fault in them."""
    faults: list[Fault] = []
    return _read_pacing(CheckedTable(values, ("pacing",), faults)), tuple(faults)


def _key(path: Path) -> str:
    return "".join(
        f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path
    ).removeprefix(".")


def _line(path: Path, known: Mapping[Path, int]) -> int:
    while path and path not in known:
        path = path[:-1]
    return known.get(path, 1)


def _read(top: CheckedTable, faults: list[Fault]) -> Campaign:
    campaign = Campaign(
        slug=top.text("slug", rules.SLUG),
        title=top.text("title", rules.TITLE),
        summary=top.text("summary", rules.SUMMARY, ""),
        language=top.choice("language", Language, Language.EN),
        status=top.choice("status", Status, Status.DRAFT),
        goal=top.whole("goal", 1, 1_000_000_000),
        ends=top.day("ends"),
        timezone=top.text("timezone", rules.TIMEZONE, "UTC"),
        asks_postcode=top.flag("asks_postcode"),
        confirm=top.choice("confirm", Confirm, Confirm.BEFORE_SENDING),
        routing=top.choice("routing", Routing, Routing.ALL),
        identical=top.choice("identical", Identical, Identical.SEND),
        replies=top.choice("replies", Replies, Replies.DIRECT),
        embed_origins=top.texts("embed_origins", rules.ORIGIN),
        opt_in=top.text("opt_in", rules.OPT_IN, ""),
        proof_of_work=top.flag("proof_of_work"),
        pacing=_read_pacing(top.table("pacing")),
        letter=_read_letter(top.table("letter")),
        targets=_read_targets(top),
    )
    top.end()
    if campaign.routing is Routing.AREA:
        if not campaign.asks_postcode:
            top.wrong("routing", Flaw(What.AREA_WITHOUT_POSTCODE))
        if not any(target.areas for target in campaign.targets):
            top.wrong("routing", Flaw(What.AREA_WITHOUT_AREAS))
    if not any(fault.path[0] in {"letter", "targets"} for fault in faults):
        _check_lengths(campaign, faults)
        if campaign.identical is Identical.DIGEST:
            _check_digest(campaign, faults)
    return campaign


def _read_pacing(table: CheckedTable) -> Pacing:
    usual = Pacing()
    days = table.texts("days", rules.DAY, usual.days, needs_one=True)
    if len(set(days)) < len(days):
        table.wrong("days", Flaw(What.A_DAY_TWICE))
    per_hour = table.whole("per_target_per_hour", 1, 3_600_000)
    pacing = Pacing(
        per_target_per_hour=per_hour or usual.per_target_per_hour,
        window=rules.window(table.text("window", rules.WINDOW, "")),
        days=tuple(day for day in WEEKDAYS if day in days) or usual.days,
        resend_unknown=table.choice("resend_unknown", ResendUnknown, usual.resend_unknown),
        hold_after_soft_failures=table.whole("hold_after_soft_failures", 1, 1_000)
        or usual.hold_after_soft_failures,
    )
    table.end()
    return pacing


def _read_letter(table: CheckedTable) -> LetterTemplate:
    letter = LetterTemplate(
        subjects=_read_subjects(table),
        salutation=table.text("salutation", rules.LETTER_SALUTATION),
        opening=table.text("opening", rules.OPENING),
        closing=table.text("closing", rules.CLOSING),
        points=_read_points(table),
        prompts=table.texts("prompts", rules.PROMPT),
    )
    table.end()
    return letter


def _read_subjects(table: CheckedTable) -> tuple[str, ...]:
    subjects = table.texts("subjects", rules.SUBJECT, needs_one=True)
    if table.has("subjects") and not table.has("subject"):
        return subjects
    if table.has("subjects"):
        table.wrong("subjects", Flaw(What.SUBJECTS_AND_SUBJECT))
    return (table.text("subject", rules.SUBJECT),)


def _read_points(letter: CheckedTable) -> tuple[Point, ...]:
    points: list[Point] = []
    first: dict[str, int] = {}
    for number, table in enumerate(letter.tables("points"), 1):
        point = Point(
            key=table.text("key", rules.POINT_KEY),
            lead=table.text("lead", rules.LEAD),
            text=table.text("text", rules.POINT_TEXT, ""),
        )
        table.end()
        if point.key and first.setdefault(point.key, number) != number:
            table.wrong("key", Flaw(What.SAME_AS_POINT, number=first[point.key]))
        points.append(point)
    return tuple(points)


def _read_targets(top: CheckedTable) -> tuple[Target, ...]:
    targets: list[Target] = []
    first: dict[str, int] = {}
    tables = top.tables("targets")
    for number, table in enumerate(tables, 1):
        target = read_target(table)
        email = target.email.lower()
        if email and first.setdefault(email, number) != number:
            table.wrong("email", Flaw(What.SAME_AS_TARGET, number=first[email]))
        targets.append(target)
    if not tables:
        top.wrong("targets", Flaw(What.NO_TARGETS))
    return tuple(targets)


def read_target(table: CheckedTable) -> Target:
    """Return the target in a table, noting its faults there."""
    target = Target(
        name=table.text("name", rules.NAME),
        email=table.text("email", rules.EMAIL),
        salutation=table.text("salutation", rules.SALUTATION),
        role=table.text("role", rules.ROLE, ""),
        address=table.text("address", rules.ADDRESS, ""),
        timezone=table.text("timezone", rules.TIMEZONE, "UTC"),
        areas=table.texts("areas", rules.AREA),
        valid_until=table.day("valid_until"),
    )
    return replace(target, attributes=table.others(rules.ATTRIBUTE))


def _check_lengths(campaign: Campaign, faults: list[Fault]) -> None:
    # What the page offers has to be what the page takes, whomever it goes to.
    letter = campaign.letter
    unlike = {(t.salutation, t.name, t.role): t for t in campaign.targets}
    every = [merge_values(target) for target in unlike.values()]
    keys = [point.key for point in letter.points]
    longest = max(len(body(campaign, values, keys)) for values in every)
    if longest > rules.BODY_MAX:
        flaw = Flaw(What.TOGETHER_TOO_LONG, length=longest, most=rules.BODY_MAX)
        faults.append(Fault(("letter", "opening"), flaw))
    for place, subject in enumerate(letter.subjects):
        longest = max(len(merge(subject, values)) for values in every)
        if longest > rules.SUBJECT_MAX:
            several = len(letter.subjects) > 1
            path: Path = ("letter", "subjects", place) if several else ("letter", "subject")
            flaw = Flaw(What.FILLED_IN_TOO_LONG, length=longest, most=rules.SUBJECT_MAX)
            faults.append(Fault(path, flaw))


def _check_digest(campaign: Campaign, faults: list[Fault]) -> None:
    # One text for all: only the closing, which everyone signs below, may name its writer.
    letter = campaign.letter
    texts: list[tuple[Path, str]] = [
        (("letter", "salutation"), letter.salutation),
        (("letter", "opening"), letter.opening),
        *((("letter", "points", i, "lead"), point.lead) for i, point in enumerate(letter.points)),
        *((("letter", "points", i, "text"), point.text) for i, point in enumerate(letter.points)),
    ]
    for path, text in texts:
        named = sorted(fields(text) & {"name", "postcode"})
        if named:
            faults.append(Fault(path, Flaw(What.NAMES_WRITER, found=f"{{{named[0]}}}")))


def write_campaign(campaign: Campaign) -> str:
    """Return a file that `read_campaign` takes back to an equal campaign."""
    letter, pacing = campaign.letter, campaign.pacing
    subjects = letter.subjects
    file: dict[str, object] = {
        "slug": campaign.slug,
        "title": campaign.title,
        "summary": _text(campaign.summary),
        "language": str(campaign.language),
        "status": str(campaign.status),
        "goal": campaign.goal,
        "ends": campaign.ends,
        "timezone": campaign.timezone,
        "asks_postcode": campaign.asks_postcode,
        "confirm": str(campaign.confirm),
        "routing": str(campaign.routing),
        "identical": str(campaign.identical),
        "replies": str(campaign.replies) if campaign.replies is not Replies.DIRECT else None,
        "embed_origins": list(campaign.embed_origins),
        "proof_of_work": campaign.proof_of_work or None,
        "opt_in": campaign.opt_in,
        "pacing": _filled(
            {
                "per_target_per_hour": pacing.per_target_per_hour,
                "window": str(pacing.window) if pacing.window else None,
                "days": list(pacing.days) if pacing.days != WEEKDAYS else None,
                "resend_unknown": str(pacing.resend_unknown),
                "hold_after_soft_failures": pacing.hold_after_soft_failures
                if pacing.hold_after_soft_failures != Pacing().hold_after_soft_failures
                else None,
            }
        ),
        "letter": _filled(
            {
                "subject": subjects[0] if len(subjects) == 1 else None,
                "subjects": list(subjects) if len(subjects) > 1 else None,
                "salutation": letter.salutation,
                "opening": _text(letter.opening),
                "closing": _text(letter.closing),
                "prompts": list(letter.prompts),
                "points": [
                    {"key": point.key, "lead": point.lead, "text": _text(point.text)}
                    for point in letter.points
                ],
            }
        ),
        "targets": [_target(target) for target in campaign.targets],
    }
    return tomlkit.dumps(_filled(file))


def _target(target: Target) -> dict[str, object]:
    return _filled(
        {
            "name": target.name,
            "salutation": target.salutation,
            "role": target.role,
            "address": _text(target.address),
            "email": target.email,
            "timezone": target.timezone,
            "areas": list(target.areas),
            "valid_until": target.valid_until,
            **dict(target.attributes),
        }
    )


def _filled(table: Mapping[str, object]) -> dict[str, object]:
    # Empty texts and lists, and None, are what a key that is not there means.
    return {key: value for key, value in table.items() if value not in (None, "", [])}


def _text(text: str) -> str:
    return tomlkit.string(text, multiline="\n" in text)
