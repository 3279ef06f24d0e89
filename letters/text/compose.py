"""Compose the text of a letter. Pure.

The text is salutation, blank line, the writer's reason if there is one and a blank line, the body,
blank line, closing, and a foot where the office has a page. Organisers' words may hold merge
fields; a writer's words are data. A writer may change the closing down to what says who writes:
that is filled in always.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from letters.campaign import Campaign, Target
from letters.languages import Language, translations
from letters.text.merge import merge, split_before
from letters.text.versions import for_target, letter_for
from letters.text.visible import is_empty

_RUN_WORDS: Final = 4
_OF_ONE_WRITER: Final = frozenset({"name", "postcode", "address"})
_FOOT: Final = re.compile(r"\n\n-- \n[^\n]+\nhttps?://[^\s]+/o/[0-9]+\.[A-Za-z0-9_-]{43}\Z")


def merge_values(
    target: Target, *, name: str = "", postcode: str = "", address: str = ""
) -> dict[str, str]:
    """Return the merge fields' values for one target and one writer."""
    return {
        "salutation": target.salutation,
        "target": target.name,
        "role": target.role,
        "name": name,
        "postcode": postcode,
        "address": address,
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


@dataclass(frozen=True, slots=True)
class Closing:
    """A closing in two parts."""

    own: str
    """What the writer may change."""
    signed: str
    """From the name, postcode or address on, with what stands before it."""


def closing_of(campaign: Campaign, values: dict[str, str]) -> Closing:
    """Return the closing as it is offered."""
    before, signed = split_before(campaign.letter.closing, _OF_ONE_WRITER)
    own = before.rstrip()
    between = before[len(own) :] if own else "\n"
    return Closing(
        merge(own, values), f"{between}{merge(signed, values)}" if signed else before[len(own) :]
    )


def _closed(campaign: Campaign, values: dict[str, str], own: str | None) -> str:
    if own is None:
        return merge(campaign.letter.closing, values)
    signed = closing_of(campaign, values).signed
    return signed.lstrip() if is_empty(own) else f"{line_feeds(own)}{signed}"


def text(
    campaign: Campaign,
    values: dict[str, str],
    *,
    reason: str,
    body: str,
    closing: str | None = None,
    foot: str = "",
) -> str:
    """Return a letter's whole text, LF at line ends. `foot` is by :func:`foot`, or empty.

    `closing` is how the writer ends it, before the name; None: as it is offered.
    """
    parts = [merge(campaign.letter.salutation, values)]
    if not is_empty(reason):
        parts.append(line_feeds(reason))
    parts.append(line_feeds(body))
    closed = _closed(campaign, values, closing)
    if closed or closing is None:
        parts.append(closed)
    if foot:
        parts.append(foot)
    return "\n\n".join(parts)


def foot(language: Language, link: str) -> str:
    """Return what stands below a letter: the way to its office's own page."""
    words = translations(language).gettext("For this office: what came, what waits, and your wish")
    return f"-- \n{words}\n{link}"


def without_foot(whole: str) -> str:
    """Return a letter's text without the link of the office that it was for."""
    return _FOOT.sub("", whole)


def foot_of(whole: str) -> str:
    """Return the foot of a letter's text; empty: it has none."""
    return whole[len(without_foot(whole)) :].lstrip("\n")


def for_each(campaign: Campaign, shown: Target, target: Target, written: str, **writer: str) -> str:
    """Return a writer's body as it goes to `target`: of :func:`for_all` the only one."""
    (turned,) = for_all(campaign, shown, [target], written, **writer)
    return turned


def for_all(
    campaign: Campaign, shown: Target, targets: Iterable[Target], written: str, **writer: str
) -> Iterator[str]:
    """Yield a writer's body as it goes to each target, who need not be the one the page showed.

    A pre-written paragraph that its writer left as it was is filled in anew, from the version of
    the letter that the target gets; so a form that was served before the writer's name was known
    names its writer too. Everything else is data, and stays as it was typed. `writer` is what the
    merge fields say of who writes.
    """
    keys = [point.key for point in campaign.letter.points]
    ours = letter_for(campaign.letter, shown)
    points = [(point.key, f"{point.lead} {point.text}".strip()) for point in ours.points]
    as_served = _as_served(shown, writer)
    whole = {body(for_target(campaign, shown), values, keys) for values in as_served}
    served: list[list[list[str]]] = []
    for values in as_served:
        parts = [_paragraphs(part, values) for part in (ours.opening, *(p for _, p in points))]
        if parts not in served:  # most letters say nothing of who writes
            served.append(parts)
    typed = frozenset(written.split("\n\n"))
    is_own = typed.isdisjoint(chain.from_iterable(chain.from_iterable(served)))
    for target in targets:
        if written in whole:
            yield body(for_target(campaign, target), merge_values(target, **writer), keys)
            continue
        if is_own:
            yield written
            continue
        fresh = merge_values(target, **writer)
        theirs = letter_for(campaign.letter, target)
        offered = {point.key for point in theirs.points}
        anew = [
            _paragraphs(theirs.opening, fresh),
            *(_paragraphs(part, fresh) if key in offered else [] for key, part in points),
        ]
        yield _turned(written, served, anew)


def _paragraphs(part: str, values: dict[str, str]) -> list[str]:
    return merge(part, values).split("\n\n")


def _turned(written: str, served: Iterable[list[list[str]]], anew: list[list[str]]) -> str:
    """Return a body with what was `served` in it, part by part, exchanged for what is `anew`."""
    paragraphs = written.split("\n\n")
    known: dict[str, str] = {}
    for parts in served:
        for before, after in zip(parts, anew, strict=True):
            if len(before) == len(after):
                known.update((a, b) for a, b in zip(before, after, strict=True) if a != b)
            else:
                paragraphs = _exchanged(paragraphs, before, after)
    return "\n\n".join(known.get(paragraph, paragraph) for paragraph in paragraphs)


def _as_served(shown: Target, writer: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the values that the page may have been filled in with: before and after typing."""
    return merge_values(shown), merge_values(shown, **writer)


def _exchanged(paragraphs: list[str], before: list[str], after: list[str]) -> list[str]:
    for place in range(len(paragraphs) - len(before) + 1):
        if paragraphs[place : place + len(before)] == before:
            return [*paragraphs[:place], *after, *paragraphs[place + len(before) :]]
    return paragraphs


def subject_for_each(
    campaign: Campaign, shown: Target, target: Target, written: str, **writer: str
) -> str:
    """Return a writer's subject as it goes to one target: see :func:`subjects_for_all`."""
    (turned,) = subjects_for_all(campaign, shown, [target], written, **writer)
    return turned


def subjects_for_all(
    campaign: Campaign, shown: Target, targets: Iterable[Target], written: str, **writer: str
) -> Iterator[str]:
    """Yield a writer's subject as it goes to each target: one that was left as offered, anew."""
    ours = letter_for(campaign.letter, shown).subjects
    served = [
        place
        for values in _as_served(shown, writer)
        for place, subject in enumerate(ours)
        if merge(subject, values).strip() == written
    ]
    for target in targets:
        if not served:
            yield written
            continue
        theirs = letter_for(campaign.letter, target).subjects
        own = theirs[served[0] % len(theirs)]
        yield merge(own, merge_values(target, **writer)).strip()


def own_closing(
    campaign: Campaign, offered_to: Iterable[Target], written: str | None
) -> str | None:
    """Return how a writer ends each letter; None: as it is offered to each, since it was left so.

    Without a script the page keeps one target's closing, whoever is chosen then.
    """
    if written is None:
        return None
    left = line_feeds(written).rstrip()
    offered = (
        closing_of(for_target(campaign, target), merge_values(target)).own for target in offered_to
    )
    return None if any(left == each.rstrip() for each in offered) else written


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
