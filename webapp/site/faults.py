"""Say what is wrong with what was posted, in the reader's language."""

from flask_babel import format_decimal

from letters.intake.faults import Fault, Wrong
from letters.intake.posted import Field
from webapp.site.language import gettext as _
from webapp.site.language import ngettext


def sentence(fault: Fault) -> str:
    """Return one sentence that says what is wrong and what to do."""
    match fault.wrong:
        case Wrong.MISSING:
            return _missing(fault.field)
        case Wrong.TOO_LONG:
            return ngettext(
                "This is %(over)s character too long: %(most)s are possible.",
                "This is %(over)s characters too long: %(most)s are possible.",
                fault.over,
                over=format_decimal(fault.over),
                most=format_decimal(fault.most),
            )
        case Wrong.TOO_MANY if fault.field is Field.ADDRESS:
            return _("Please write your address in at most four lines.")
        case Wrong.TOO_MANY:
            return ngettext(
                "You can write to %(most)s of them at once: please choose one.",
                "You can write to %(most)s of them at once: please choose no more.",
                fault.most,
                most=format_decimal(fault.most),
            )
        case Wrong.CONTROL if fault.control is not None:
            return _(
                "There is a character in here that nobody sees and no letter can hold (%(code)s, "
                "in line %(line)s at place %(place)s).",
                code=fault.control.code,
                line=format_decimal(fault.control.line),
                place=format_decimal(fault.control.column),
            )
        case _:
            return _unsuitable(fault.wrong)


def _unsuitable(wrong: Wrong) -> str:
    return {
        Wrong.UNREADABLE: _(
            "Something in here cannot be read: it shows as �. Please type it anew."
        ),
        Wrong.LINE_END: _("Please keep this on one line."),
        Wrong.BIDI: _(
            "There is a mark in here that turns the direction of the text. Please type this anew "
            "without it."
        ),
        Wrong.LIKE_AN_ADDRESS: _(
            "Please give your name only, without an address or a link: mail servers take such a "
            "name for a forgery."
        ),
        Wrong.NO_ADDRESS: _(
            "This does not look like an e-mail address. It should read like name@host.org."
        ),
        Wrong.LOCAL_NOT_ASCII: _(
            "Mail may not reach an address with such letters before the @. Please give another one."
        ),
        Wrong.A_TARGETS: _("This is the address you write to. Please give your own."),
        Wrong.UNSERVED: _("We know nobody to write to for this postcode."),
        Wrong.TOO_LATE: _("A letter written now could not leave in time any more."),
    }.get(
        wrong,
        _("There is an invisible control character in here. Please type the text anew."),
    )


def _missing(field: Field) -> str:
    return {
        Field.NAME: _("Please tell us your name; it signs the letter."),
        Field.EMAIL: _("Please tell us your e-mail address, so that you can be answered."),
        Field.POSTCODE: _("Please tell us your postcode."),
        Field.ADDRESS: _("Please tell us your postal address: street and town."),
        Field.SUBJECT: _("Please give your letter a subject."),
        Field.TARGET: _("Please choose whom you write to."),
    }.get(field, _("Your letter is empty. Please write at least one sentence."))
