"""Mail the links to their letters to those who lost them and ask for them.

Whoever asks is written down, and the worker looks later whether anything is kept of them: so
neither what is answered nor how long it takes tells a stranger who has written.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, exists, insert, select

from letters.notices.links import Links
from letters.notices.post import Purpose, a_day_before, names
from letters.receipts import writers
from letters.storage.database import Database
from letters.storage.schema import lost_link, notice
from letters.text.addresses import canonical

_MOST: Final = 1_000
_TOO_LATE: Final = timedelta(hours=1)
"""After so long nobody waits for the mail any more."""


def write_down(connection: Connection, email: str, now: datetime) -> None:
    """Write down who asks."""
    connection.execute(insert(lost_link).values(email=email, at=now))


def answer(database: Database, links: Links, now: datetime) -> int:
    """Mail links to those among them of whom something is kept; return how many links."""
    with database.read() as connection:
        if not connection.execute(select(exists(select(lost_link.c.id)))).scalar():
            return 0
    with database.write() as connection:
        rows = connection.execute(
            select(lost_link)
            .order_by(lost_link.c.id)
            .limit(_MOST)
            .with_for_update(skip_locked=True)
        ).all()
        connection.execute(delete(lost_link).where(lost_link.c.id.in_([row.id for row in rows])))
        asked = {canonical(row.email): row.email for row in rows if now - row.at < _TOO_LATE}
        return sum(_mail(connection, links, email, now) for email in asked.values())


def _mail(connection: Connection, links: Links, email: str, now: datetime) -> int:
    """Mail one person their links, unless they had them so within a day."""
    had = select(
        exists()
        .where(notice.c.address.in_(names(links.tokens, email)))
        .where(notice.c.letter_id > a_day_before(now))
        .where(notice.c.purpose == str(Purpose.LOST))
    )
    if connection.execute(had).scalar():
        return 0
    return writers.post_links(connection, links, email, now, Purpose.LOST)
