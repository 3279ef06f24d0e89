"""Read the form of the action page, once, into values."""

from dataclasses import dataclass, replace

from flask import request

from letters.intake.posted import BODY_MAX, Field, Posted, is_ticked, source_code, trimmed
from letters.text.compose import line_feeds
from letters.text.visible import has_control, without_controls
from webapp.site.posted import is_unreadable

BEFORE = "before"
"""The text that "Update" put aside. It comes back with each post, and no letter holds it."""
TRAP = "leave_empty"
"""A field that people do not see and programs fill in. Browsers and password managers go by names
that they know; this is none of them."""
_TYPED = (
    Field.NAME,
    Field.EMAIL,
    Field.POSTCODE,
    Field.ADDRESS,
    Field.REASON,
    Field.SUBJECT,
    Field.BODY,
    Field.CLOSING,
)
_WITH_OWN_CHECKS = frozenset({BEFORE, "source", *map(str, Field)})


@dataclass(frozen=True, slots=True)
class Received:
    """One post of the form: what was typed, and what came with it."""

    posted: Posted
    token: str = ""
    is_trapped: bool = False
    """The field that people do not see is filled in."""
    proof: str = ""


def receive() -> Received:
    """Return what this request posted. What a field may hold is said in letters/intake/faults.py.

    Of a field that comes several times the first counts.
    """
    form = request.form
    texts = {field: form.get(field, "") for field in _TYPED}
    return Received(
        Posted(
            name=trimmed(texts[Field.NAME]),
            email=trimmed(texts[Field.EMAIL]),
            postcode=trimmed(texts[Field.POSTCODE]),
            address=line_feeds(texts[Field.ADDRESS]).strip(),
            reason=texts[Field.REASON],
            subject=trimmed(texts[Field.SUBJECT]),
            body=texts[Field.BODY],
            # A page of before this field, or another program, posts none.
            closing=form.get(Field.CLOSING),
            points=tuple(form.getlist("points")),
            order=tuple(form.get("order", "").split()),
            targets=tuple(form.getlist(Field.TARGET)),
            opt_in=is_ticked(form.get("opt_in", "")),
            source=source_code(form.get("source", "")),
            unreadable=frozenset(field for field, text in texts.items() if is_unreadable(text)),
            has_hidden_control=any(
                has_control(text)
                for name, values in form.lists()
                for text in (name, *(() if name in _WITH_OWN_CHECKS else values))
            ),
        ),
        token=form.get("token", ""),
        is_trapped=bool(form.get(TRAP)),
        proof=form.get("altcha", ""),  # the work done, where the campaign asks for it
    )


def put_aside() -> str:
    """Return the text that was put aside, as it can be shown."""
    return without_controls(request.form.get(BEFORE, ""))[:BODY_MAX]


def cleaned(posted: Posted) -> Posted:
    """Return `posted` without control characters: its texts as they look."""
    return replace(
        posted,
        name=without_controls(posted.name).replace("\n", " "),
        email=without_controls(posted.email),
        postcode=without_controls(posted.postcode),
        address=without_controls(posted.address),
        reason=without_controls(posted.reason),
        subject=without_controls(posted.subject).replace("\n", " "),
        body=without_controls(posted.body),
        closing=None if posted.closing is None else without_controls(posted.closing),
    )
