"""Find what is wrong with what was posted. Pure: reasons come out, and doors say them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from letters.intake.posted import (
    ADDRESS_LINES,
    ADDRESS_MAX,
    BODY_MAX,
    CLOSING_MAX,
    EMAIL_MAX,
    NAME_MAX,
    POSTCODE_MAX,
    REASON_MAX,
    SUBJECT_MAX,
    Field,
    Posted,
)
from letters.text.addresses import BadAddress, Malformed, read_address
from letters.text.compose import line_feeds
from letters.text.visible import BIDI_CONTROLS, Control, controls, is_empty

_LINE_END: Final = re.compile(r"[\r\n\u2028\u2029]")
_LIKE_AN_ADDRESS: Final = re.compile(r"[@<>]|://")


class Wrong(StrEnum):
    """What can be wrong with a field."""

    MISSING = "missing"
    TOO_LONG = "too-long"
    CONTROL = "control"
    """It holds a control character, which nobody sees."""
    UNREADABLE = "unreadable"
    """Some of its bytes were no UTF-8."""
    LINE_END = "line-end"
    """It has to be one line; a line end could forge a mail's headers."""
    BIDI = "bidi"
    """It holds a mark that turns the direction of what follows, so it shows as something else."""
    LIKE_AN_ADDRESS = "like-an-address"
    """A name that reads as an address or a link: mail servers take it for a forgery."""
    NO_ADDRESS = "no-address"
    LOCAL_NOT_ASCII = "local-not-ascii"
    A_TARGETS = "a-targets"
    """The address is one that the campaign writes to."""
    UNSERVED = "unserved"
    """Nobody serves the postcode."""
    TOO_MANY = "too-many"
    """More targets than one writer may choose, or more lines than an address may have."""
    TOO_LATE = "too-late"
    """No letter can reach whom it is for before its end."""
    HIDDEN_CONTROL = "hidden-control"
    """A control character stands where nobody types: some program made it up."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong with what was posted."""

    field: Field
    wrong: Wrong
    control: Control | None = None
    """The first control character, for CONTROL."""
    over: int = 0
    """By how many characters it is too long, for TOO_LONG."""
    most: int = 0
    """How many characters are possible, for TOO_LONG; how many of them, for TOO_MANY."""


def faults_in(posted: Posted) -> Iterator[Fault]:
    """Yield what is wrong with the fields by themselves, in the order of the form.

    At most one fault a field: the first that a person would mend.
    """
    yield from _first(_faults_in_name(posted))
    yield from _first(_faults_in_email(posted))
    yield from _first(_of_line(posted, Field.POSTCODE, posted.postcode, POSTCODE_MAX))
    yield from _first(_faults_in_postal_address(posted))
    yield from _first(_of_text(posted, Field.REASON, posted.reason, REASON_MAX))
    yield from _first(faults_in_subject(posted.subject, posted.unreadable))
    yield from _first(faults_in_body(posted.body, BODY_MAX, posted.unreadable))
    yield from _first(_of_text(posted, Field.CLOSING, posted.closing or "", CLOSING_MAX))


def faults_in_subject(subject: str, unreadable: frozenset[Field] = frozenset()) -> Iterator[Fault]:
    """Yield what is wrong with a subject."""
    if _is_missing(subject):
        yield Fault(Field.SUBJECT, Wrong.MISSING)
    yield from _of_line(Posted(unreadable=unreadable), Field.SUBJECT, subject, SUBJECT_MAX)
    if BIDI_CONTROLS & set(subject):
        yield Fault(Field.SUBJECT, Wrong.BIDI)


def faults_in_body(
    body: str, most: int, unreadable: frozenset[Field] = frozenset()
) -> Iterator[Fault]:
    """Yield what is wrong with the text of a letter of at most `most` characters."""
    if _is_missing(body):
        yield Fault(Field.BODY, Wrong.MISSING)
    yield from _of_text(Posted(unreadable=unreadable), Field.BODY, body, most)


def _is_missing(text: str) -> bool:
    """Tell whether there is nothing: what holds a control character alone is told of that."""
    return is_empty(text) and next(controls(text), None) is None


def _faults_in_name(posted: Posted) -> Iterator[Fault]:
    if _is_missing(posted.name):
        yield Fault(Field.NAME, Wrong.MISSING)
    yield from _of_line(posted, Field.NAME, posted.name, NAME_MAX)
    if BIDI_CONTROLS & set(posted.name):
        yield Fault(Field.NAME, Wrong.BIDI)
    if _LIKE_AN_ADDRESS.search(posted.name):
        yield Fault(Field.NAME, Wrong.LIKE_AN_ADDRESS)


def _faults_in_email(posted: Posted) -> Iterator[Fault]:
    yield from _of_line(posted, Field.EMAIL, posted.email, 2 * EMAIL_MAX)
    try:
        read_address(posted.email)
    except BadAddress as error:
        yield Fault(Field.EMAIL, _ADDRESS_FAULTS[error.why])


def _faults_in_postal_address(posted: Posted) -> Iterator[Fault]:
    yield from _of_text(posted, Field.ADDRESS, posted.address, ADDRESS_MAX)
    if len(posted.address.splitlines()) > ADDRESS_LINES:
        yield Fault(Field.ADDRESS, Wrong.TOO_MANY, most=ADDRESS_LINES)


_ADDRESS_FAULTS: Final = {
    Malformed.EMPTY: Wrong.MISSING,
    Malformed.NO_ADDRESS: Wrong.NO_ADDRESS,
    Malformed.LOCAL_NOT_ASCII: Wrong.LOCAL_NOT_ASCII,
}


def _of_line(posted: Posted, field: Field, text: str, most: int) -> Iterator[Fault]:
    if _LINE_END.search(text):
        yield Fault(field, Wrong.LINE_END)
    yield from _of_text(posted, field, text, most)


def _of_text(posted: Posted, field: Field, text: str, most: int) -> Iterator[Fault]:
    found = next(controls(text), None)
    if found is not None:
        yield Fault(field, Wrong.CONTROL, control=found)
    if field in posted.unreadable:
        yield Fault(field, Wrong.UNREADABLE)
    over = len(line_feeds(text)) - most
    if over > 0:
        yield Fault(field, Wrong.TOO_LONG, over=over, most=most)


def _first(faults: Iterator[Fault]) -> Iterator[Fault]:
    found = next(faults, None)
    if found is not None:
        yield found
