"""A message that came in, as far as anybody here needs it. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Content:
    """What a message says: its text as a mail program would show it."""

    text: str
    attachments: tuple[str, ...] = ()
    """Their names. What is in them is not kept."""
    report: str = ""
    """Of a report (RFC 6522) what it is about, such as "delivery-status"; else empty."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message that came in."""

    recipients: tuple[str, ...]
    """The addresses that it was brought to, as they were written."""
    return_path: str | None
    """Where bounces of it go; empty: nowhere; None: it is not known."""
    sender: str
    """The address in From, in lower case; empty if there is none."""
    subject: str
    content: Content
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those of :data:`letters.mail.kinds.SIGNS`, the first of each, by names in lower case."""

    def header(self, name: str) -> str:
        """Return a header, or an empty text."""
        return self.headers.get(name, "")
