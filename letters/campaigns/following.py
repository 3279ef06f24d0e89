"""Let campaigns follow lists: who is new is written to, who is gone no longer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from letters.campaign import Campaign, Target
from letters.campaigns import areas, lists, store
from letters.campaigns.lists import Comparison, UnknownList
from letters.campaigns.stored import StoredCampaign
from letters.record import COMMAND_LINE, Actor, Deed, record
from letters.text.postcodes import Postcode, normalise_postcode
from letters.text.versions import version_for


@dataclass(frozen=True, slots=True)
class Gaps:
    """What a campaign names and nobody has."""

    lists: tuple[str, ...] = ()
    """Lists that are not there."""
    table: str = ""
    """A look-up table that is not there."""
    versions: tuple[str, ...] = ()
    """Versions of the letter that no target gets."""
    unserved: tuple[str, ...] = ()
    """Areas of the look-up table that nobody serves, where nobody serves the rest."""
    unknown: tuple[str, ...] = ()
    """Areas of targets that the look-up table does not have."""


def followers(connection: Connection, name: str) -> list[StoredCampaign]:
    """Return the campaigns that follow a list."""
    return [
        stored
        for stored in store.find_all(connection)
        if any(followed.of_list == name for followed in stored.campaign.follows)
    ]


def load(
    connection: Connection,
    name: str,
    people: Sequence[Target],
    now: datetime,
    by: Actor = COMMAND_LINE,
) -> Comparison:
    """Keep a list, and let every campaign that follows it change with it.

    Who is gone is withdrawn there, and their waiting letters are held. Raises NobodyToWriteTo where
    a campaign would have no target left.
    """
    compared = compared_with_kept(connection, name, people)
    lists.keep(connection, name, people, now)
    store.load_all(connection, [each.campaign for each in followers(connection, name)], now, by)
    detail = (
        f"{name}: {len(people)} people, {len(compared.new)} new, "
        f"{len(compared.changed)} changed, {len(compared.gone)} gone"
    )
    record(connection, Deed.LIST, now, by=by, detail=detail)
    return compared


def compared_with_kept(connection: Connection, name: str, people: Sequence[Target]) -> Comparison:
    """Return what loading these people under a name would change."""
    try:
        before: Sequence[Target] = lists.find(connection, name)
    except UnknownList:
        before = ()
    return lists.compare(before, people)


def gaps(connection: Connection, of: Campaign) -> Gaps:
    """Return what a campaign names and nobody has; worth a look before it goes live."""
    known = {name for name, _, _ in lists.names(connection)}
    given = {version_for(of.letter, target) for target in of.targets}
    missing = tuple(f.of_list for f in of.follows if f.of_list not in known)
    versions = tuple(v.key for v in of.letter.versions if v not in given)
    if not of.areas_from:
        return Gaps(missing, "", versions)
    if not areas.exists(connection, of.areas_from):
        return Gaps(missing, of.areas_from, versions)
    names = areas.all_areas(connection, of.areas_from)
    codes = {normalise_postcode(name): name for name in names}
    served: set[str] = set()
    unknown: list[str] = []
    for area in dict.fromkeys(area for target in of.targets for area in target.areas):
        exact = normalise_postcode(area)
        taken = (
            {exact} & codes.keys()
            if "*" not in area
            else {code for code in codes if Postcode(code).is_in(area)}
        )
        served |= taken
        unknown += [] if taken else [area]
    has_fallback = any(not target.areas for target in of.targets)
    unserved = () if has_fallback else tuple(codes[c] for c in codes if c not in served)
    return Gaps(missing, "", versions, unserved, tuple(unknown))
