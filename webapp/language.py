"""Say things in the language of the campaign."""

import flask_babel


def gettext(message: str, **values: object) -> str:
    """Return `message` in the language of this request, with `values` filled in."""
    return str(flask_babel.gettext(message, **values))
