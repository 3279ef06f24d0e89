"""Write the notices that we mail to supporters and organisers. Pure.

None of a visitor's words stand in a notice: whoever types an address can be a stranger to it.
Each has its link bare on a line of its own.
"""

from dataclasses import dataclass
from enum import StrEnum
from gettext import NullTranslations
from typing import Protocol

from letters.campaign import Campaign, Confirm


class Translations(Protocol):
    """What turns our English sentences into the campaign's language."""

    def gettext(self, message: str) -> str:
        """Return `message` in the campaign's language."""
        ...


class NoticeKind(StrEnum):
    """Why we write."""

    CONFIRM = "confirm"
    RECEIPT = "receipt"
    REMINDER = "reminder"


@dataclass(frozen=True, slots=True)
class Notice:
    """A mail from us: subject and plain text."""

    subject: str
    body: str


ENGLISH: Translations = NullTranslations()


def first_notice(campaign: Campaign, link: str, translations: Translations = ENGLISH) -> Notice:
    """Return what follows a first submission: the link to confirm, or to the receipt."""
    kind = NoticeKind.CONFIRM if campaign.confirm is Confirm.BEFORE_SENDING else NoticeKind.RECEIPT
    return write(kind, campaign, link, translations)


def write(
    kind: NoticeKind, campaign: Campaign, link: str, translations: Translations = ENGLISH
) -> Notice:
    """Return a notice about a submission to `campaign`."""
    _ = translations.gettext
    title = campaign.title
    stranger = _(
        "If you did not write this letter, you need do nothing. Somebody may have typed your "
        "address by mistake."
    )
    if kind is NoticeKind.RECEIPT:
        subject = _("Your letter: {title}").format(title=title)
        parts = [
            _("Thank you for writing in the campaign “{title}”.").format(title=title),
            _("This page shows your letter and where it is. You can change or withdraw it there "
              "until it has left:"),
            link,
            _("Keep this mail: the link is yours alone."),
        ]  # fmt: skip
    else:
        subject = (
            _("Please confirm your letter: {title}")
            if kind is NoticeKind.CONFIRM
            else _("Your letter still waits for you: {title}")
        ).format(title=title)
        parts = [
            _("A letter in the campaign “{title}” was written with this address.").format(
                title=title
            ),
            _("It leaves once you have read it and said yes on this page:"),
            link,
            _("Without your yes nothing is sent, and the letter expires after seven days."),
        ]
    return Notice(subject, "\n\n".join([*parts, stranger]) + "\n")
