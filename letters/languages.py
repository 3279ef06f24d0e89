"""Say our own sentences in the languages that a campaign can be in.

English is the language of the source. The others are in translations/, as gettext's PO files; what
they become is made when it is first needed, so no compiled file can be older than its source.
"""

from enum import StrEnum
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOGUES: Final = Path(__file__).parent.parent / "translations"


class Language(StrEnum):
    """A language of the interface and of the notices."""

    EN = "en"
    ES = "es"
    AR = "ar"

    @property
    def locale(self) -> str:
        """Return the name of the locale in which numbers and dates are written.

        Our English is British. Arabic has Western digits, as addresses and postcodes do here.
        """
        return "en_GB" if self is Language.EN else self.value


class _Translations(GNUTranslations):
    """A catalogue, of which every sentence is found on every Python that we support.

    Up to Python 3.11.2 (Debian 12) gettext() does not find a message that is there only with its
    plural, and returns it in English.
    """

    def gettext(self, message: str) -> str:
        """Return what a message becomes; itself where the catalogue lacks it."""
        found = super().gettext(message)
        return self.ngettext(message, message, 1) if found == message else found


def catalogue(language: Language) -> Path:
    """Return where the translations into `language` are."""
    return CATALOGUES / language / "LC_MESSAGES" / "postbag.po"


@cache
def translations(language: Language) -> NullTranslations:
    """Return what turns our English into `language`; raise OSError where there is no catalogue.

    What is marked as fuzzy, or has no translation, stays English.
    """
    if language is Language.EN:
        return NullTranslations()
    with catalogue(language).open("rb") as file:
        read = read_po(file, locale=language, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return _Translations(compiled)
