"""Tell when the next letter may leave."""

from datetime import datetime

from sqlalchemy import Connection, exists, or_, select

from letters.campaign import Status
from letters.states import State
from letters.storage import account
from letters.storage.schema import HAS_QUEUED, IS_NOTICE, campaign, is_in, target


def next_due(connection: Connection, now: datetime) -> datetime | None:
    """Return when the next letter or notice may leave, `now` or earlier if at once; None: never.

    A target's slot can turn out to lie outside its window; the claim finds out and moves it.
    """
    gate = account.look(connection)
    notice_waits = connection.execute(
        select(exists().where(IS_NOTICE).where(is_in(State.QUEUED)))
    ).scalar()
    due: datetime | None = now
    if not notice_waits:
        due = connection.execute(
            select(target.c.next_slot_at)
            .select_from(target.join(campaign))
            .where(
                HAS_QUEUED,
                target.c.held_reason.is_(None),
                ~target.c.withdrawn,
                or_(target.c.valid_before.is_(None), target.c.valid_before > now),
                campaign.c.status.in_([str(Status.LIVE), str(Status.CLOSED)]),
                or_(campaign.c.ends_at.is_(None), campaign.c.ends_at > now),
            )
            .order_by(target.c.next_slot_at)
            .limit(1)
        ).scalar()
    if due is not None and gate.not_before is not None:
        due = max(due, gate.not_before)
    return due
