"""Write the notices that we mail to supporters and organisers. Pure.

None of a visitor's words stand in a notice: whoever types an address can be a stranger to it.
Each has its link bare on a line of its own.
"""

from dataclasses import dataclass

from letters.campaign import Campaign
from letters.languages import translations


@dataclass(frozen=True, slots=True)
class Notice:
    """A mail from us: subject and plain text."""

    subject: str
    body: str


def first_notice(campaign: Campaign, link: str, *, must_confirm: bool) -> Notice:
    """Return what follows a first submission: the link to confirm, or to the receipt."""
    _ = translations(campaign.language).gettext
    title = campaign.title
    if must_confirm:
        subject = _("Please confirm your letter: {title}")
        parts = [
            _("A letter in the campaign “{title}” was written with this address."),
            _("It leaves once you have read it and said yes on this page:"),
            link,
            _("Without your yes nothing is sent, and the letter expires after seven days."),
        ]
    else:
        subject = _("Your letter: {title}")
        parts = [
            _("Thank you for writing in the campaign “{title}”."),
            _("This page shows your letter and where it is. You can change or withdraw it there "
              "until it has left:"),
            link,
            _("Keep this mail: the link is yours alone."),
        ]  # fmt: skip
    parts[0] = parts[0].format(title=title)
    stranger = _(
        "If you did not write this letter, you need do nothing. Somebody may have typed your "
        "address by mistake."
    )
    return Notice(subject.format(title=title), "\n\n".join([*parts, stranger]) + "\n")
