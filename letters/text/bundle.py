"""Compose a bundle: one mail with many letters to an office, each personal one whole. Pure.

Those who left the letter as it was sign it once, below all others. Where nobody wrote anything of
their own, the mail is a digest: :mod:`letters.text.digest`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from letters.campaign import Campaign, Target
from letters.languages import translations
from letters.text import compose, digest
from letters.text.digest import Signatory
from letters.text.merge import merge
from letters.text.versions import for_target

MOST_BYTES: Final = 1_000_000
"""Of one mail. What does not fit comes in the next."""
_AROUND: Final = 100_000  # what stands before and after the letters, with the letter as offered
_ABOVE: Final = 200  # what stands above each, beside its writer's name, address and place
_PLACES: Final = 20
_RULE: Final = "-" * 40
_BETWEEN: Final = "=" * 40


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A letter that somebody made their own."""

    writer: Signatory
    email: str
    """To which the office answers, or the mark of the letter's own address."""
    subject: str
    text: str
    """Without its foot: one stands below the whole mail."""


@dataclass(slots=True)
class Room:
    """How much still fits into one mail."""

    left: int = MOST_BYTES - _AROUND

    def begins_another(self) -> None:
        """Make room for what stands around the letters of another campaign."""
        self.left -= _AROUND

    def takes(self, one: Enclosed | Signatory) -> bool:
        """Tell whether one more fits, and take it."""
        self.left -= _size(one)
        return self.left >= 0


def _size(one: Enclosed | Signatory) -> int:
    if isinstance(one, Signatory):
        return len(f"{one.name}{one.place}".encode()) + 4
    return _size(one.writer) + len(f"{one.email}{one.subject}{one.text}".encode()) + _ABOVE


def subject(campaign: Campaign, number: int) -> str:
    """Return a bundle's subject."""
    ours = translations(campaign.language)
    offered = ours.ngettext("{number} letter: {title}", "{number} letters: {title}", number)
    return offered.format(number=number, title=campaign.title)[:200]


def text(
    campaign: Campaign,
    target: Target,
    enclosed: Sequence[Enclosed],
    signatories: Sequence[Signatory],
    today: date,
    foot: str = "",
    mark: str = "",
) -> str:
    """Return the text of a bundle: how many and from where, the letters, who left it as it was."""
    campaign = for_target(campaign, target)
    values = compose.merge_values(target)
    ours = translations(campaign.language)
    writers = [*(each.writer for each in enclosed), *signatories]
    number = len(writers)
    head = ours.ngettext(
        "{number} person wrote to you {when}, in the campaign “{title}”.",
        "{number} people wrote to you {when}, in the campaign “{title}”. To spare your office it "
        "comes in one message.",
        number,
    ).format(number=number, when=digest.when(campaign, writers), title=campaign.title)
    parts = [digest.told(campaign, today), merge(campaign.letter.salutation, values), head]
    parts += _places(campaign, writers)
    if any(each.email for each in enclosed):
        parts.append(ours.gettext("The address to answer each of them stands above the letter."))
    if mark:
        parts.append(mark)
    for place, each in enumerate(enclosed, 1):
        parts += [_above(campaign, each, place, len(enclosed)), each.text]
    if enclosed:
        parts.append(_RULE)
    if signatories:
        whole = ours.ngettext(
            "{number} person sent you this letter as the campaign offers it:",
            "{number} people sent you this letter as the campaign offers it:",
            len(signatories),
        ).format(number=len(signatories))
        parts += [whole, *digest.signed(campaign, values, signatories)]
    return "\n\n".join([*parts, foot] if foot else parts)


def subject_of_several(campaign: Campaign, number: int, campaigns: int) -> str:
    """Return the subject of one mail with the bundles of several campaigns."""
    ours = translations(campaign.language)
    offered = ours.ngettext(
        "{number} letter from {campaigns} campaigns",
        "{number} letters from {campaigns} campaigns",
        number,
    )
    return offered.format(number=number, campaigns=campaigns)


def text_of_several(texts: Sequence[str]) -> str:
    """Return the text of one mail with the bundles of several campaigns, one below the other."""
    return f"\n\n\n{_BETWEEN}\n\n\n".join(texts)


def own_address(letter_id: str) -> str:
    """Return the mark of a letter's own address for answers: it is known where the mail leaves."""
    return f"<{letter_id}>"


def to_all(letter_id: str) -> str:
    """Return the mark of the sentence that says what an answer to all becomes."""
    return f"<{letter_id}: all>"


def goes_to_all(campaign: Campaign) -> str:
    """Return that sentence."""
    _ = translations(campaign.language).gettext
    return _(
        "An answer to this message goes to everybody who wrote to you in this campaign, as soon as "
        "an organiser has read it."
    )


def filled_in(text: str, marks: Mapping[str, str]) -> str:
    """Return a mail's text with what stands for its marks; a mark for nothing goes."""
    parts = text.split("\n\n")
    kept = (part for part in parts if marks.get(part) != "")
    return "\n".join(marks.get(each, each) for each in "\n\n".join(kept).split("\n"))


def _above(campaign: Campaign, each: Enclosed, place: int, number: int) -> str:
    _ = translations(campaign.language).gettext
    lines = [
        _RULE,
        _("Letter {place} of {number}").format(place=place, number=number),
        _("From: {writer}").format(writer=digest.line(each.writer)),
        each.email,
        _("Subject: {subject}").format(subject=each.subject),
    ]
    return "\n".join(filter(None, lines))


def _places(campaign: Campaign, writers: Sequence[Signatory]) -> list[str]:
    """Return a sentence that says from where, with the most frequent first; none if not known."""
    counted = Counter(each.place.upper() for each in writers if each.place)
    if not counted:
        return []
    ours = translations(campaign.language)
    shown = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    named = [place if n == 1 else f"{place} ({n})" for place, n in shown[:_PLACES]]
    more = len(shown) - len(named)
    if more:
        others = ours.ngettext("{number} more place", "{number} more places", more)
        named.append(others.format(number=more))
    return [ours.gettext("They write from: {places}.").format(places=", ".join(named))]
