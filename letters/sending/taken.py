"""Erase the text of notices that need it no more.

It holds links that open doors, or another person's answer. A backup, or whoever reads the database,
is to find neither. A notice's text is needed until SendGrid has it, or until it is certain that
nobody sends it any more; a relay that failed can be queued again.
"""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, select, update

from letters.books.happenings import Change
from letters.states import State
from letters.storage.schema import answer, writing

_WITH_SENDGRID: Final = frozenset(
    {State.ACCEPTED, State.DEFERRED, State.DELIVERED, State.BOUNCED, State.DROPPED}
)


def forget(connection: Connection, changes: Iterable[Change]) -> None:
    """Erase the text of notices that came so far."""
    notices = [change for change in changes if change.kind == "notice"]
    taken = {change.letter_id for change in notices if change.after in _WITH_SENDGRID}
    failed = {change.letter_id for change in notices if change.after is State.FAILED}
    if failed:
        relays = select(answer.c.relay_id).where(answer.c.relay_id.in_(failed))
        taken |= failed - set(connection.execute(relays).scalars())
    if taken:
        connection.execute(
            update(writing).where(writing.c.letter_id.in_(taken)).values(subject=None, body=None)
        )
