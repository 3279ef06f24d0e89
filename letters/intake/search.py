"""Find people among the hundreds that a writer may choose from. Pure."""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from letters.campaign import Target
from letters.campaigns.stored import StoredTarget


def search(targets: Sequence[StoredTarget], typed: str) -> tuple[StoredTarget, ...]:
    """Return the targets of whom every word typed says something, in their order.

    A word may be a part of their name, role, address, areas or attributes. Accents and case do not
    count. Where nothing is typed nobody is found.
    """
    words = set(_plain(typed).split())
    if not words:
        return ()
    return tuple(stored for stored in targets if _has(_known(stored.target), words))


def _has(text: str, words: Iterable[str]) -> bool:
    return all(word in text for word in words)


# Whoever looks looks again, and so do others: to fold a text costs more than to look through it.
@lru_cache(maxsize=32_768)
def _known(target: Target) -> str:
    values: Iterable[str] = (value for _, value in target.attributes)
    return _plain(" ".join((target.name, target.role, target.address, *target.areas, *values)))


def _plain(text: str) -> str:
    if text.isascii():
        return text.casefold()
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(mark for mark in folded if not unicodedata.combining(mark))
