"""Choose the version of the letter that a target gets, by its attributes. Pure.

Each target has exactly one: the first version that fits it, or else the letter itself. What a
version does not name is the letter's own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from letters.campaign import Campaign, LetterTemplate, Target, Version


def version_for(letter: LetterTemplate, target: Target) -> Version | None:
    """Return the version for a target; None: the letter as it is."""
    if not letter.versions:
        return None
    known = attributes_of(target)
    return next((version for version in letter.versions if fits(version.when, known)), None)


def version_key(letter: LetterTemplate, target: Target) -> str:
    """Return the key of the version for a target; empty: the letter as it is."""
    version = version_for(letter, target)
    return version.key if version else ""


def attributes_of(target: Target) -> Mapping[str, str]:
    """Return what a target can be asked for: its attributes, and its role."""
    return {"role": target.role, **dict(target.attributes)}


def letter_for(letter: LetterTemplate, target: Target) -> LetterTemplate:
    """Return the letter with what the target's version puts in the place of it."""
    version = version_for(letter, target)
    if version is None:
        return letter
    offered = version.points
    return replace(
        letter,
        subjects=version.subjects or letter.subjects,
        salutation=version.salutation or letter.salutation,
        opening=version.opening or letter.opening,
        closing=version.closing or letter.closing,
        points=letter.points
        if offered is None
        else tuple(point for point in letter.points if point.key in offered),
    )


def for_target(campaign: Campaign, target: Target) -> Campaign:
    """Return the campaign with the letter that a target gets."""
    if not campaign.letter.versions:
        return campaign
    return replace(campaign, letter=letter_for(campaign.letter, target))


def fits(when: Iterable[tuple[str, tuple[str, ...]]], attributes: Mapping[str, str]) -> bool:
    """Tell whether attributes are what is asked: for each key one of its values.

    An attribute may hold several values, with semicolons between them. Case and the number of
    spaces do not count.
    """
    return all(
        not _values(attributes.get(key, "")).isdisjoint(map(_plain, values)) for key, values in when
    )


def _values(cell: str) -> set[str]:
    return {_plain(part) for part in (cell, *cell.split(";")) if part.strip()}


def _plain(value: str) -> str:
    return " ".join(value.split()).casefold()
