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

WRITER: Final = "Ana Example"
POSTCODE: Final = "AB1 2CD"


@dataclass(frozen=True, slots=True)
class Sheet:
    """The letter that one target would get."""

    target: Target
    subject: str
    text: str


def sheets(campaign: Campaign, most: int) -> list[Sheet]:
    """Return the letter to each of the first targets, exactly as it would leave."""
    keys = [point.key for point in campaign.letter.points]
    found = []
    for target in campaign.targets[:most]:
        values = merge_values(target, name=WRITER, postcode=POSTCODE)
        # The page fills in the body before a writer has typed a name.
        words = body(campaign, merge_values(target), keys)
        subject = merge(campaign.letter.subjects[0], merge_values(target))
        found.append(Sheet(target, subject, text(campaign, values, reason="", body=words)))
    return found


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
