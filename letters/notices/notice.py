"""A notice: a mail from us. Pure.

None of a visitor's words stand in one unless the address has been confirmed: whoever types an
address can be a stranger to it. Each has its link bare on a line of its own.
"""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Notice:
    """A mail from us: subject and plain text."""

    subject: str
    body: str

    @classmethod
    def of(cls, subject: str, *paragraphs: str) -> Self:
        """Return a notice of paragraphs, with a blank line between them."""
        return cls(subject, "\n\n".join(paragraphs) + "\n")
