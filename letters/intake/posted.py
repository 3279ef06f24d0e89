"""What a supporter posted, read once. Values only."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NAME_MAX: Final = 100
EMAIL_MAX: Final = 254
POSTCODE_MAX: Final = 20
ADDRESS_MAX: Final = 300
ADDRESS_LINES: Final = 4
SUBJECT_MAX: Final = 200
REASON_MAX: Final = 2_000
BODY_MAX: Final = 10_000
CLOSING_MAX: Final = 2_000
_SOURCE: Final = re.compile(r"[a-z0-9_-]{1,40}")
_NO: Final = frozenset({"", "n", "no", "0", "off", "false"})
_BLANK: Final = " \t\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))


class Field(StrEnum):
    """A field of the form, by the name that it is posted with."""

    NAME = "name"
    EMAIL = "email"
    POSTCODE = "postcode"
    ADDRESS = "address"
    REASON = "reason"
    SUBJECT = "subject"
    BODY = "body"
    CLOSING = "closing"
    TARGET = "target"
    LETTER = "letter"
    """The form as a whole: what is wrong lies in no field that a person fills in."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What was posted to a campaign, before anybody looks at whether it will do."""

    name: str = ""
    email: str = ""
    """As typed; what of it is an address is read by :func:`letters.text.addresses.read_address`."""
    postcode: str = ""
    address: str = ""
    """Street and town; up to four lines."""
    reason: str = ""
    subject: str = ""
    body: str = ""
    closing: str | None = None
    """How the letter ends, before the name; None: as it is offered to each."""
    points: tuple[str, ...] = ()
    """Keys of the points kept, in the writer's order."""
    order: tuple[str, ...] = ()
    """Keys of all points, those dropped among them."""
    targets: tuple[str, ...] = ()
    """Ids of the targets chosen, where the writer chooses."""
    opt_in: bool = False
    source: str = ""
    """The code of the link that led to the form, by :func:`source_code`."""
    unreadable: frozenset[Field] = frozenset()
    """Fields of which some bytes were no UTF-8."""
    has_hidden_control: bool = False
    """A control character stands in a field that people do not fill in."""


def is_ticked(value: str) -> bool:
    """Tell whether a box was ticked, by the value that was posted for it."""
    return value.strip().lower() not in _NO


def source_code(text: str) -> str:
    """Return `text` if it can be a source code, and nothing otherwise: nobody typed it here."""
    return text if _SOURCE.fullmatch(text) else ""


def trimmed(text: str) -> str:
    """Return `text` without white space at its ends. Line ends stay, to be refused."""
    return text.strip(_BLANK)
