"""Mail sign-in links to those who ask for one and are organisers.

Whoever asks is written down, with the same words for everybody, and the worker looks later who it
is: so neither what is answered nor how long it takes tells a stranger who is an organiser. These
mails have a budget of their own, that of :func:`letters.desk.sign_ins.ask_link`, which nobody can
use up: whoever gets none has one that works.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, exists, insert, select

from letters.desk import organisers, sign_ins
from letters.languages import Language
from letters.notices import to_organisers
from letters.notices.links import Links
from letters.notices.post import Purpose, post
from letters.storage.database import Database
from letters.storage.schema import asking

_MOST: Final = 1_000
_TOO_LATE: Final = timedelta(hours=1)
"""After so long nobody sits before the page any more that asked."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody who asks for a link."""

    email: str
    browser: str
    """The digest of what this browser keeps, so that the link knows it again."""
    known_id: int | None
    """The organiser who has been signed in in this browser."""
    language: Language


def write_down(connection: Connection, somebody: Asking, now: datetime) -> None:
    """Write down who asks."""
    connection.execute(
        insert(asking).values(
            email=somebody.email,
            browser=somebody.browser,
            known_id=somebody.known_id,
            language=str(somebody.language),
            at=now,
        )
    )


def answer(database: Database, links: Links, now: datetime) -> int:
    """Mail links to the organisers among those who have asked; return how many."""
    with database.read() as connection:
        if not connection.execute(select(exists(select(asking.c.id)))).scalar():
            return 0
    with database.write() as connection:
        rows = connection.execute(
            select(asking).order_by(asking.c.id).limit(_MOST).with_for_update(skip_locked=True)
        ).all()
        connection.execute(delete(asking).where(asking.c.id.in_([row.id for row in rows])))
        waited = [row for row in rows if now - row.at < _TOO_LATE]
        return sum(
            _mail(
                connection,
                links,
                Asking(row.email, row.browser, row.known_id, Language(row.language)),
                now,
            )
            for row in waited
        )


def _mail(connection: Connection, links: Links, somebody: Asking, now: datetime) -> bool:
    found = organisers.find(connection, somebody.email)
    if found is None:
        return False
    is_known = somebody.known_id == found.id
    token = sign_ins.ask_link(connection, found.id, now, somebody.browser, is_known=is_known)
    if token is None:
        return False
    notice = to_organisers.sign_in_link(links.sign_in(token), somebody.language)
    post(connection, links.tokens, notice, Purpose.SIGN_IN, found.email, now)
    return True
