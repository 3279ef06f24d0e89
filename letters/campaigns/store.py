"""Keep campaigns and their targets."""

from collections.abc import Collection, Iterable
from dataclasses import fields, replace
from datetime import date, datetime
from functools import lru_cache

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from letters.books import locks
from letters.books.changes import Happening, apply
from letters.campaign import Campaign, Pacing, Status, Target
from letters.campaigns import lists
from letters.campaigns.lists import NobodyToWriteTo
from letters.campaigns.stored import StoredCampaign, StoredTarget
from letters.files.campaign_file import read_campaign, write_campaign
from letters.files.rules import RESERVED_SLUGS
from letters.reasons import Hold
from letters.record import COMMAND_LINE, Actor, Deed, record
from letters.states import Cause, State
from letters.storage.schema import campaign, campaign_organiser, is_in, letter, target


class UnknownCampaign(Exception):
    """There is no campaign with this slug."""


class ReservedSlug(Exception):
    """A new campaign cannot have this slug: it is a word that the desk's own addresses use."""


@lru_cache(maxsize=256)
def _parsed(definition: str) -> Campaign:
    return read_campaign(definition)


def campaign_of(definition: str) -> Campaign:
    """Return the campaign in a stored definition, with the status and targets of long ago."""
    return _parsed(definition)


def target_of(kept: dict[str, object]) -> Target:
    """Return the target in what is kept of one."""
    return _from_json(kept)


def pacing_of(definition: str) -> Pacing:
    """Return the pacing in a stored definition."""
    return _parsed(definition).pacing


def load(connection: Connection, new: Campaign, now: datetime, by: Actor = COMMAND_LINE) -> int:
    """Create or update a campaign; return its id.

    Targets are known by their address. One that is missing from `new` is withdrawn, and its
    waiting letters are held. People of lists come from the lists as they are now. Raises
    ReservedSlug and NobodyToWriteTo.
    """
    new = replace(new, targets=lists.with_followed(connection, new))
    if not new.targets:
        raise NobodyToWriteTo(new.slug)
    values = {
        "title": new.title,
        "status": str(new.status),
        "definition": _file_of(new),
        "ends_at": new.ends_at,
        "loaded_at": now,
    }
    found = _lock(connection, new.slug)
    changed: list[str] = []
    if found is None:
        if new.slug in RESERVED_SLUGS:
            raise ReservedSlug(new.slug)
        campaign_id: int = connection.execute(
            insert(campaign).values(slug=new.slug, **values).returning(campaign.c.id)
        ).scalar_one()
        gone = []
    else:
        campaign_id = found
        gone = _lock_targets(connection, campaign_id, new.targets)
        changed = _changed(find(connection, new.slug).campaign, new)
        _repace(connection, campaign_id, new.pacing, now)
        connection.execute(update(campaign).where(campaign.c.id == campaign_id).values(**values))
    _load_targets(connection, campaign_id, new.targets, now)
    if gone:
        apply(connection, [Happening(i, Cause.HOLD, now) for i in gone])
    if found is None:
        record(connection, Deed.CREATED, now, by=by, campaign_id=campaign_id)
    elif changed:
        detail = ", ".join(changed)
        record(connection, Deed.CHANGED, now, by=by, campaign_id=campaign_id, detail=detail)
    return campaign_id


def _changed(before: Campaign, after: Campaign) -> list[str]:
    """Return the names of what is different."""
    names = [one.name for one in fields(Campaign)]
    return [name for name in names if getattr(before, name) != getattr(after, name)]


def _lock(connection: Connection, slug: str) -> int | None:
    """Lock a campaign and return its id; None: there is none."""
    found: int | None = connection.execute(
        select(campaign.c.id).where(campaign.c.slug == slug)
    ).scalar()
    if found is not None:
        locks.take(connection, campaigns=[found])
    return found


def _lock_targets(
    connection: Connection, campaign_id: int, stay: Iterable[Target] | None = None
) -> list[str]:
    """Lock a campaign's targets, and the letters that wait for those who do not `stay`.

    Returns those letters' ids. Without `stay` everybody does.
    """
    known: dict[int, str] = dict(
        connection.execute(
            select(target.c.id, target.c.email).where(target.c.campaign_id == campaign_id)
        ).all()
    )
    stays = None if stay is None else {each.email.lower() for each in stay}
    gone = [i for i, email in known.items() if stays is not None and email.lower() not in stays]
    letters = [i for ids in waiting(connection, gone).values() for i in ids]
    locks.take(connection, letters=letters, targets=known)
    return letters


def _repace(connection: Connection, campaign_id: int, pacing: Pacing, now: datetime) -> None:
    """Let a change of pacing act at once: slots were reckoned with the earlier interval."""
    definition = connection.execute(
        select(campaign.c.definition).where(campaign.c.id == campaign_id)
    ).scalar_one()
    earlier = pacing_of(definition)
    if earlier == pacing:
        return
    slots = connection.execute(
        select(target.c.id, target.c.next_slot_at)
        .where(target.c.campaign_id == campaign_id)
        .order_by(target.c.id)
    ).all()
    # The last letter left an interval before the slot. A slot may also lie at the opening of a
    # window that is no more, so nobody waits longer than one interval from now.
    gained = pacing.interval - earlier.interval
    moved = [
        {"target_id": target_id, "slot": min(slot + gained, now + pacing.interval)}
        for target_id, slot in slots
    ]
    if moved:
        by_id = update(target).where(target.c.id == bindparam("target_id"))
        connection.execute(by_id.values(next_slot_at=bindparam("slot")), moved)


def _load_targets(
    connection: Connection, campaign_id: int, targets: tuple[Target, ...], now: datetime
) -> None:
    known: dict[str, int] = {
        row.email.lower(): row.id
        for row in connection.execute(
            select(target.c.id, target.c.email)
            .where(target.c.campaign_id == campaign_id)
            .order_by(target.c.id)
        )
    }
    added: list[dict[str, object]] = []
    kept: list[dict[str, object]] = []
    for position, new in enumerate(targets):
        values: dict[str, object] = {
            "position": position,
            "email": new.email,
            "definition": target_definition(new),
            "valid_before": new.valid_before,
            "withdrawn": False,
        }
        target_id = known.pop(new.email.lower(), None)
        if target_id is None:
            added.append({"campaign_id": campaign_id, "next_slot_at": now, **values})
        else:
            kept.append({"target_id": target_id, **values})
    if added:
        connection.execute(insert(target), added)
    if kept:
        connection.execute(update(target).where(target.c.id == bindparam("target_id")), kept)
    if known:
        gone = update(target).where(target.c.id == bindparam("target_id")).values(withdrawn=True)
        connection.execute(gone, [{"target_id": target_id} for target_id in known.values()])


def waiting(
    connection: Connection, target_ids: Collection[int], state: State = State.QUEUED
) -> dict[int, list[str]]:
    """Return the letters that wait for targets, by the target's id; or those in another state."""
    found: dict[int, list[str]] = {}
    if target_ids:
        for target_id, letter_id in connection.execute(
            select(letter.c.target_id, letter.c.id).where(
                letter.c.target_id.in_(target_ids), is_in(state)
            )
        ):
            found.setdefault(target_id, []).append(letter_id)
    return found


def hold(connection: Connection, target_ids: Collection[int], now: datetime) -> int:
    """Hold every letter that waits for targets; return how many did."""
    ids = [i for of_one in waiting(connection, target_ids).values() for i in of_one]
    return len(apply(connection, [Happening(i, Cause.HOLD, now) for i in ids]))


def repace(
    connection: Connection, slug: str, pacing: Pacing, now: datetime, by: Actor = COMMAND_LINE
) -> None:
    """Change how fast and when letters leave, and nothing else; raise UnknownCampaign."""
    campaign_id = _lock(connection, slug)
    if campaign_id is None:
        raise UnknownCampaign(slug)
    _lock_targets(connection, campaign_id)
    row = connection.execute(
        select(campaign.c.id, campaign.c.definition).where(campaign.c.id == campaign_id)
    ).one()
    _repace(connection, row.id, pacing, now)
    before = _parsed(row.definition)
    changed = replace(before, pacing=pacing)
    connection.execute(
        update(campaign)
        .where(campaign.c.id == row.id)
        .values(definition=_file_of(changed), loaded_at=now)
    )
    detail = f"{_in_words(before.pacing)} → {_in_words(pacing)}"
    record(connection, Deed.PACED, now, by=by, campaign_id=row.id, detail=detail)


def _in_words(pacing: Pacing) -> str:
    words = f"{pacing.per_target_per_hour}/h {pacing.window or ''} {' '.join(pacing.days)}"
    return " ".join(words.split())


def _file_of(kept: Campaign) -> str:
    """Return the campaign file that is kept: with one target, as it needs one.

    All of them have rows of their own; to write and read hundreds would take the better part of a
    second, while every letter that is handed in waits.
    """
    one = next((target for target in kept.targets if target.areas), None)
    some = kept.targets[:1] if one is None else (one,)
    return write_campaign(replace(kept, targets=some))


def set_status(
    connection: Connection, slug: str, status: Status, now: datetime, by: Actor = COMMAND_LINE
) -> None:
    """Set a campaign's status; raise UnknownCampaign."""
    campaign_id = _lock(connection, slug)
    if campaign_id is None:
        raise UnknownCampaign(slug)
    before = connection.execute(
        select(campaign.c.status).where(campaign.c.id == campaign_id)
    ).scalar_one()
    if before == status:
        return
    connection.execute(
        update(campaign).where(campaign.c.id == campaign_id).values(status=str(status))
    )
    detail = f"{before} → {status}"
    record(connection, Deed.STATUS, now, by=by, campaign_id=campaign_id, detail=detail)


def find(connection: Connection, slug: str) -> StoredCampaign:
    """Return a campaign, its withdrawn targets included; raise UnknownCampaign."""
    row = connection.execute(select(campaign).where(campaign.c.slug == slug)).first()
    if row is None:
        raise UnknownCampaign(slug)
    return _stored(connection, row)


def find_all(connection: Connection, given_to: int | None = None) -> list[StoredCampaign]:
    """Return every campaign, by title; or only those given to the organiser with an id."""
    wanted = select(campaign).order_by(campaign.c.title, campaign.c.id)
    if given_to is not None:
        wanted = wanted.join(campaign_organiser).where(
            campaign_organiser.c.organiser_id == given_to
        )
    rows = connection.execute(wanted).all()
    return [_stored(connection, row) for row in rows]


def titles(connection: Connection) -> list[tuple[str, str]]:
    """Return slug and title of every campaign, by title."""
    rows = connection.execute(
        select(campaign.c.slug, campaign.c.title).order_by(campaign.c.title, campaign.c.id)
    )
    return [(row.slug, row.title) for row in rows]


def _stored(connection: Connection, row: Row[tuple[object, ...]]) -> StoredCampaign:
    targets = tuple(
        StoredTarget(
            target_row.id,
            _from_json(target_row.definition),
            target_row.next_slot_at,
            None if target_row.hold_reason is None else Hold(target_row.hold_reason),
            target_row.hold_words,
            target_row.withdrawn,
            target_row.valid_before,
            target_row.queued - target_row.plain + (1 if target_row.plain else 0),
        )
        for target_row in connection.execute(
            select(target)
            .where(target.c.campaign_id == row.id)
            .order_by(target.c.withdrawn, target.c.position, target.c.id)
        )
    )
    active = tuple(stored.target for stored in targets if not stored.withdrawn)
    parsed = replace(_parsed(row.definition), status=Status(row.status), targets=active)
    return StoredCampaign(row.id, parsed, targets, row.loaded_at)


def target_definition(of: Target) -> dict[str, object]:
    """Return what is kept of a target as its organisers wrote it."""
    return {
        "name": of.name,
        "email": of.email,
        "salutation": of.salutation,
        "role": of.role,
        "address": of.address,
        "timezone": of.timezone,
        "areas": list(of.areas),
        "valid_until": None if of.valid_until is None else of.valid_until.isoformat(),
        "attributes": dict(of.attributes),
        "list": of.of_list,
    }


def _from_json(kept: dict[str, object]) -> Target:
    until, attributes = kept["valid_until"], kept.get("attributes")
    return Target(
        name=str(kept["name"]),
        email=str(kept["email"]),
        salutation=str(kept["salutation"]),
        role=str(kept["role"]),
        address=str(kept["address"]),
        timezone=str(kept["timezone"]),
        areas=tuple(map(str, kept["areas"])) if isinstance(kept["areas"], list) else (),
        valid_until=None if until is None else date.fromisoformat(str(until)),
        attributes=tuple(sorted(attributes.items())) if isinstance(attributes, dict) else (),
        of_list=str(kept.get("list", "")),
    )
