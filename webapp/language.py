"""Say things in the language of the campaign."""

import flask_babel


def ngettext(one: str, many: str, number: int, **values: object) -> str:
    """Return `one` or `many`, as `number` asks for in the language of this request."""
    return str(flask_babel.ngettext(one, many, number, **values))


def gettext(message: str, **values: object) -> str:
    """Return `message` in the language of this request, with `values` filled in."""
    return str(flask_babel.gettext(message, **values))
