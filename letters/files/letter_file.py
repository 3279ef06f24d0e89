"""Read and write the letter of a campaign file, with its versions. Pure."""

from collections.abc import Mapping
from dataclasses import replace

import tomlkit

from letters.campaign import Campaign, Identical, LetterTemplate, Point, Version, Wanted
from letters.files import rules
from letters.files.checks import CheckedTable
from letters.files.faults import Fault, Flaw, Path, What
from letters.text.compose import body, merge_values
from letters.text.merge import fields, merge
from letters.text.versions import for_target, version_key


def read_letter(table: CheckedTable) -> LetterTemplate:
    """Return the letter in a file's [letter], noting its faults there."""
    letter = LetterTemplate(
        subjects=_read_subjects(table),
        salutation=table.text("salutation", rules.LETTER_SALUTATION),
        opening=table.text("opening", rules.OPENING),
        closing=table.text("closing", rules.CLOSING),
        points=_read_points(table),
        prompts=table.texts("prompts", rules.PROMPT),
    )
    versions = _read_versions(table, tuple(point.key for point in letter.points))
    table.end()
    return replace(letter, versions=versions)


def _read_versions(letter: CheckedTable, points: tuple[str, ...]) -> tuple[Version, ...]:
    versions: list[Version] = []
    first: dict[str, int] = {}
    for number, table in enumerate(letter.tables("versions"), 1):
        has_subject = table.has("subject") or table.has("subjects")
        offered = table.texts("points", rules.POINT_KEY) if table.has("points") else None
        version = Version(
            key=table.text("key", rules.POINT_KEY),
            when=read_wanted(table, "when"),
            subjects=_read_subjects(table) if has_subject else (),
            salutation=table.text("salutation", rules.LETTER_SALUTATION, ""),
            opening=table.text("opening", rules.OPENING, ""),
            closing=table.text("closing", rules.CLOSING, ""),
            points=offered,
        )
        for place, key in enumerate(offered or ()):
            if key not in points:
                table.wrong("points", Flaw(What.NO_SUCH_POINT, found=key, options=points), place)
        table.end()
        if version.key and first.setdefault(version.key, number) != number:
            table.wrong("key", Flaw(What.SAME_AS_VERSION, number=first[version.key]))
        versions.append(version)
    return tuple(versions)


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


def read_wanted(table: CheckedTable, key: str) -> Wanted:
    """Return the attributes that a table asks for under `key`, noting its faults."""
    values = table.value(key)
    if not isinstance(values, dict) or not values:
        table.wrong(key, Flaw(What.WANTS_NOTHING))
        return ()
    inner = table.table(key)
    return tuple(
        (name, inner.texts(name, rules.ATTRIBUTE, needs_one=isinstance(some, list)))
        for name, some in values.items()
    )


def faults_of_letter(campaign: Campaign) -> list[Fault]:
    """Return what is wrong with the letter once it is filled in for each target."""
    faults: list[Fault] = []
    if campaign.targets:
        _check_lengths(campaign, faults)
    if campaign.identical is Identical.DIGEST:
        _check_digest(campaign, faults)
    return faults


def _check_lengths(campaign: Campaign, faults: list[Fault]) -> None:
    # What the page offers has to be what the page takes, whomever it goes to.
    unlike = {(t.salutation, t.name, t.role, t.attributes): t for t in campaign.targets}
    lengths: dict[str, int] = {}
    subjects: dict[tuple[str, int], int] = {}
    for target in unlike.values():
        key = version_key(campaign.letter, target)
        to = for_target(campaign, target)
        values = merge_values(target)
        length = len(body(to, values, [point.key for point in to.letter.points]))
        lengths[key] = max(lengths.get(key, 0), length)
        for place, subject in enumerate(to.letter.subjects):
            length = len(merge(subject, values))
            subjects[key, place] = max(subjects.get((key, place), 0), length)
    places = {version.key: place for place, version in enumerate(campaign.letter.versions)}
    for key, length in lengths.items():
        if length > rules.BODY_MAX:
            flaw = Flaw(What.TOGETHER_TOO_LONG, length=length, most=rules.BODY_MAX)
            faults.append(Fault((*_letter_path(places, key), "opening"), flaw))
    several = {key for key, place in subjects if place}
    for (key, place), length in subjects.items():
        if length > rules.SUBJECT_MAX:
            path: Path = ("subjects", place) if key in several else ("subject",)
            flaw = Flaw(What.FILLED_IN_TOO_LONG, length=length, most=rules.SUBJECT_MAX)
            faults.append(Fault((*_letter_path(places, key), *path), flaw))


def _letter_path(places: Mapping[str, int], key: str) -> Path:
    return ("letter", "versions", places[key]) if key else ("letter",)


def _check_digest(campaign: Campaign, faults: list[Fault]) -> None:
    # One text for all: only the closing, which everyone signs below, may name its writer.
    letter = campaign.letter
    texts: list[tuple[Path, str]] = [
        (("letter", "salutation"), letter.salutation),
        (("letter", "opening"), letter.opening),
        *((("letter", "points", i, "lead"), point.lead) for i, point in enumerate(letter.points)),
        *((("letter", "points", i, "text"), point.text) for i, point in enumerate(letter.points)),
    ]
    for place, version in enumerate(letter.versions):
        of_version: Path = ("letter", "versions", place)
        texts += [
            ((*of_version, "salutation"), version.salutation),
            ((*of_version, "opening"), version.opening),
        ]
    for path, text in texts:
        named = sorted(fields(text) & {"name", "postcode", "address"})
        if named:
            faults.append(Fault(path, Flaw(What.NAMES_WRITER, found=f"{{{named[0]}}}")))


def letter_values(letter: LetterTemplate) -> dict[str, object]:
    """Return a letter as a file has it."""
    subjects = letter.subjects
    return filled(
        {
            "subject": subjects[0] if len(subjects) == 1 else None,
            "subjects": list(subjects) if len(subjects) > 1 else None,
            "salutation": letter.salutation,
            "opening": as_text(letter.opening),
            "closing": as_text(letter.closing),
            "prompts": list(letter.prompts),
            "points": [
                {"key": point.key, "lead": point.lead, "text": as_text(point.text)}
                for point in letter.points
            ],
            "versions": [_version(version) for version in letter.versions],
        }
    )


def _version(version: Version) -> dict[str, object]:
    several = len(version.subjects) > 1
    found = filled(
        {
            "key": version.key,
            "when": wanted_values(version.when),
            "subject": None if several else "".join(version.subjects),
            "subjects": list(version.subjects) if several else None,
            "salutation": version.salutation,
            "opening": as_text(version.opening),
            "closing": as_text(version.closing),
        }
    )
    # No points at all is another thing than all of them.
    return found if version.points is None else {**found, "points": list(version.points)}


def wanted_values(wanted: Wanted) -> object:
    """Return attributes that are asked for as a file has them."""
    table = tomlkit.inline_table()
    table.update({key: list(values) for key, values in wanted})
    return table if wanted else None


def filled(table: Mapping[str, object]) -> dict[str, object]:
    """Return a table without what is not there."""
    # Empty texts and lists, and None, are what a key that is not there means.
    return {key: value for key, value in table.items() if value not in (None, "", [])}


def as_text(text: str) -> str:
    """Return a text as a file has it: of many lines, where it has many."""
    return tomlkit.string(text, multiline="\n" in text)
