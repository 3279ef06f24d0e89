"""Compose a digest: one letter for an office, signed by everyone who left its text as it was. Pure.

A campaign asks for it with `identical = "digest"`. What its writers changed goes one by one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from babel.dates import format_date

from letters.campaign import Campaign, Target
from letters.languages import translations
from letters.text import compose
from letters.text.merge import fields, merge
from letters.text.versions import for_target

_ADDRESS: Final = "{address}"
_OF_ONE_WRITER: Final = frozenset({"name", "postcode", "address"})


@dataclass(frozen=True, slots=True)
class Signatory:
    """Somebody who signs a digest."""

    name: str
    place: str
    """A postcode; empty where the campaign asks for none."""
    signed_on: date


def is_untouched(
    campaign: Campaign, target: Target, *, subject: str, text: str, **writer: str
) -> bool:
    """Tell whether a letter is what the campaign offered, with every point in its place."""
    campaign = for_target(campaign, target)
    values = compose.merge_values(target, **writer)
    keys = [point.key for point in campaign.letter.points]
    offered = compose.text(campaign, values, reason="", body=compose.body(campaign, values, keys))
    subjects = {merge(offer, values) for offer in campaign.letter.subjects}
    return compose.without_foot(text) == offered and subject in subjects


def address_in(campaign: Campaign, target: Target, text: str, **writer: str) -> str:
    """Return the postal address that stands in a letter's closing; empty if none is found there.

    It is kept nowhere else. `campaign` has the letter that the target gets.
    """
    before, mark, after = campaign.letter.closing.partition(_ADDRESS)
    if not mark or "address" in fields(f"{before}{after}") or before.endswith("{"):
        return ""
    values = compose.merge_values(target, **writer)
    around = (re.escape(merge(part, values)) for part in (before, after))
    found = re.search(r"\n\n{}(.*){}\Z".format(*around), compose.without_foot(text), re.DOTALL)
    return found[1] if found else ""


def subject(campaign: Campaign, target: Target) -> str:
    """Return a digest's subject."""
    values = compose.merge_values(target)
    offered = merge(for_target(campaign, target).letter.subjects[0], values)
    _ = translations(campaign.language).gettext
    return _("{subject} (signed by several)").format(subject=offered)


def text(
    campaign: Campaign,
    target: Target,
    signatories: Sequence[Signatory],
    today: date,
    foot: str = "",
    mark: str = "",
) -> str:
    """Return the text of a digest: date, salutation, why it is one mail, the letter, the names."""
    campaign = for_target(campaign, target)
    values = compose.merge_values(target)
    ours = translations(campaign.language)
    number = len(signatories)
    why = ours.ngettext(
        "{number} person sent you the letter below {when}, in the campaign “{title}”.",
        "{number} people sent you the letter below {when}, in the campaign “{title}”. To spare "
        "your office it comes once, signed by all of them.",
        number,
    ).format(number=number, when=when(campaign, signatories), title=campaign.title)
    parts = (
        told(campaign, today),
        merge(campaign.letter.salutation, values),
        why,
        *([mark] if mark else []),
        *signed(campaign, values, signatories),
    )
    return "\n\n".join([*parts, foot] if foot else parts)


def told(campaign: Campaign, day: date) -> str:
    """Return a day as a letter's head has it."""
    return str(format_date(day, "long", campaign.language.locale))


def when(campaign: Campaign, writers: Sequence[Signatory]) -> str:
    """Return on which days people wrote, as part of a sentence."""
    first = min(writer.signed_on for writer in writers)
    last = max(writer.signed_on for writer in writers)
    _ = translations(campaign.language).gettext
    if first == last:
        return _("on {day}").format(day=told(campaign, first))
    return _("between {first} and {last}").format(
        first=told(campaign, first), last=told(campaign, last)
    )


def signed(
    campaign: Campaign, values: dict[str, str], signatories: Sequence[Signatory]
) -> tuple[str, str, str]:
    """Return the letter as it was offered: body, closing, and the names of who signs it.

    `campaign` has the letter that the target gets.
    """
    keys = [point.key for point in campaign.letter.points]
    return (
        compose.body(campaign, values, keys),
        _closing(campaign, values),
        "\n".join(line(s) for s in signatories),
    )


def names_its_writer(campaign: Campaign) -> bool:
    """Tell whether more than the closing of a letter names its writer: then none is like another.

    `campaign` has the letter that the target gets.
    """
    letter = campaign.letter
    texts = [letter.salutation, letter.opening, *(f"{p.lead} {p.text}" for p in letter.points)]
    return any(_OF_ONE_WRITER & fields(text) for text in texts)


def _closing(campaign: Campaign, values: dict[str, str]) -> str:
    """Return the closing without the lines that name one writer: all of them sign below it."""
    lines = campaign.letter.closing.split("\n")
    return merge("\n".join(x for x in lines if not _OF_ONE_WRITER & fields(x)), values).strip("\n")


def line(signatory: Signatory) -> str:
    """Return a writer's name, and place where that is asked."""
    return f"{signatory.name}, {signatory.place}" if signatory.place else signatory.name
