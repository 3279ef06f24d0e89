"""Keep campaigns and their targets."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from letters.books import locks
from letters.books.changes import apply
from letters.books.happenings import Happening
from letters.books.ledger import counted
from letters.campaign import Campaign, Pacing, Status
from letters.campaigns import lists, versions
from letters.campaigns.kept import _parsed
from letters.campaigns.lists import NobodyToWriteTo
from letters.campaigns.seated import LOTS, seated
from letters.campaigns.seats import (
    known_targets,
    load_targets,
    lock_targets,
    paired,
    repace_targets,
)
from letters.campaigns.stored import StoredCampaign
from letters.campaigns.versions import Along
from letters.files.campaign_file import write_campaign
from letters.files.rules import RESERVED_SLUGS
from letters.languages import Language
from letters.organisations import store as organisations
from letters.record import COMMAND_LINE, Actor, Deed, record
from letters.states import Cause
from letters.storage.schema import campaign, campaign_organiser, organisation

_definition, *_logo = organisations.KNOWN
# A campaign with all that its page shows is one statement, and one row.
_WHOLE: Final = (
    select(
        campaign,
        _definition.label("whose"),
        *_logo,
        LOTS.label("lots"),
        counted(campaign.c.id).label("letters"),
    )
    .select_from(campaign.outerjoin(organisation, organisation.c.id == campaign.c.organisation_id))
    .where(campaign.c.deleted_at.is_(None))
)
_WITH_SLUG: Final = _WHOLE.where(campaign.c.slug == bindparam("slug"))


class UnknownCampaign(Exception):
    """There is no campaign with this slug."""


class ReservedSlug(Exception):
    """A new campaign cannot have this slug: it is a word that the desk's own addresses use."""


def load(
    connection: Connection,
    new: Campaign,
    now: datetime,
    by: Actor = COMMAND_LINE,
    made_of: str = "",
) -> int:
    """Create or update a campaign; return its id.

    `made_of` is what the record says of a new one.

    Targets are known by their address. One that is missing from `new` is withdrawn, and its
    waiting letters are held. People of lists come from the lists as they are now. Raises
    ReservedSlug, NobodyToWriteTo and NotNamed.
    """
    (campaign_id,) = load_all(connection, [new], now, by, made_of)
    return campaign_id


def load_all(
    connection: Connection,
    new: Sequence[Campaign],
    now: datetime,
    by: Actor = COMMAND_LINE,
    made_of: str = "",
) -> list[int]:
    """Load several campaigns at once: all of them, or none."""
    every = [replace(one, targets=lists.with_followed(connection, one)) for one in new]
    for one in every:
        if not one.targets:
            raise NobodyToWriteTo(one.slug)
    whose = organisations.whose(connection, [one.organisation for one in every])
    known = _lock(connection, [one.slug for one in every])
    moved = [_along(connection, c, known[c.slug]) for c in every if c.slug in known]
    also = [letter_id for each in moved for letter_id in each.letters]
    stay = {known[c.slug]: c.targets for c in every if c.slug in known}
    gone = lock_targets(connection, stay, also)
    ids = [
        _load(connection, replace(one, organisation=key), of, known.get(one.slug), now, by, made_of)
        for one, (of, key) in zip(every, whose, strict=True)
    ]
    for each in moved:
        versions.take(connection, each)
    apply(connection, [Happening(i, Cause.HOLD, now) for i in gone])
    return ids


def _along(connection: Connection, new: Campaign, campaign_id: int) -> Along:
    """Return what goes along where targets get another version of the letter."""
    before = find(connection, new.slug)
    if not (before.campaign.letter.versions or new.letter.versions):
        return Along(before.campaign, new, {}, ())
    known = known_targets(connection, campaign_id)
    pairs = zip(paired(known, new.targets), new.targets, strict=True)
    return versions.along(connection, before, new, pairs)


def _load(
    connection: Connection,
    new: Campaign,
    organisation_id: int | None,
    found: int | None,
    now: datetime,
    by: Actor,
    made_of: str,
) -> int:
    values = {
        "organisation_id": organisation_id,
        "title": new.title,
        "status": str(new.status),
        "definition": _file_of(new),
        "ends_at": new.ends_at,
        "loaded_at": now,
    }
    changed: list[str] = []
    if found is None:
        if new.slug in RESERVED_SLUGS:
            raise ReservedSlug(new.slug)
        campaign_id: int = connection.execute(
            insert(campaign).values(slug=new.slug, **values).returning(campaign.c.id)
        ).scalar_one()
    else:
        campaign_id = found
        changed = _changed(find(connection, new.slug).campaign, new)
        repace_targets(connection, campaign_id, new.pacing, now)
        connection.execute(update(campaign).where(campaign.c.id == campaign_id).values(**values))
    load_targets(connection, campaign_id, new.targets, now)
    if found is None:
        record(connection, Deed.CREATED, now, by=by, campaign_id=campaign_id, detail=made_of)
    elif changed:
        detail = ", ".join(changed)
        record(connection, Deed.CHANGED, now, by=by, campaign_id=campaign_id, detail=detail)
    return campaign_id


def _changed(before: Campaign, after: Campaign) -> list[str]:
    """Return the names of what is different."""
    names = [one.name for one in fields(Campaign)]
    return [name for name in names if getattr(before, name) != getattr(after, name)]


def _lock(connection: Connection, slugs: Sequence[str]) -> dict[str, int]:
    """Lock campaigns and return their ids, by slug; those that are not there are left out."""
    found: dict[str, int] = dict(
        connection.execute(
            select(campaign.c.slug, campaign.c.id).where(campaign.c.slug.in_(slugs))
        ).all()
    )
    locks.take(connection, campaigns=found.values())
    return found


def _lock_one(connection: Connection, slug: str) -> int:
    """Lock a campaign and return its id; raise UnknownCampaign."""
    found = _lock(connection, [slug])
    if not found:
        raise UnknownCampaign(slug)
    return found[slug]


def repace(
    connection: Connection, slug: str, pacing: Pacing, now: datetime, by: Actor = COMMAND_LINE
) -> None:
    """Change how fast and when letters leave, and nothing else; raise UnknownCampaign."""
    campaign_id = _lock_one(connection, slug)
    lock_targets(connection, {campaign_id: None})
    row = connection.execute(
        select(campaign.c.id, campaign.c.definition).where(campaign.c.id == campaign_id)
    ).one()
    repace_targets(connection, row.id, pacing, now)
    before = _parsed(row.definition)
    changed = replace(before, pacing=pacing)
    connection.execute(
        update(campaign)
        .where(campaign.c.id == row.id)
        .values(definition=_file_of(changed), loaded_at=now)
    )
    detail = ", ".join(f"{a} → {b}" for a, b in _differences(before.pacing, pacing))
    record(connection, Deed.PACED, now, by=by, campaign_id=row.id, detail=detail)


def _differences(before: Pacing, after: Pacing) -> list[tuple[str, str]]:
    """Return what is another than before, and only that."""
    told = [
        (f"{one.per_target_per_hour}/h", str(one.window or "00:00-24:00"), " ".join(one.days))
        for one in (before, after)
    ]
    return [(a, b) for a, b in zip(*told, strict=True) if a != b]


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
    campaign_id = _lock_one(connection, slug)
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
    row = connection.execute(_WITH_SLUG, {"slug": slug}).first()
    if row is None:
        raise UnknownCampaign(slug)
    return _stored(row)


def find_all(connection: Connection, given_to: int | None = None) -> list[StoredCampaign]:
    """Return every campaign, by title; or only those given to the organiser with an id."""
    wanted = _WHOLE.order_by(campaign.c.title, campaign.c.id)
    if given_to is not None:
        wanted = wanted.join(
            campaign_organiser, campaign_organiser.c.campaign_id == campaign.c.id
        ).where(campaign_organiser.c.organiser_id == given_to)
    rows = connection.execute(wanted).all()
    return [_stored(row) for row in rows]


def titles(connection: Connection) -> list[tuple[str, str, Language]]:
    """Return slug, title and language of every campaign, by title."""
    rows = connection.execute(
        select(campaign.c.slug, campaign.c.title, campaign.c.definition)
        .where(campaign.c.deleted_at.is_(None))
        .order_by(campaign.c.title, campaign.c.id)
    )
    return [(row.slug, row.title, _parsed(row.definition).language) for row in rows]


def _stored(row: Row[*tuple[Any, ...]]) -> StoredCampaign:
    targets = seated(row.lots)
    active = tuple(stored.target for stored in targets if not stored.withdrawn)
    whose = organisations.organisation_of(
        row.whose, row.logo_digest, row.logo_width, row.logo_height
    )
    parsed = replace(
        _parsed(row.definition),
        status=Status(row.status),
        targets=active,
        organisation="" if whose is None else whose.key,
    )
    return StoredCampaign(
        row.id, parsed, targets, row.loaded_at, whose, row.archived_at, row.letters
    )
