"""Compare our sentences in the source with their translations, and bring these up to date.

The sentences are the arguments of gettext and ngettext in Python and in the pages.
"""

import re
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from letters.languages import Language, catalogue

ROOT: Final = Path(__file__).parent.parent
TRANSLATED: Final = tuple(language for language in Language if language is not Language.EN)
_SOURCES: Final = (("python", ("letters", "webapp", "worker")), ("jinja2", ("templates",)))
_KEYWORDS: Final[dict[str, tuple[int, ...] | None]] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
}
_HEADER: Final = r"""msgid ""
msgstr ""
"Language: {}\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: {}\n"

"""
_CALL: Final = re.compile(rb"\b(_|gettext|ngettext)\s*\(|\btrans\b")
_PLACE: Final = re.compile(r"%\(\w+\)[a-z]|\{\w+\}")


def sentences() -> Catalog:
    """Return every sentence in the source, with the files that it stands in."""
    found = Catalog(charset="utf-8")
    for method, folders in _SOURCES:
        ending = "*.py" if method == "python" else "*.html"
        for folder in folders:
            # A folder's own files come before those of the folders in it.
            paths = sorted((ROOT / folder).rglob(ending), key=lambda path: (path.parent, path.name))
            for path in paths:
                source = path.read_bytes()
                if _CALL.search(source):  # to take a source apart costs much more
                    name = path.relative_to(ROOT).as_posix()
                    for _line, message, _comments, _context in extract(
                        method, BytesIO(source), keywords=_KEYWORDS
                    ):
                        found.add(message, None, [(name, 0)])
    return found


def read(language: Language) -> Catalog:
    """Return the translations into a language; raise OSError where there are none."""
    with catalogue(language).open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def problems(source: Catalog, translated: Catalog) -> Iterator[str]:
    """Yield what is wrong with a language's translations, a sentence for each message."""
    for message in source:
        if not message.id:
            continue
        found = translated.get(message.id)
        wrong = _problem(message, found, translated.num_plurals)
        if wrong:
            yield f"{_texts(message.id)[0]!r} {wrong}"
    for message in translated:
        if message.id and source.get(message.id) is None:
            yield f"{_texts(message.id)[0]!r} stands in no source any more"


def _problem(message: Message, found: Message | None, plurals: int) -> str | None:
    if found is None:
        return "is not there"
    if found.fuzzy:
        return "is marked as fuzzy"
    said = _texts(found.string)
    if len(said) != (plurals if message.pluralizable else 1) or not all(said):
        return "has no translation, or not all its plural forms"
    places = set(_PLACE.findall("".join(_texts(message.id))))
    for text in said:
        inside = set(_PLACE.findall(text))
        # A plural form may say its number in words, as in "two letters".
        if inside - places or (not message.pluralizable and inside != places):
            return f"has other placeholders in {text!r}"
    return None


def update(language: Language) -> None:
    """Bring a language's file up to date: new sentences without translation, old ones gone."""
    source = sentences()
    path = catalogue(language)
    translated = read(language) if path.exists() else Catalog(locale=language)
    translated.fuzzy = False
    translated.update(source, no_fuzzy_matching=True)
    translated.obsolete.clear()
    write(translated, language)


def write(translated: Catalog, language: Language) -> None:
    """Write the translations into a language, sorted, and without a date that changes each time."""
    path = catalogue(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(_HEADER.format(language, translated.plural_forms).encode())
        write_po(
            file, translated, width=100, omit_header=True, sort_output=True, include_lineno=False
        )


def _texts(message: str | Sequence[str] | None) -> tuple[str, ...]:
    """Return a sentence or its translation, or all its forms where it counts something."""
    return (message or "",) if message is None or isinstance(message, str) else tuple(message)
