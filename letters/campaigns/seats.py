"""Bring the targets that are stored to what a campaign's file says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, insert, select, update

from letters.books import locks
from letters.campaign import Pacing, Target
from letters.campaigns import lists
from letters.campaigns.kept import pacing_of
from letters.offices import mailbox
from letters.storage.schema import campaign, office, target


def lock_targets(
    connection: Connection,
    stay: Mapping[int, Iterable[Target] | None],
    also: Iterable[str] = (),
) -> list[str]:
    """Lock campaigns' targets with their offices, and the letters of who does not `stay`.

    Returns those letters' ids, as far as they wait. With None everybody stays. `also` are letters
    that are locked with them.
    """
    gone: set[int] = set()
    offices: set[int] = set()
    targets: set[int] = set()
    for campaign_id, staying in stay.items():
        known = known_targets(connection, campaign_id)
        targets |= known.keys()
        offices |= {each.office_id for each in known.values() if each.office_id is not None}
        if staying is not None:
            gone |= known.keys() - {i for i in paired(known, staying) if i is not None}
    letters = [i for ids in mailbox.waiting(connection, gone).values() for i in ids]
    sitting = mailbox.targets_at(connection, offices)
    locks.take(connection, letters={*letters, *also}, offices=offices, targets={*targets, *sitting})
    return letters


@dataclass(frozen=True, slots=True)
class _Known:
    """A target that the campaign has already."""

    email: str
    name: str
    office_id: int | None


def known_targets(connection: Connection, campaign_id: int) -> dict[int, _Known]:
    """Return the targets that are stored, by their ids."""
    rows = connection.execute(
        select(target.c.id, target.c.email, target.c.definition, target.c.office_id)
        .where(target.c.campaign_id == campaign_id)
        .order_by(target.c.withdrawn, target.c.id)
    )
    return {row.id: _Known(row.email, row.definition["name"], row.office_id) for row in rows}


def paired(known: Mapping[int, _Known], targets: Iterable[Target]) -> list[int | None]:
    """Return which of the known each of `targets` is, by address, and by name where two share one.

    None: it is new.
    """
    wanted = list(targets)
    left: dict[str, list[int]] = {}
    for target_id, there in known.items():
        left.setdefault(there.email.lower(), []).append(target_id)
    found: list[int | None] = []
    for each in wanted:
        at_it = left.get(each.email.lower(), [])
        found.append(next((i for i in at_it if known[i].name == each.name), None))
        if found[-1] is not None:
            at_it.remove(found[-1])
    for place, each in enumerate(wanted):
        at_it = left.get(each.email.lower(), [])
        if found[place] is None and at_it:
            found[place] = at_it.pop(0)
    return found


def repace_targets(connection: Connection, campaign_id: int, pacing: Pacing, now: datetime) -> None:
    """Let a change of pacing act at once: slots were reckoned with the earlier interval."""
    definition = connection.execute(
        select(campaign.c.definition).where(campaign.c.id == campaign_id)
    ).scalar_one()
    earlier = pacing_of(definition)
    if earlier == pacing:
        return
    # Only an office whose last letter was of this campaign waits by its interval.
    sits_here = exists().where(
        target.c.office_id == office.c.id, target.c.campaign_id == campaign_id
    )
    is_ours = office.c.paced_by.is_(None) | (office.c.paced_by == campaign_id)
    slots = connection.execute(
        select(office.c.id, office.c.next_slot_at).where(sits_here, is_ours).order_by(office.c.id)
    ).all()
    # The last letter left an interval before the slot.
    gained = pacing.interval - earlier.interval
    moved = [
        {"of": office_id, "was": slot, "slot": min(slot + gained, now + pacing.interval)}
        for office_id, slot in slots
    ]
    if moved:
        slot = bindparam("slot", type_=office.c.next_slot_at.type)
        was = bindparam("was", type_=office.c.next_slot_at.type)
        here = office.c.id == bindparam("of")
        connection.execute(update(office).where(here).values(next_slot_at=slot), moved)
        there = (target.c.office_id == bindparam("of"), target.c.next_slot_at == was)
        connection.execute(update(target).where(*there).values(next_slot_at=slot), moved)
    # A target's own slot may lie at the opening of a window that is no more.
    its_office = select(office.c.next_slot_at).where(office.c.id == target.c.office_id)
    connection.execute(
        update(target)
        .where(target.c.campaign_id == campaign_id, target.c.office_id.is_not(None))
        .values(next_slot_at=its_office.scalar_subquery())
    )


def load_targets(
    connection: Connection, campaign_id: int, targets: tuple[Target, ...], now: datetime
) -> None:
    """Store the targets in their order; withdraw those that are gone from the file."""
    known = known_targets(connection, campaign_id)
    places = paired(known, targets)
    offices = mailbox.offices_for(connection, (each.email for each in targets), now)
    added: list[dict[str, object]] = []
    kept: list[dict[str, object]] = []
    for position, (new, target_id) in enumerate(zip(targets, places, strict=True)):
        office_id, next_slot_at = offices[new.email]
        values: dict[str, object] = {
            "position": position,
            "email": new.email,
            "office_id": office_id,
            "definition": target_definition(new),
            "valid_before": new.valid_before,
            "withdrawn": False,
        }
        if target_id is None:
            added.append({"campaign_id": campaign_id, "next_slot_at": next_slot_at, **values})
        else:
            kept.append({"target_id": target_id, **values})
    if added:
        connection.execute(insert(target), added)
    if kept:
        connection.execute(update(target).where(target.c.id == bindparam("target_id")), kept)
    gone = [{"target_id": target_id} for target_id in sorted(known.keys() - set(places))]
    if gone:
        withdrawn = update(target).where(target.c.id == bindparam("target_id"))
        connection.execute(withdrawn.values(withdrawn=True), gone)


def target_definition(of: Target) -> dict[str, object]:
    """Return what is kept of a target as its organisers wrote it."""
    return {**lists.definition(of), "list": of.of_list}
