"""Compose the text of a letter. Pure.

The text is salutation, blank line, the writer's reason if there is one and a blank line, the body,
blank line, closing. Organisers' words may hold merge fields; a writer's words are data.
"""

from collections.abc import Iterable
from itertools import chain
from typing import Final

from letters.campaign import Campaign, Target
from letters.text.merge import merge

_RUN_WORDS: Final = 4


def merge_values(target: Target, *, name: str = "", postcode: str = "") -> dict[str, str]:
    """Return the merge fields' values for one target and one writer."""
    return {
        "salutation": target.salutation,
        "target": target.name,
        "role": target.role,
        "name": name,
        "postcode": postcode,
    }


def body(campaign: Campaign, values: dict[str, str], points: Iterable[str]) -> str:
    """Return the pre-written body: the opening, then the points whose keys are in `points`.

    The points come in the order given; unknown keys are passed over.
    """
    known = {point.key: point for point in campaign.letter.points}
    kept = (known[key] for key in dict.fromkeys(points) if key in known)
    parts = chain(
        (campaign.letter.opening,), (f"{point.lead} {point.text}".strip() for point in kept)
    )
    return "\n\n".join(merge(part, values) for part in parts if part)


def text(campaign: Campaign, values: dict[str, str], *, reason: str, body: str) -> str:
    """Return a letter's whole text, LF at line ends."""
    parts = [merge(campaign.letter.salutation, values)]
    if reason.strip():
        parts.append(line_feeds(reason))
    parts += [line_feeds(body), merge(campaign.letter.closing, values)]
    return "\n\n".join(parts)


def for_each(
    campaign: Campaign, shown: Target, target: Target, written: str, *, name: str, postcode: str
) -> str:
    """Return a writer's body as it goes to `target`, who need not be the one that the page showed.

    A pre-written paragraph that its writer left as it was is filled in anew; so a form that was
    served before the writer's name was known names its writer too. Everything else is data, and
    stays as it was typed.
    """
    letter = campaign.letter
    parts = [letter.opening, *(f"{point.lead} {point.text}".strip() for point in letter.points)]
    fresh = merge_values(target, name=name, postcode=postcode)
    known: dict[str, str] = {}
    for offered in ({"name": "", "postcode": ""}, {"name": name, "postcode": postcode}):
        values = {**merge_values(shown), **offered}
        for part in parts:
            before, after = merge(part, values), merge(part, fresh)
            paragraphs = before.split("\n\n"), after.split("\n\n")
            if before != after and len(paragraphs[0]) == len(paragraphs[1]):
                known.update(zip(*paragraphs, strict=True))
    return "\n\n".join(known.get(paragraph, paragraph) for paragraph in written.split("\n\n"))


def subject_for_each(
    campaign: Campaign, shown: Target, target: Target, written: str, *, name: str, postcode: str
) -> str:
    """Return a writer's subject as it goes to `target`: one that was left as offered, anew."""
    fresh = merge_values(target, name=name, postcode=postcode)
    for offered in ({"name": "", "postcode": ""}, {"name": name, "postcode": postcode}):
        values = {**merge_values(shown), **offered}
        for subject in campaign.letter.subjects:
            if merge(subject, values).strip() == written:
                return merge(subject, fresh).strip()
    return written


def line_feeds(typed: str) -> str:
    """Return `typed` with CRLF as LF, and nothing else changed."""
    return typed.replace("\r\n", "\n")


def personal_share(written: str, prewritten: str) -> float:
    """Return how much of `written` is its writer's own, from 0 to 1.

    A word counts as pre-written where it stands in a run of four words that the pre-written text
    has too. Works in a time that grows with the texts' length only.
    """
    words, given = written.casefold().split(), prewritten.casefold().split()
    if not words:
        return 0.0
    run = min(_RUN_WORDS, len(words))
    known = {tuple(given[i : i + run]) for i in range(len(given) - run + 1)}
    own = [True] * len(words)
    for i in range(len(words) - run + 1):
        if tuple(words[i : i + run]) in known:
            own[i : i + run] = [False] * run
    return sum(own) / len(words)
