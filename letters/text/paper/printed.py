"""Choose which letters of a campaign are printed, and fill them in for paper. Pure."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from babel.dates import format_date

from letters.campaign import Campaign, Routing, Target
from letters.languages import Language
from letters.text import compose
from letters.text.merge import merge
from letters.text.paper.glyphs import Lack, lacking, unset
from letters.text.paper.sheet import BLANK, Sheet
from letters.text.versions import for_target, version_key

MOST_LETTERS: Final = 20
_SHORT_BLANK: Final = "_" * 10
_NOBODY: Final = Target(name=BLANK, email="", salutation=BLANK, role=BLANK)


def sheets(campaign: Campaign, targets: Sequence[Target], day: date) -> tuple[Sheet, ...]:
    """Return the pre-written letter with every point, ready to be signed by hand.

    Where each supporter writes to all of up to twenty targets, there is a letter to each. Where it
    depends on who writes (`area`, `choice`), or paper would be wasted, there is one letter without
    an addressee, with room to write one in: a wrong name is worse than none. One target alone is
    always named. The writer's name and postcode are room to write in.
    """
    named = campaign.routing is Routing.ALL and len(targets) <= MOST_LETTERS
    addressees = targets if targets and (named or len(targets) == 1) else (_NOBODY,)
    today = format_date(day, "long", campaign.language.locale)
    return tuple(_sheet(campaign, target, today) for target in addressees)


def unprintable(campaign: Campaign) -> tuple[Lack, ...]:
    """Return what of a campaign's letters to any target cannot be set on paper."""
    # There may be tens of thousands: of those whose own words can be set, one of each version.
    own = {target: _own_words(target) for target in campaign.targets}
    odd = unset("".join(own.values()))
    looked_at = [target for target, words in own.items() if not odd.isdisjoint(words)]
    one_each = {version_key(campaign.letter, target): target for target in campaign.targets}
    return lacking(_sheet(campaign, target, "") for target in (*one_each.values(), *looked_at))


def _own_words(target: Target) -> str:
    values = (value for _, value in target.attributes)
    return "".join((target.name, target.role, target.address, target.salutation, *values))


def own_sheet(target: Target, subject: str, text: str, day: date, language: Language) -> Sheet:
    """Return one letter as its writer wrote it, the whole of it as text."""
    lines = (target.name, target.role, target.address.strip("\n"))
    return Sheet(
        address="\n".join(line for line in lines if line),
        date=format_date(day, "long", language.locale),
        subject=subject,
        salutation="",
        body=text,
        closing="",
    )


def _sheet(campaign: Campaign, target: Target, today: str) -> Sheet:
    campaign = for_target(campaign, target)
    letter = campaign.letter
    values = compose.merge_values(target, name=BLANK, postcode=_SHORT_BLANK, address=BLANK)
    lines = (target.name, target.role, target.address.strip("\n"))
    return Sheet(
        address="" if target is _NOBODY else "\n".join(line for line in lines if line),
        date=today,
        subject=merge(letter.subjects[0], values),
        salutation=merge(letter.salutation, values),
        body=compose.body(campaign, values, [point.key for point in letter.points]),
        closing=merge(letter.closing, values),
    )
