"""Compose a digest: one letter for an office, signed by everyone who left its text as it was. Pure.

A campaign asks for it with `identical = "digest"`. What its writers changed goes one by one.
"""

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
) -> str:
    """Return the text of a digest: date, salutation, why it is one mail, the letter, the names."""
    campaign = for_target(campaign, target)
    values = compose.merge_values(target)
    keys = [point.key for point in campaign.letter.points]
    first = min(s.signed_on for s in signatories)
    last = max(s.signed_on for s in signatories)
    ours = translations(campaign.language)

    def told(day: date) -> str:
        return str(format_date(day, "long", campaign.language.locale))

    number = len(signatories)
    when = (
        ours.gettext("on {day}").format(day=told(first))
        if first == last
        else ours.gettext("between {first} and {last}").format(first=told(first), last=told(last))
    )
    why = ours.ngettext(
        "{number} person sent you the letter below {when}, in the campaign “{title}”.",
        "{number} people sent you the letter below {when}, in the campaign “{title}”. To spare "
        "your office it comes once, signed by all of them.",
        number,
    ).format(number=number, when=when, title=campaign.title)
    return "\n\n".join(
        (
            told(today),
            merge(campaign.letter.salutation, values),
            why,
            compose.body(campaign, values, keys),
            _closing(campaign, values),
            "\n".join(_line(s) for s in signatories),
        )
    )


def _closing(campaign: Campaign, values: dict[str, str]) -> str:
    """Return the closing without the lines that name one writer: all of them sign below it."""
    lines = campaign.letter.closing.split("\n")
    return merge("\n".join(x for x in lines if not _OF_ONE_WRITER & fields(x)), values).strip("\n")


def _line(signatory: Signatory) -> str:
    return f"{signatory.name}, {signatory.place}" if signatory.place else signatory.name
