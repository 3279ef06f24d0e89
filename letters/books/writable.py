"""Say in SQL who can be written to now, and which campaigns send: one rule each, said once."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import BindParameter, ColumnElement, Connection, exists, or_, select

from letters.campaign import Status
from letters.storage.batch import fetch, given, integer_at, moment_of, written
from letters.storage.schema import campaign, office, target

SENDING_STATUSES = (Status.LIVE, Status.CLOSED)
"""A campaign that is paused or a draft sends nothing."""


def writable(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """Return the condition that a letter may leave for a target.

    What is read of a target says the same: :meth:`StoredTarget.can_be_written_to`.
    """
    at_held_office = (
        exists()
        .where(office.c.id == target.c.office_id, office.c.hold_reason.is_not(None))
        .correlate(target)
    )
    return (
        target.c.hold_reason.is_(None)
        & ~at_held_office
        & target.c.withdrawn.is_(False)
        & or_(target.c.valid_before.is_(None), target.c.valid_before > now)
    )


_WRITABLE: Final = select(target.c.id).where(
    target.c.id.in_(select(integer_at(0))), writable(moment_of("now"))
)


def writable_among(connection: Connection, target_ids: Iterable[int], now: datetime) -> set[int]:
    """Return those of some targets for which a letter may leave.

    Whoever has the lock of their office is told what holds until the lock is let go.
    """
    found = fetch(connection, _WRITABLE, {**given([i] for i in target_ids), "now": written(now)})
    return {target_id for (target_id,) in found}


def sends(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return the condition that a campaign sends what waits."""
    return campaign.c.status.in_([str(status) for status in SENDING_STATUSES]) & or_(
        campaign.c.ends_at.is_(None), campaign.c.ends_at > now
    )
