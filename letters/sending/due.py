"""Tell when the next letter may leave."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, select

from letters.books.writable import sends, writable
from letters.sending import digests, mailed
from letters.sending import gate as account
from letters.states import State
from letters.storage.schema import (
    HAS_PLAIN,
    HAS_QUEUED,
    IS_NOTICE,
    campaign,
    is_in,
    letter,
    office,
    target,
)


def next_due(connection: Connection, now: datetime) -> datetime | None:
    """Return when the next letter or notice may leave, `now` or earlier if at once; None: never.

    A target's slot can turn out to lie outside its window; the claim finds out and moves it.
    """
    gate = account.look(connection)
    if gate.behind_since is not None:
        return None
    # The order makes every database take the notices' own index. For "is there one" SQLite goes
    # through all waiting letters.
    notice = connection.execute(
        select(letter.c.id)
        .where(IS_NOTICE, is_in(State.QUEUED), mailed.IS_ALONE)
        .order_by(letter.c.mailing_id, letter.c.id)
        .limit(1)
    ).first()
    due: datetime | None = now
    if notice is None and not mailed.is_waiting(connection):
        gathers = exists().where(office.c.id == target.c.office_id, digests.goes_together())
        letters = _first(
            connection,
            target.c.next_slot_at,
            HAS_QUEUED,
            target.c.queued > target.c.plain,
            ~gathers.correlate(target),
            now=now,
        )
        digest = _first(connection, digests.leaves_from(now), HAS_PLAIN, now=now)
        wished = select(office.c.id).where(digests.goes_together())
        together = _first(
            connection,
            digests.leaves_from(now),
            HAS_QUEUED,
            target.c.office_id.in_(wished),
            now=now,
        )
        due = min((at for at in (letters, digest, together) if at is not None), default=None)
    if due is not None and gate.not_before is not None:
        due = max(due, gate.not_before)
    return due


def _first(
    connection: Connection,
    when: ColumnElement[datetime],
    *conditions: ColumnElement[bool],
    now: datetime,
) -> datetime | None:
    """Return the earliest `when` of the targets that can be written to and meet `conditions`."""
    found: datetime | None = connection.execute(
        select(when)
        .select_from(target.join(campaign))
        .where(
            *conditions,
            writable(now),
            sends(now),
        )
        .order_by(when)
        .limit(1)
    ).scalar()
    return found
