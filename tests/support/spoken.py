"""What of a page is in which language."""

import html
import re
from collections.abc import Iterator
from functools import cache
from itertools import chain

from babel.messages.catalog import Catalog

from letters.languages import Language
from translations.catalogues import read, sentences

WORD = re.compile(r"[A-Za-zÀ-ÿ]{2,}")
# Names, what stands for a form of writing, and what a spreadsheet's columns are called.
NO_LANGUAGE = {
    *(
        "postbag",
        "sendgrid",
        "lantern",
        "png",
        "jpeg",
        "webp",
        "twilio",
        "javascript",
        "markdown",
        "utc",
        "csv",
        "json",
        "pdf",
        "utf",
        "url",
    ),
    *("name", "host", "org", "https", "example", "english", "español", "ab"),
    *("email", "salutation", "role", "address", "timezone", "areas", "valid", "until"),
    *("api", "key", "mb", "audit"),
    *("whatsapp", "telegram", "facebook", "bluesky", "qr", "svg"),
    "suppressions",  # what SendGrid calls the place where a person takes an address off
}
# What the tests themselves typed.
TYPED = re.compile(r"zz\w*|x{3,}|\{\w*\}?|\S+@\S+|\S*://\S+|[A-Z][A-Za-z_]+/[A-Za-z_]+")

_PLACE = re.compile(r"%\(\w+\)[a-z]|\{\w+\}")


def words_in(page: str) -> set[str]:
    """Give the words that somebody can read or hear on a page, without what tests typed."""
    page = re.sub(
        r"<(style|script|pre|textarea|code|datalist)\b.*?</\1>", " ", page, flags=re.DOTALL
    )
    # What says its own language: a campaign's title among others.
    page = re.sub(r'<(option)\b[^>]*\blang="[^"]*".*?</\1>', " ", page, flags=re.DOTALL)
    said = re.findall(r'\b(?:aria-label|placeholder|title|alt|data-words\S*)="([^"]*)"', page)
    text = html.unescape(" ".join([re.sub(r"<[^>]*>", " ", page), *said]))
    return {word.lower() for word in WORD.findall(TYPED.sub(" ", text))} - NO_LANGUAGE


def foreign_words(language: Language, page: str) -> set[str]:
    """Give the words on a page that are English: in Arabic, whatever is in Latin letters."""
    found = words_in(page)
    if language is Language.AR:
        return found
    return found & _only_english(language)


@cache
def _only_english(language: Language) -> frozenset[str]:
    english = {w.lower() for text in _ids(sentences()) for w in WORD.findall(text)}
    own = {w.lower() for text in _translated(read(language)) for w in WORD.findall(text)}
    return frozenset(english - own)


def _ids(catalogue: Catalog) -> Iterator[str]:
    return chain.from_iterable(_forms(message.id) for message in catalogue)


def _translated(catalogue: Catalog) -> Iterator[str]:
    return chain.from_iterable(_forms(message.string) for message in catalogue)


def _forms(text: object) -> tuple[str, ...]:
    forms = (text,) if isinstance(text, str) else tuple(text or ())  # type: ignore[arg-type]  # babel
    return tuple(_PLACE.sub(" ", form) for form in forms)
