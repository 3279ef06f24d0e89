"""Decide whom a letter goes to, and who can still be reached. Pure."""

from dataclasses import dataclass
from datetime import datetime

from letters.campaign import Routing
from letters.campaigns.stored import StoredCampaign, StoredTarget
from letters.intake.faults import Fault, Wrong
from letters.intake.posted import Field, Posted
from letters.pacing.bundles import AHEAD
from letters.pacing.slots import leaves_before
from letters.text.postcodes import matching, serving_areas


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom a letter goes to, of those who can be written to."""

    offered: tuple[StoredTarget, ...]
    """All targets that a letter written now can still reach; none: the campaign is over."""
    targets: tuple[StoredTarget, ...]
    """Those that this letter goes to, in their order."""
    too_late: tuple[StoredTarget, ...] = ()
    """Those that it would go to as well, and cannot reach in time any more."""
    fault: Fault | None = None
    """What is missing to know whom it goes to."""
    serving: tuple[StoredTarget, ...] = ()
    """Those who serve the areas of the postcode, where it has several: the writer chooses."""


def whom(
    stored: StoredCampaign, posted: Posted, now: datetime, areas: tuple[str, ...] = ()
) -> Whom:
    """Return whom a letter goes to.

    `areas` are those that the campaign's look-up table knows for the postcode, where it has one.
    """
    active = [target for target in stored.targets if not target.withdrawn]
    in_time = {target.id for target in active if is_in_time(stored, target, now)}
    serving = _serving(stored, posted, active, areas)
    chosen, fault = _chosen(stored, posted, active, serving, is_split=len(areas) > 1)
    offered = tuple(target for target in active if target.id in in_time)
    targets = tuple(target for target in chosen if target.id in in_time)
    too_late = tuple(target for target in chosen if target.id not in in_time)
    if too_late and not targets:
        is_chosen = stored.campaign.routing is Routing.CHOICE
        fault = Fault(Field.TARGET if is_chosen else Field.POSTCODE, Wrong.TOO_LATE)
    several = tuple(target for target in serving if target.id in in_time)
    is_split = len(areas) > 1 and len(several) > 1
    return Whom(offered, targets, too_late, fault, several if is_split else ())


def is_left(stored: StoredCampaign, now: datetime) -> bool:
    """Tell whether a letter written now can still reach anybody; else the campaign is over."""
    return any(not at.withdrawn and is_in_time(stored, at, now) for at in stored.targets)


def _chosen(
    stored: StoredCampaign,
    posted: Posted,
    active: list[StoredTarget],
    serving: list[StoredTarget],
    *,
    is_split: bool,
) -> tuple[list[StoredTarget], Fault | None]:
    keys = set(posted.targets)
    match stored.campaign.routing:
        case Routing.CHOICE:
            found = [target for target in active if str(target.id) in keys]
            if len(found) > stored.campaign.most_chosen:
                return found, Fault(Field.TARGET, Wrong.TOO_MANY, most=stored.campaign.most_chosen)
            return found, None if found else Fault(Field.TARGET, Wrong.MISSING)
        case Routing.AREA if is_split and len(serving) > 1:
            found = [target for target in serving if str(target.id) in keys]
            return found or serving, None if found else Fault(Field.TARGET, Wrong.MISSING)
        case Routing.AREA:
            is_unserved = posted.postcode and not serving
            return serving, Fault(Field.POSTCODE, Wrong.UNSERVED) if is_unserved else None
        case Routing.ALL:
            return active, None


def _serving(
    stored: StoredCampaign, posted: Posted, active: list[StoredTarget], areas: tuple[str, ...]
) -> list[StoredTarget]:
    """Return who serves a postcode, where that decides."""
    if stored.campaign.routing is not Routing.AREA:
        return []
    people = [target.target for target in active]
    if stored.campaign.areas_from:
        found = serving_areas(people, areas) if posted.postcode else ()
    else:
        found = matching(people, posted.postcode)
    return [target for target in active if target.target in found]


def is_in_time(stored: StoredCampaign, target: StoredTarget, now: datetime) -> bool:
    """Tell whether a letter written now can leave before its end, at today's pacing.

    What waits for the target already leaves before it, singly, or all of it in one bundle.
    """
    end = last_moment(stored, target)
    if end is None:
        return True
    pacing, zone = stored.campaign.pacing, target.target.timezone
    first = max(target.next_slot_at, now)
    bundle_by = stored.campaign.matters_at
    if bundle_by is not None and leaves_before(pacing, zone, first, 0, min(end, bundle_by - AHEAD)):
        return True
    return leaves_before(pacing, zone, first, target.waiting, end)


def last_moment(stored: StoredCampaign, target: StoredTarget) -> datetime | None:
    """Return the moment from which no letter leaves for a target; None: there is none."""
    ends = [end for end in (stored.campaign.ends_at, target.valid_before) if end is not None]
    return min(ends, default=None)
