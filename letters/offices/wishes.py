"""Keep what an office wishes: letters one by one, or together once a day or once a week.

It holds for all campaigns that write there, and stands above what a campaign or a writer wishes.
"""

from datetime import datetime

from sqlalchemy import Connection, update

from letters.books import locks
from letters.offices import mailbox
from letters.pacing.bundles import How
from letters.record import Actor, Deed
from letters.storage.schema import office, target


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
