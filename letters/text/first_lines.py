"""Find letters whose first line greets nobody, or greets somebody oddly. Pure.

Lists have titles where a greeting belongs, surnames first, and seats that nobody holds; each is the
first thing that an office reads. It is worth a look and not a reason to stop: some name is odd.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from letters.campaign import Campaign, Target
from letters.text.compose import merge_values
from letters.text.merge import fields, merge
from letters.text.names import is_bare_title, is_in_capitals, is_surname_first, is_vacant
from letters.text.versions import letter_for

_WORD: Final = re.compile(r"\w+")
_GREETINGS: Final = frozenset(
    {"dear", "estimado", "estimada", "querido", "querida", "sehr", "liebe", "lieber", "cher",
     "chère", "hello", "hi", "hola", "عزيزي", "عزيزتي"}
)  # fmt: skip
_ENDINGS: Final = (",", ":", "،", ";")


class Oddity(StrEnum):
    """What is odd about a first line."""

    VACANT = "vacant"
    """Nobody holds the seat."""
    TITLE_ALONE = "title-alone"
    """A title without a name: "Dear Hon,"."""
    GREETED_TWICE = "greeted-twice"
    """The greeting is in the target's salutation too: "Dear Dear Ms Reed,"."""
    SURNAME_FIRST = "surname-first"
    CAPITALS = "capitals"


@dataclass(frozen=True, slots=True)
class OddLine:
    """A letter whose first line should be looked at."""

    target: Target
    line: str
    """As the letter begins."""
    oddity: Oddity


def odd_lines(campaign: Campaign) -> tuple[OddLine, ...]:
    """Return the letters whose first line is odd, in the order of their targets."""
    return tuple(_odd(campaign))


def _odd(campaign: Campaign) -> Iterator[OddLine]:
    for target in campaign.targets:
        template = letter_for(campaign.letter, target).salutation
        oddity = _oddity(template, target.name, target.salutation)
        if oddity is not None:
            yield OddLine(target, merge(template, merge_values(target)), oddity)


# There may be tens of thousands, and whoever looks looks again once something is mended.
@lru_cache(maxsize=32_768)
def _oddity(template: str, name: str, salutation: str) -> Oddity | None:
    named = fields(template)
    names = [salutation] if "salutation" in named else []
    names += [name] if "target" in named else []
    if is_vacant(name) or any(map(is_vacant, names)):
        return Oddity.VACANT
    if any(map(is_bare_title, names)):
        return Oddity.TITLE_ALONE
    before = _WORD.findall(template.partition("{")[0].casefold())
    first = [word for name in names for word in _WORD.findall(name.casefold())[:1]]
    if any(word in _GREETINGS or word in before[-1:] for word in first) or any(
        name.endswith(_ENDINGS) for name in names
    ):
        return Oddity.GREETED_TWICE
    if any(map(is_surname_first, names)):
        return Oddity.SURNAME_FIRST
    return Oddity.CAPITALS if any(map(is_in_capitals, names)) else None
