"""Relays: notices that pass an answer on. Their text is another person's, so it does not stay."""

from collections.abc import Iterable
from typing import Final

from sqlalchemy import Connection, exists, or_, select, update

from letters.books.changes import Change
from letters.states import State
from letters.storage.schema import answer, letter, writing

IS_RELAY: Final = exists(select(answer.c.id).where(answer.c.relay_id == letter.c.id))
IS_SETTLED: Final = or_(letter.c.kind == "letter", IS_RELAY)
"""Of what a person or proof decides where its fate is not known: letters, and answers passed on.
Any other notice can be asked for again."""
_WITH_SENDGRID: Final = frozenset(
    {State.ACCEPTED, State.DEFERRED, State.DELIVERED, State.BOUNCED, State.DROPPED}
)


def forget_taken(connection: Connection, changes: Iterable[Change]) -> None:
    """Erase the text of relays that SendGrid has."""
    taken = {c.letter_id for c in changes if c.kind == "notice" and c.after in _WITH_SENDGRID}
    if taken:
        ours = select(answer.c.relay_id).where(answer.c.relay_id.in_(taken))
        connection.execute(
            update(writing).where(writing.c.letter_id.in_(ours)).values(subject=None, body=None)
        )
