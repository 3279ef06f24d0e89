"""The fields of the action page, and what each of them takes."""

import re
from typing import Final

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    HiddenField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields import Field

from letters.text.addresses import is_address
from letters.text.compose import line_feeds
from webapp.site.language import gettext as _
from webapp.site.language import ngettext
from webapp.site.posted import is_unreadable

NAME_MAX: Final = 100
SUBJECT_MAX: Final = 200
REASON_MAX: Final = 2_000
BODY_MAX: Final = 10_000
POSTCODE_MAX: Final = 20
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f]|[\ud800-\udfff]")
_BLANK: Final = " \t\u00a0\u1680\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
_LINE_END: Final = re.compile(r"[\r\n\u2028\u2029]")


def trimmed(text: str | None) -> str:
    """Return `text` without white space at its ends. Line ends stay, to be refused."""
    return (text or "").strip(_BLANK)


def typed(field: Field) -> str:
    """Return what was typed into a field; empty where it was not posted."""
    return str(field.data or "")


def has_control(text: str) -> bool:
    """Tell whether `text` holds NUL or a control character other than TAB, LF and CR."""
    return _CONTROL.search(text) is not None


def has_line_end(text: str) -> bool:
    """Tell whether `text` is more than one line."""
    return _LINE_END.search(text) is not None


def plain(form: FlaskForm, field: Field) -> None:
    """Refuse control characters other than TAB, LF and CR, and what is no text."""
    del form
    if has_control(field.data or ""):
        raise ValidationError(
            _("There is an invisible control character in here. Please type the text anew.")
        )
    if is_unreadable(field.data or ""):
        raise ValidationError(
            _("Something in here cannot be read: it shows as �. Please type it anew.")
        )


def one_line(form: FlaskForm, field: Field) -> None:
    """Refuse line ends, which could forge a mail's headers."""
    del form
    if has_line_end(field.data or ""):
        raise ValidationError(_("Please keep this on one line."))


class AtMost:
    """Refuse more than `characters`, where CRLF counts as one."""

    def __init__(self, characters: int) -> None:
        self._characters = characters

    def __call__(self, form: FlaskForm, field: Field) -> None:
        """Raise ValidationError where the field holds more."""
        del form
        over = len(line_feeds(field.data or "")) - self._characters
        if over > 0:
            raise ValidationError(
                ngettext(
                    "This is %(over)d character too long: %(most)d are possible.",
                    "This is %(over)d characters too long: %(most)d are possible.",
                    over,
                    over=over,
                    most=self._characters,
                )
            )


class ActionForm(FlaskForm):  # type: ignore[misc]  # flask-wtf brings no types
    """What a supporter posts. Its token is our own: the form works without cookies."""

    class Meta:
        """No session, so no session's token."""

        csrf = False

    name = StringField(filters=[trimmed], validators=[plain, one_line, AtMost(NAME_MAX)])
    email = StringField(filters=[trimmed], validators=[plain, one_line])
    postcode = StringField(filters=[trimmed], validators=[plain, one_line, AtMost(POSTCODE_MAX)])
    reason = TextAreaField(validators=[plain, AtMost(REASON_MAX)])
    subject = StringField(filters=[trimmed], validators=[plain, one_line, AtMost(SUBJECT_MAX)])
    body = TextAreaField(validators=[plain, AtMost(BODY_MAX)])
    points = SelectMultipleField(validate_choice=False)
    target = SelectMultipleField(validate_choice=False)
    opt_in = BooleanField()
    website = StringField()  # people do not see it; programs fill it in
    token = HiddenField()
    altcha = HiddenField()  # the work done, where the campaign asks for it

    def validate_name(self, field: Field) -> None:
        """Ask for a name: letters without one are not read."""
        if not field.data:
            raise ValidationError(_("Please tell us your name; it signs the letter."))

    def validate_email(self, field: Field) -> None:
        """Ask for an address that can get mail."""
        if not field.data:
            raise ValidationError(
                _("Please tell us your e-mail address, so that you can be answered.")
            )
        if not is_address(field.data):
            raise ValidationError(
                _("This does not look like an e-mail address. It should read like name@host.org.")
            )

    def validate_subject(self, field: Field) -> None:
        """Ask for a subject."""
        if not field.data:
            raise ValidationError(_("Please give your letter a subject."))

    def validate_body(self, field: Field) -> None:
        """Ask for a letter."""
        if not (field.data or "").strip():
            raise ValidationError(_("Your letter is empty. Please write at least one sentence."))
