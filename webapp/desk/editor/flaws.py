"""Say in the reader's language what is wrong with a value, and what to do."""

from functools import lru_cache

from flask_babel import format_decimal

from letters.files.faults import Flaw, What
from letters.languages import Language
from webapp.site.language import current
from webapp.site.language import gettext as _


def sentence(label: str, flaw: Flaw) -> str:
    """Return what is wrong as one sentence. `label` is what the reader calls the value."""
    numbers = {name: getattr(flaw, name) for name in ("length", "least", "most", "number")}
    values = {
        "label": label,
        "found": flaw.found,
        "near": flaw.near,
        "from_year": str(flaw.least),
        "to_year": str(flaw.most),
        "options": ", ".join(flaw.options),
        "fields": ", ".join(f"{{{field}}}" for field in flaw.options),
        **{name: format_decimal(number) if number else "0" for name, number in numbers.items()},
    }
    known = _sentences(current())
    return known.get(flaw.what, _("%(label)s cannot be read: type it anew.")) % values


@lru_cache(maxsize=len(Language))
def _sentences(_language: Language) -> dict[What, str]:
    # A long list has hundreds of flaws: the sentences are looked up once for each language.
    # What only a file can have, and no form, is not here.
    return {
        What.MISSING: _("%(label)s is empty: fill it in."),
        What.EMPTY: _("%(label)s is empty: fill it in."),
        What.EMPTY_LIST: _("%(label)s is empty: fill it in."),
        What.UNREADABLE_NUMBER: _("%(label)s must be a whole number such as 30."),
        What.UNREADABLE_MOMENT: _("%(label)s must be a moment such as 2027-03-01T08:00."),
        What.UNREADABLE_DAY: _("%(label)s must be a date such as 2027-03-31."),
        What.NOT_AN_ATTRIBUTE: _(
            "%(label)s: “%(found)s” cannot be read. Write one a line, such as party: Green; "
            "Labour, under a name that no other field has."
        ),
        What.UNKNOWN_KEY: _(
            "%(label)s: one of these names is nearly “%(near)s”, which has a field of its own."
        ),
        What.CONTROL_CHARACTER: _("%(label)s has an invisible control character: type it anew."),
        What.NOT_ONE_LINE: _("%(label)s must be one line, without a tab."),
        What.TOO_LONG: _("%(label)s has %(length)s characters: shorten it to %(most)s."),
        What.OUT_OF_RANGE: _("%(label)s must be from %(least)s to %(most)s."),
        What.NO_YEAR_OF_OURS: _(
            "%(label)s must be a day of the years %(from_year)s to %(to_year)s."
        ),
        What.NOT_OFFERED: _("%(label)s: choose one of those that are offered."),
        What.NOT_A_WEEKDAY: _("%(label)s: choose one of those that are offered."),
        What.NOT_AN_ADDRESS: _(
            "%(label)s is no e-mail address: it should read like name@host.org."
        ),
        What.NOT_A_TIMEZONE: _("%(label)s is no time zone: write one such as %(near)s."),
        What.STRAY_BRACE: _("%(label)s has a } that ends nothing: write }} for a plain brace."),
        What.NOT_A_MERGE_FIELD: _(
            "%(label)s has %(found)s, which is no merge field: use %(fields)s, or write {{ "
            "for a plain brace."
        ),
        What.NOT_A_SLUG: _(
            "%(label)s may have small letters a to z and digits, with hyphens between."
        ),
        What.NOT_A_POINT_KEY: _(
            "%(label)s may have letters a to z and digits, with hyphens between."
        ),
        What.NOT_AN_ORIGIN: _(
            "%(label)s must each be written as https://example.org: with https, in small "
            "letters, and nothing behind."
        ),
        What.NOT_A_URL: _("%(label)s must be an address such as https://example.org."),
        What.NOT_A_COLOUR: _("%(label)s must be written as #14507f."),
        What.PALE_ACCENT: _(
            "%(label)s stands out from a page by %(found)s to 1, and people need 4.5 to 1 to "
            "read: the nearest that does is %(near)s."
        ),
        What.PRIVACY_AND_URL: _("Give words of its own or an address, not both."),
        What.LOGO_TOO_HEAVY: _("%(label)s has more than %(most)s bytes: make it smaller."),
        What.PICTURE_TOO_LARGE: _(
            "%(label)s is too large: no side may be longer than %(most)s pixels."
        ),
        What.NOT_A_PICTURE: _(
            "%(label)s is no picture that can be read: give a PNG, JPEG or WebP file."
        ),
        What.NO_ORGANISATION: _("Choose whose campaign it is."),
        What.UNKNOWN_ORGANISATION: _("Choose whose campaign it is."),
        What.NOT_A_WINDOW: _("%(label)s must be a time such as 08:00."),
        What.HALF_A_WINDOW: _("Give both times between which letters leave, or neither."),
        What.STAR_INSIDE: _("%(label)s may have a * only at the end of each."),
        What.A_DAY_TWICE: _("%(label)s names a day twice: name it once."),
        What.SAME_AS_POINT: _("%(label)s is that of point %(number)s too: choose another."),
        What.SAME_AS_VERSION: _("%(label)s is that of version %(number)s too: choose another."),
        What.WANTS_NOTHING: _("Write whom it is for, such as party: Green."),
        What.SAME_AS_TARGET: _("%(label)s is that of person %(number)s too: keep one of the two."),
        What.NO_TARGETS: _("Add at least one person to write to."),
        What.AFTER_THE_END: _(
            "The vote that the letters are for comes after the last day: choose a later last day."
        ),
        What.OPENS_AFTER_THE_END: _(
            "The campaign would open after its last day: choose an earlier moment or a later last "
            "day."
        ),
        What.AREA_WITHOUT_POSTCODE: _(
            "To write by postcode, give at least one target the postcodes served."
        ),
        What.AREA_WITHOUT_AREAS: _(
            "To write by postcode, give at least one target the postcodes served."
        ),
        What.TOGETHER_TOO_LONG: _(
            "%(label)s and the points have %(length)s characters: shorten them to %(most)s "
            "together."
        ),
        What.FILLED_IN_TOO_LONG: _(
            "%(label)s has %(length)s characters when filled in: shorten it to %(most)s."
        ),
        What.NAMES_WRITER: _(
            "%(label)s says %(found)s, and letters left as they were are gathered into one "
            "text for all: take it out, or let them be sent one by one."
        ),
        What.SAME_AS_ROW: _("%(label)s is that of row %(number)s too: keep one of the two."),
        What.NOT_CSV: _("It cannot be read as CSV: look at its quotes."),
        What.COLUMN_TWICE: _("The column “%(found)s” is there twice: keep one of the two."),
        What.UNKNOWN_COLUMN: _("“%(found)s” is not a known column: perhaps “%(near)s” is meant."),
        What.NO_COLUMN: _("There is no column “%(found)s”: rename the column that is meant."),
        What.NO_ADDRESS_THERE: _(
            "%(label)s: the cell says that there is none. Find the address, or leave the row out."
        ),
        What.ADDRESS_NOT_ASCII: _(
            "%(label)s has letters before the @ that mail cannot be counted on to reach: ask for "
            "another address."
        ),
        What.FIRST_OF_SEVERAL: _("%(label)s has several addresses: %(found)s is taken."),
        What.TOO_MANY_CELLS: _("It has more cells than there are columns: look at its quotes."),
        What.TOO_LONG_FOR_DESK: _(
            "It has more than %(most)s rows, the most that are read here at once with so many "
            "columns. Leave out columns that you do not need, or have it loaded on the command "
            "line with “postbag list load”, and follow that list."
        ),
        What.TOO_MANY_ROWS: _("It has more than %(most)s rows: divide it into several campaigns."),
        What.TOO_MANY_COLUMNS: _(
            "It has more than %(most)s columns: take out what is not about the targets."
        ),
        What.NO_ROWS: _("There is nobody to write to: write one person in each row."),
    }
