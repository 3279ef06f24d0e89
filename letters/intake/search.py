"""Find people among the hundreds that a writer may choose from. Pure."""

import unicodedata
from collections.abc import Iterable, Sequence

from letters.campaigns.stored import StoredTarget


def search(targets: Sequence[StoredTarget], typed: str) -> tuple[StoredTarget, ...]:
    """Return the targets of whom every word typed says something, in their order.

    A word may be a part of their name, role, address, areas or attributes. Accents and case do not
    count. Where nothing is typed nobody is found.
    """
    words = _plain(typed).split()
    if not words:
        return ()
    return tuple(target for target in targets if all(word in _known(target) for word in words))


def _known(stored: StoredTarget) -> str:
    target = stored.target
    values: Iterable[str] = (value for _, value in target.attributes)
    return _plain(" ".join((target.name, target.role, target.address, *target.areas, *values)))


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).casefold()
    return "".join(mark for mark in folded if not unicodedata.combining(mark))
