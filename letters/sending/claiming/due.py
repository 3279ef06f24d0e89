"""Tell when the next letter may leave."""

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, Select, exists, select

from letters.books.writable import sends, writable
from letters.sending import gate as account
from letters.sending.claiming import digests, mailed
from letters.states import State
from letters.storage.schema import (
    HAS_GATHERED,
    HAS_QUEUED,
    IS_NOTICE,
    campaign,
    is_in,
    letter,
    office,
    target,
)


def _first(when: ColumnElement[datetime], *conditions: ColumnElement[bool]) -> Select[datetime]:
    """Return the statement for the earliest `when` of targets that can be written to, and more."""
    return (
        select(when)
        .select_from(target.join(campaign))
        .where(*conditions, writable(digests.NOW), sends(digests.NOW))
        .order_by(when)
        .limit(1)
    )


_gathers = exists().where(office.c.id == target.c.office_id, digests.goes_together())
_wished = select(office.c.id).where(digests.goes_together())
# Made once: they are asked again and again, and to make them takes longer than to run them.
_FIRST: Final = (
    _first(
        target.c.next_slot_at,
        HAS_QUEUED,
        target.c.queued > target.c.gathered,
        ~_gathers.correlate(target),
    ),
    _first(digests.leaves_from(), HAS_GATHERED),
    _first(digests.leaves_from(), HAS_QUEUED, target.c.office_id.in_(_wished)),
)
# The order makes every database take the notices' own index. For "is there one" SQLite goes through
# all waiting letters.
_NOTICE: Final = (
    select(letter.c.id)
    .where(IS_NOTICE, is_in(State.QUEUED), mailed.IS_ALONE)
    .order_by(letter.c.mailing_id, letter.c.id)
    .limit(1)
)


def next_due(connection: Connection, now: datetime) -> datetime | None:
    """Return when the next letter or notice may leave, `now` or earlier if at once; None: never.

    A target's slot can turn out to lie outside its window; the claim finds out and moves it.
    """
    gate = account.look(connection)
    if gate.behind_since is not None:
        return None
    notice = connection.execute(_NOTICE).first()
    due: datetime | None = now
    if notice is None and not mailed.is_waiting(connection):
        moments = digests.moments(now)
        found = [connection.execute(first, moments).scalar() for first in _FIRST]
        due = min((at for at in found if at is not None), default=None)
    if due is not None and gate.not_before is not None:
        due = max(due, gate.not_before)
    return due
