"""Say things in the language of the campaign; where there is none, in the visitor's own."""

from typing import cast

from flask import Flask, g, request
from flask_babel import Babel, get_locale

from letters.languages import Language, translations


def register(app: Flask) -> None:
    """Let the pages of `app` speak, count and tell dates in the language of each request."""
    Babel(app, locale_selector=lambda: current().locale)
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # jinja2.ext.i18n's
        lambda message: translations(current()).gettext(message),
        lambda one, many, number: translations(current()).ngettext(one, many, number),
        newstyle=True,
    )
    app.context_processor(_words)
    for language in Language:
        translations(language)  # a catalogue that is missing is noticed at start


def current() -> Language:
    """Return the language of this request."""
    chosen: Language | None = g.get("language")
    if chosen is not None:
        return chosen
    if "visitors_language" not in g:  # asked for each sentence, and a page has hundreds
        g.visitors_language = _visitors()
    return cast("Language", g.visitors_language)


def _visitors() -> Language:
    # In the order of the visitor's wish, whatever the country: "ar-EG, en" is Arabic.
    for tag in request.accept_languages.values():
        language = tag.replace("_", "-").partition("-")[0].lower()
        if language in list(Language):
            return Language(language)
    return Language.EN


def gettext(message: str, **values: object) -> str:
    """Return `message` in the language of this request, with `values` filled in."""
    translated = translations(current()).gettext(message)
    return translated % values if values else translated


def ngettext(one: str, many: str, number: int, **values: object) -> str:
    """Return `one` or `many`, as `number` asks for in the language of this request."""
    return translations(current()).ngettext(one, many, number) % {"num": number, **values}


def _words() -> dict[str, str]:
    locale = get_locale()
    return {
        "language": current(),
        "direction": "ltr" if locale is None else locale.text_direction,
    }
