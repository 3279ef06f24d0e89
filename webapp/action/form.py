"""Read the form of the action page, once, into values."""

from dataclasses import dataclass, replace

from flask import request
from flask_wtf import FlaskForm
from wtforms import (
    HiddenField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.i18n import DummyTranslations

from letters.intake.posted import BODY_MAX, Field, Posted, is_ticked, source_code, trimmed
from letters.text.compose import line_feeds
from letters.text.visible import has_control, is_empty, trim, without_controls
from webapp.site.fields import typed
from webapp.site.posted import is_unreadable

BEFORE = "before"
"""The text that "Update" put aside. It comes back with each post, and no letter holds it."""
TRAP = "leave_empty"
"""A field that people do not see and programs fill in. Browsers and password managers go by names
that they know; this is none of them."""
_TEXTS = (
    Field.NAME,
    Field.EMAIL,
    Field.POSTCODE,
    Field.ADDRESS,
    Field.REASON,
    Field.SUBJECT,
    Field.BODY,
    Field.CLOSING,
)
_WITH_OWN_CHECKS = frozenset({BEFORE, "source", *map(str, _TEXTS)})


class ActionForm(FlaskForm):  # type: ignore[misc]  # flask-wtf brings no types
    """The fields of the form. What each may hold is said in :mod:`letters.intake.faults`."""

    class Meta:
        """No session, so no session's token; and no sentence of its own to translate."""

        csrf = False

        def get_translations(self, _form: object) -> DummyTranslations:
            """Read no catalogue: it would be read from disk with each post."""
            return DummyTranslations()

    name = StringField()
    email = StringField()
    postcode = StringField()
    address = TextAreaField()
    reason = TextAreaField()
    subject = StringField()
    body = TextAreaField()
    closing = TextAreaField()
    points = SelectMultipleField(validate_choice=False)
    target = SelectMultipleField(validate_choice=False)
    opt_in = StringField()
    leave_empty = StringField()
    token = HiddenField()
    source = HiddenField()
    altcha = HiddenField()  # the work done, where the campaign asks for it


@dataclass(frozen=True, slots=True)
class Received:
    """One post of the form: what was typed, and what came with it."""

    posted: Posted
    token: str = ""
    is_trapped: bool = False
    """The field that people do not see is filled in."""
    proof: str = ""


def receive() -> Received:
    """Return what this request posted."""
    form = ActionForm(request.form)  # and not the files: a text posted as one is none
    texts = {field: typed(form[field]) for field in _TEXTS}
    return Received(
        Posted(
            name=trimmed(texts[Field.NAME]),
            email=trimmed(texts[Field.EMAIL]),
            postcode=trim(texts[Field.POSTCODE]),
            address=""
            if is_empty(texts[Field.ADDRESS])
            else line_feeds(texts[Field.ADDRESS]).strip(),
            reason=texts[Field.REASON],
            subject=trimmed(texts[Field.SUBJECT]),
            body=texts[Field.BODY],
            # A page of before this field, or another program, posts none.
            closing=texts[Field.CLOSING] if Field.CLOSING in request.form else None,
            points=tuple(form.points.data or ()),
            order=tuple(request.form.get("order", "").split()),
            targets=tuple(form.target.data or ()),
            opt_in=is_ticked(typed(form.opt_in)),
            source=source_code(typed(form.source)),
            unreadable=frozenset(field for field, text in texts.items() if is_unreadable(text)),
            has_hidden_control=any(
                has_control(text)
                for name, values in request.form.lists()
                for text in (name, *(() if name in _WITH_OWN_CHECKS else values))
            ),
        ),
        token=typed(form.token),
        is_trapped=bool(typed(form.leave_empty)),
        proof=typed(form.altcha),
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
