"""Know the organisers: who they are, what they may do, and which campaigns they work on."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, exists, insert, select, update

from letters.record import COMMAND_LINE, Actor, Deed, record
from letters.storage.schema import (
    campaign,
    campaign_organiser,
    organiser,
    passkey,
    sign_in,
    unfinished,
)
from letters.text.addresses import address_in


class Role(StrEnum):
    """What an organiser may do."""

    ADMIN = "admin"
    """Sees and steers every campaign, gives campaigns to others, invites and removes people."""
    ORGANISER = "organiser"
    """Sees and steers the campaigns that were given to them, and their own."""


@dataclass(frozen=True, slots=True)
class Organiser:
    """Somebody who may see and steer campaigns."""

    id: int
    email: str
    role: Role = Role.ADMIN

    @property
    def is_admin(self) -> bool:
        """Tell whether every campaign is open to them."""
        return self.role is Role.ADMIN

    @property
    def only_given(self) -> int | None:
        """Return the id that limits what they see to what was given to them; None: no limit."""
        return None if self.is_admin else self.id


class UnknownOrganiser(Exception):
    """There is no organiser with this address."""


def enrol(connection: Connection, email: str, now: datetime, role: Role | None = None) -> Organiser:
    """Return the organiser with this address, made or changed as `role` says.

    None leaves a role as it is. Somebody new becomes an organiser then; the first of all an admin,
    as somebody has to be one.
    """
    address = (address_in(email) or email.strip()).lower()
    found = find(connection, address)
    if found is None:
        role = role or _role_of_the_next(connection)
        new_id: int = connection.execute(
            insert(organiser)
            .values(email=address, role=str(role), invited_at=now)
            .returning(organiser.c.id)
        ).scalar_one()
        return Organiser(new_id, address, role)
    if role is None or role is found.role:
        return found
    connection.execute(update(organiser).where(organiser.c.id == found.id).values(role=str(role)))
    return Organiser(found.id, address, role)


def _role_of_the_next(connection: Connection) -> Role:
    is_first = not connection.execute(select(exists(select(organiser.c.id)))).scalar()
    return Role.ADMIN if is_first else Role.ORGANISER


def find(connection: Connection, email: str) -> Organiser | None:
    """Return the organiser with this address, if there is one."""
    row = connection.execute(
        select(organiser.c.id, organiser.c.email, organiser.c.role).where(
            organiser.c.email == (address_in(email) or email.strip()).lower()
        )
    ).first()
    return None if row is None else Organiser(row.id, row.email, Role(row.role))


def known(connection: Connection, email: str) -> Organiser:
    """Return the organiser with this address; raise UnknownOrganiser."""
    found = find(connection, email)
    if found is None:
        raise UnknownOrganiser(email)
    return found


def everybody(connection: Connection) -> list[Organiser]:
    """Return all organisers, by address."""
    rows = connection.execute(
        select(organiser.c.id, organiser.c.email, organiser.c.role).order_by(organiser.c.email)
    )
    return [Organiser(row.id, row.email, Role(row.role)) for row in rows]


def all_addresses(connection: Connection) -> list[str]:
    """Return every organiser's address."""
    return [one.email for one in everybody(connection)]


def addresses_of(connection: Connection, campaign_id: int) -> list[str]:
    """Return the addresses of those who may open a campaign: they hear of its troubles."""
    given = working_on(connection, campaign_id)
    return [one.email for one in everybody(connection) if one.is_admin or one.id in given]


def remove(
    connection: Connection, gone: Organiser, now: datetime, by: Actor = COMMAND_LINE
) -> None:
    """Close every door to somebody at once. What they did stays in the audit log."""
    for table in (sign_in, passkey, campaign_organiser, unfinished):
        connection.execute(delete(table).where(table.c.organiser_id == gone.id))
    connection.execute(delete(organiser).where(organiser.c.id == gone.id))
    record(connection, Deed.REMOVED, now, by=by, detail=gone.email)


def give(
    connection: Connection,
    campaign_id: int,
    to: Organiser,
    now: datetime,
    by: Actor = COMMAND_LINE,
) -> None:
    """Let somebody work on a campaign. To give it twice is to give it once."""
    if keep(connection, campaign_id, to):
        record(connection, Deed.GIVEN, now, by=by, campaign_id=campaign_id, detail=to.email)


def keep(connection: Connection, campaign_id: int, maker: Organiser) -> bool:
    """Let who made a campaign work on it; tell whether that is new."""
    given = campaign_organiser.c
    is_given = connection.execute(
        select(exists().where(given.campaign_id == campaign_id, given.organiser_id == maker.id))
    ).scalar()
    if not is_given:
        connection.execute(
            insert(campaign_organiser).values(campaign_id=campaign_id, organiser_id=maker.id)
        )
    return not is_given


def take_back(
    connection: Connection,
    campaign_id: int,
    of: Organiser,
    now: datetime,
    by: Actor = COMMAND_LINE,
) -> None:
    """Let somebody work on a campaign no longer."""
    given = campaign_organiser.c
    taken = connection.execute(
        delete(campaign_organiser).where(
            given.campaign_id == campaign_id, given.organiser_id == of.id
        )
    )
    if taken.rowcount:
        record(connection, Deed.TAKEN, now, by=by, campaign_id=campaign_id, detail=of.email)


def working_on(connection: Connection, campaign_id: int) -> frozenset[int]:
    """Return the ids of those to whom a campaign was given. Admins see every campaign."""
    given = campaign_organiser.c
    return frozenset(
        connection.execute(
            select(given.organiser_id).where(given.campaign_id == campaign_id)
        ).scalars()
    )


def only_open(connection: Connection, somebody: Organiser) -> frozenset[int] | None:
    """Return the ids of the campaigns that are open to somebody; None: all of them."""
    if somebody.is_admin:
        return None
    given = campaign_organiser.c
    return frozenset(
        connection.execute(
            select(given.campaign_id).where(given.organiser_id == somebody.id)
        ).scalars()
    )


def may_open(connection: Connection, somebody: Organiser, slug: str) -> bool:
    """Tell whether a campaign is there and open to somebody."""
    wanted = select(campaign.c.id).where(campaign.c.slug == slug)
    if not somebody.is_admin:
        wanted = wanted.join(campaign_organiser).where(
            campaign_organiser.c.organiser_id == somebody.id
        )
    return connection.execute(wanted).first() is not None
