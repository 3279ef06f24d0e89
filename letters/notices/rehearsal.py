"""Show a campaign's letter before anybody writes it: as its targets would get it, and as a test.

Pure. The writer is made up, and changes nothing.
"""

from dataclasses import dataclass
from typing import Final

from letters.campaign import Campaign, Target
from letters.languages import translations
from letters.notices.notice import Notice
from letters.text.compose import body, merge_values, text
from letters.text.merge import merge
from letters.text.versions import for_target, version_key

WRITER: Final = "Ana Example"
POSTCODE: Final = "AB1 2CD"
ADDRESS: Final = "1 Quay Street\nPorttown"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The letter that one target would get."""

    target: Target
    subject: str
    text: str
    version: str
    """Of the letter; empty: the letter itself."""


def sheets(campaign: Campaign, most: int) -> list[Sheet]:
    """Return the letter to each of the first targets, exactly as it would leave.

    One of every version that somebody gets comes first, however many there are.
    """
    keys = [point.key for point in campaign.letter.points]
    found = []
    first, others = _of_every_version(campaign)
    for target in [*first, *others[: max(0, most - len(first))]]:
        theirs = for_target(campaign, target)
        values = merge_values(target, name=WRITER, postcode=POSTCODE, address=ADDRESS)
        # The page fills in the body before a writer has typed a name.
        words = body(theirs, merge_values(target), keys)
        subject = merge(theirs.letter.subjects[0], merge_values(target))
        whole = text(theirs, values, reason="", body=words)
        found.append(Sheet(target, subject, whole, version_key(campaign.letter, target)))
    return found


def _of_every_version(campaign: Campaign) -> tuple[list[Target], list[Target]]:
    """Return the targets who are the first to get a version of the letter, and the others."""
    first: dict[str, Target] = {}
    for target in campaign.targets:
        first.setdefault(version_key(campaign.letter, target), target)
    others = [target for target in campaign.targets if target not in first.values()]
    return [*first.values()], others


def notice_of_test(campaign: Campaign, link: str) -> Notice:
    """Return the mail that shows an organiser the letter to the first target, marked as a test."""
    _ = translations(campaign.language).gettext
    sheet = sheets(campaign, 1)[0]
    parts = [
        _("This is a test. Nobody else got it, and it counts as no letter."),
        _("The letter to {name} reads as follows. The campaign is prepared here:").format(
            name=sheet.target.name
        ),
        link,
        "- - -",
        sheet.text,
    ]
    return Notice(_("[Test] {subject}").format(subject=sheet.subject), "\n\n".join(parts) + "\n")
