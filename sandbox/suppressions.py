"""Keep suppression lists as SendGrid does: what goes to an address on one is dropped.

An address that bounced, complained or is invalid is on its list from the moment at which that
happened until it is taken off. Blocks are listed and not suppressed. `dropped@…` is on the list of
bounces to begin with.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.behaviour.events import BOUNCED_ADDRESS, INVALID, Step, local_part, story_of
from sandbox.mail.messages import Listing, Message, Messages
from sandbox.mail.shapes import Json

GLOBAL: Final = "global"
LISTS: Final = ("bounces", "blocks", "invalid_emails", "spam_reports")
_REASONS: Final[Mapping[str, str]] = {
    "bounces": BOUNCED_ADDRESS,
    "spam_reports": "Spam Reporting Address",
    "invalid_emails": INVALID,
    GLOBAL: "Unsubscribed Address",
}


@dataclass(frozen=True)
class Entry:
    """An address on a list since `created`, in Unix seconds, and why."""

    email: str
    created: float
    reason: str
    status: str

    def as_json(self) -> Json:
        """Give the entry as SendGrid does."""
        return {
            "created": int(self.created),
            "email": self.email,
            "reason": self.reason,
            "status": self.status,
        }


class Suppressions:
    """All lists."""

    def __init__(self, messages: Messages) -> None:
        """Learn from what was taken earlier, and from what was changed by hand."""
        self._messages = messages
        self._entries: dict[tuple[str, str], Entry] = {}
        self._taken_off: set[tuple[str, str]] = set()
        for message in messages:
            self.learn(message)
        for listing in messages.listings:
            self._obey(listing)

    def find(self, name: str, email: str, now: float) -> Entry | None:
        """Find an address on a list."""
        key = (name, email.lower())
        entry = self._entries.get(key)
        if entry is None and name == "bounces" and local_part(email) == "dropped":
            entry = None if key in self._taken_off else Entry(key[1], 0.0, BOUNCED_ADDRESS, "5.0.0")
        return entry if entry is not None and entry.created <= now else None

    def change(self, listing: Listing) -> None:
        """Put an address on a list or take it off, and keep that."""
        self._messages.enlist(listing)
        self._obey(listing)

    def fates(self, message: Message) -> dict[str, str]:
        """Give SendGrid's reason for each address of a message that it drops.

        It is empty for one that was on a list to begin with, and has been taken off.
        """
        fates: dict[str, str] = {}
        for recipient in message.recipients():
            email = recipient.email.lower()
            for name, reason in _REASONS.items():
                if self.find(name, email, message.received_at):
                    fates.setdefault(email, reason)
            if ("bounces", email) in self._taken_off and local_part(email) == "dropped":
                fates.setdefault(email, "")
        return fates

    def learn(self, message: Message) -> None:
        """List whom a message will not reach."""
        for recipient in message.recipients():
            email = recipient.email.lower()
            for name, step in _listed(story_of(message, recipient)):
                at = message.received_at + step.after_s
                status = str(step.fields.get("status", ""))
                self._entries[name, email] = Entry(email, at, step.said(), status)

    def _obey(self, listing: Listing) -> None:
        key = (listing.name, listing.email.lower())
        if listing.on:
            self._entries[key] = Entry(key[1], listing.at, "", "")
            return
        entry = self._entries.get(key)
        if entry is None or entry.created <= listing.at:
            self._entries.pop(key, None)
            self._taken_off.add(key)


def _listed(steps: tuple[Step, ...]) -> Iterator[tuple[str, Step]]:
    for step in steps:
        match step.event, step.fields.get("type"), step.fields.get("reason"):
            case "bounce", "blocked", _:
                yield "blocks", step
            case "bounce", _, _:
                yield "bounces", step
            case "spamreport", _, _:
                yield "spam_reports", step
            case "dropped", _, reason if reason == INVALID:
                yield "invalid_emails", step
