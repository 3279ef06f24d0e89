"""Keep what an office wishes: letters one by one, or together once a day or once a week.

It holds for all campaigns that write there, and stands above what a campaign or a writer wishes.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sqlalchemy import ColumnElement, Connection, update

from letters.books import locks
from letters.offices import mailbox
from letters.record import Actor, Deed
from letters.storage.schema import office, target


class How(StrEnum):
    """How letters come to an office."""

    EACH = "each"
    """One by one, at the campaign's pace."""
    DAILY = "daily"
    """All of a campaign's together, once a day."""
    WEEKLY = "weekly"

    @property
    def every(self) -> timedelta:
        """Return how long it is from one message to the next, where several letters go together."""
        return _EVERY[self]


_EVERY: Final = MappingProxyType(
    {How.EACH: timedelta(days=1), How.DAILY: timedelta(days=1), How.WEEKLY: timedelta(days=7)}
)
ONE_BY_ONE: Final[ColumnElement[bool]] = office.c.how == str(How.EACH)


def wish(connection: Connection, email: str, how: How, now: datetime, by: Actor) -> None:
    """Let letters come to an office as it wishes from now on; raise UnknownOffice.

    What has been gathered for it leaves with its next slot.
    """
    found = mailbox.find(connection, email)
    sitting = mailbox.targets_at(connection, [found.id])
    locks.take(connection, offices=[found.id], targets=sitting)
    connection.execute(update(office).where(office.c.id == found.id).values(how=str(how)))
    connection.execute(
        update(target).where(target.c.office_id == found.id).values(digest_after=None)
    )
    mailbox.note(connection, Deed.WISHED, found, now, by, f": {how}")
