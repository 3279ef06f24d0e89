"""Keep organisations, and find whose a campaign is."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, Row, func, insert, select, update

from letters.books import locks
from letters.files.organisation_file import read_organisation, write_organisation
from letters.organisation import Logo, Organisation, Picture
from letters.record import COMMAND_LINE, Actor, Deed, record
from letters.storage.schema import campaign, organisation

KNOWN: Final = (
    organisation.c.definition,
    organisation.c.logo_digest,
    organisation.c.logo_width,
    organisation.c.logo_height,
)
"""The columns that :func:`organisation_of` reads."""


class UnknownOrganisation(Exception):
    """There is no organisation with this key."""


class NotNamed(Exception):
    """It cannot be told whose a campaign is."""

    def __init__(self, key: str, known: tuple[str, ...]) -> None:
        super().__init__(key)
        self.key = key
        """What the campaign names; empty: nothing."""
        self.known = known
        """The keys that there are."""


@lru_cache(maxsize=256)
def _parsed(definition: str) -> Organisation:
    return read_organisation(definition)[0]


def organisation_of(
    definition: str | None, digest: str | None, width: int | None, height: int | None
) -> Organisation | None:
    """Return the organisation in what is stored of one; None where there is none."""
    if definition is None:
        return None
    found = _parsed(definition)
    if digest is None or width is None or height is None:
        return found
    return replace(found, logo=Logo(digest, width, height))


def load(
    connection: Connection,
    new: Organisation,
    picture: Picture | None,
    now: datetime,
    by: Actor = COMMAND_LINE,
) -> None:
    """Create or update an organisation.

    The first one that there is takes over the campaigns that were nobody's.
    """
    new = replace(new, logo=None if picture is None else picture.facts)
    values = {
        "name": new.name,
        "mail_from": new.mail_from or None,
        "definition": write_organisation(new),
        "logo": None if picture is None else picture.content,
        "logo_digest": None if picture is None else picture.facts.digest,
        "logo_width": None if picture is None else picture.facts.width,
        "logo_height": None if picture is None else picture.facts.height,
        "loaded_at": now,
    }
    before = _find(connection, new.key)
    if before is None:
        added = insert(organisation).values(key=new.key, **values).returning(organisation.c.id)
        _adopt(connection, connection.execute(added).scalar_one())
    else:
        this = organisation.c.key == new.key
        connection.execute(update(organisation).where(this).values(**values))
    changed = _changed(before or Organisation(new.key), new)
    if before is None or changed:
        detail = f"{new.key}: {', '.join(changed)}"
        record(connection, Deed.ORGANISATION, now, by=by, detail=detail)


def _changed(before: Organisation, after: Organisation) -> list[str]:
    """Return the names of what is different."""
    names = [one.name for one in fields(Organisation)]
    return [name for name in names if getattr(before, name) != getattr(after, name)]


def _adopt(connection: Connection, organisation_id: int) -> None:
    if connection.execute(select(func.count()).select_from(organisation)).scalar_one() != 1:
        return
    nobodys = campaign.c.organisation_id.is_(None)
    ids = connection.execute(select(campaign.c.id).where(nobodys)).scalars().all()
    locks.take(connection, campaigns=ids)
    connection.execute(update(campaign).where(nobodys).values(organisation_id=organisation_id))


def find(connection: Connection, key: str) -> Organisation:
    """Return an organisation; raise UnknownOrganisation."""
    found = _find(connection, key)
    if found is None:
        raise UnknownOrganisation(key)
    return found


def _find(connection: Connection, key: str) -> Organisation | None:
    row = connection.execute(select(*KNOWN).where(organisation.c.key == key)).first()
    return None if row is None else organisation_of(*_four(row))


def find_all(connection: Connection) -> list[Organisation]:
    """Return every organisation, by name."""
    wanted = select(*KNOWN).order_by(func.lower(organisation.c.name), organisation.c.key)
    found = (organisation_of(*_four(row)) for row in connection.execute(wanted))
    return [one for one in found if one is not None]


def _four(row: Row[*tuple[Any, ...]]) -> tuple[Any, Any, Any, Any]:
    definition, digest, width, height = row
    return definition, digest, width, height


def only_one(connection: Connection) -> Organisation | None:
    """Return the organisation where there is exactly one."""
    rows = connection.execute(select(*KNOWN).limit(2)).all()
    return organisation_of(*_four(rows[0])) if len(rows) == 1 else None


def picture_of(connection: Connection, key: str) -> Picture | None:
    """Return an organisation's logo as we wrote it anew; None where it has none."""
    row = connection.execute(
        select(organisation.c.logo, *KNOWN).where(organisation.c.key == key)
    ).first()
    if row is None or row.logo is None:
        return None
    return Picture(Logo(row.logo_digest, row.logo_width, row.logo_height), row.logo)


def whose(connection: Connection, keys: Sequence[str]) -> list[tuple[int | None, str]]:
    """Return the id and key of whose each campaign is that names one of `keys`, or none.

    Who names none means the only one that there is; where there is none at all, it is nobody's.
    Raises NotNamed.
    """
    ids: dict[str, int] = dict(
        connection.execute(
            select(organisation.c.key, organisation.c.id).order_by(organisation.c.key)
        ).all()
    )
    found: list[tuple[int | None, str]] = []
    for named in keys:
        key = named or (next(iter(ids)) if len(ids) == 1 else "")
        if not key and not ids:
            found.append((None, ""))
        elif key in ids:
            found.append((ids[key], key))
        else:
            raise NotNamed(named, tuple(ids))
    return found
