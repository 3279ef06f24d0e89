"""Say what stands on a printed letter. Whoever only says it need not load what sets it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from letters.languages import Language

BLANK: Final = "_" * 24
"""Room to write in; on a line of its own it is a line to sign on."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One letter, its merge fields filled in. Paragraphs have blank lines between them."""

    address: str
    """The addressee's lines; empty: room to write them."""
    date: str
    subject: str
    salutation: str
    body: str
    closing: str


def set_on_paper(
    sheets: Sequence[Sheet], *, title: str, language: Language, day: date, whose: str = ""
) -> bytes:
    """Return letters as a PDF. What sets them is loaded when the first is wanted."""
    from letters.text.paper.typeset import typeset  # noqa: PLC0415 - half of the web server's start

    return typeset(sheets, title=title, language=language, day=day, whose=whose)
