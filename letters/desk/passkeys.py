"""The passkeys that organisers have: which, whether somebody needs one, and taking them away.

How one is made and proven: :mod:`letters.desk.proofs`.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, exists, func, select

from letters.desk.organisers import Organiser
from letters.record import COMMAND_LINE, Actor, Deed, record
from letters.settings import Passkeys
from letters.storage.schema import passkey


@dataclass(frozen=True, slots=True)
class Passkey:
    """One passkey of somebody's."""

    id: int
    name: str
    added_at: datetime
    used_at: datetime | None


def of_organiser(connection: Connection, organiser_id: int) -> list[Passkey]:
    """Return somebody's passkeys, the oldest first."""
    rows = connection.execute(
        select(passkey).where(passkey.c.organiser_id == organiser_id).order_by(passkey.c.id)
    )
    return [Passkey(row.id, row.name, row.added_at, row.used_at) for row in rows]


def credentials(connection: Connection, organiser_id: int) -> list[str]:
    """Return by what browsers know somebody's passkeys."""
    wanted = select(passkey.c.credential).where(passkey.c.organiser_id == organiser_id)
    return list(connection.execute(wanted.order_by(passkey.c.id)).scalars())


def has_to_add(connection: Connection, somebody: Organiser, rule: Passkeys) -> bool:
    """Tell whether somebody needs a passkey and has none."""
    needed = rule is Passkeys.EVERYBODY or (rule is Passkeys.ADMINS and somebody.is_admin)
    if not needed:
        return False
    one = select(exists().where(passkey.c.organiser_id == somebody.id))
    return not connection.execute(one).scalar()


def remove(connection: Connection, of: Organiser, passkey_id: int, now: datetime) -> None:
    """Take one of somebody's own passkeys away."""
    name = connection.execute(
        delete(passkey)
        .where(passkey.c.id == passkey_id, passkey.c.organiser_id == of.id)
        .returning(passkey.c.name)
    ).scalar()
    if name is not None:
        me = Actor.organiser(of.email)
        record(connection, Deed.PASSKEY_REMOVED, now, by=me, detail=f"{of.email}, {name}")


def remove_all(
    connection: Connection, of: Organiser, now: datetime, by: Actor = COMMAND_LINE
) -> int:
    """Take all of somebody's passkeys away, as when a device is lost; return how many."""
    number: int = connection.execute(
        select(func.count()).where(passkey.c.organiser_id == of.id)
    ).scalar_one()
    connection.execute(delete(passkey).where(passkey.c.organiser_id == of.id))
    if number:
        detail = f"{of.email}, {number}"
        record(connection, Deed.PASSKEY_REMOVED, now, by=by, detail=detail)
    return number
