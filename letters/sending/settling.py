"""Take a person's word about a letter that nobody else can decide about."""

from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, select

from letters.books.changes import Happening, apply
from letters.states import Cause, State
from letters.storage.schema import letter, writing


class CannotSettle(Exception):
    """The letter is not in a state to be decided about; str() says why and what to do."""


class Word(StrEnum):
    """What a person says of an unknown letter."""

    SENT = "sent"
    AGAIN = "again"
    FAILED = "failed"


_CAUSES: Final = MappingProxyType(
    {Word.SENT: Cause.TAKEN, Word.AGAIN: Cause.AGAIN, Word.FAILED: Cause.GIVE_UP}
)


def settle(connection: Connection, letter_id: str, word: Word, now: datetime) -> None:
    """Settle an unknown letter; raise CannotSettle."""
    _decide(connection, letter_id, State.UNKNOWN, _CAUSES[word], now)


def again(connection: Connection, letter_id: str, now: datetime) -> None:
    """Queue a failed letter once more; raise CannotSettle."""
    _decide(connection, letter_id, State.FAILED, Cause.AGAIN, now)


def _decide(
    connection: Connection, letter_id: str, wanted: State, cause: Cause, now: datetime
) -> None:
    row = connection.execute(
        select(letter.c.state, writing.c.body)
        .select_from(letter.join(writing))
        .where(letter.c.id == letter_id, letter.c.kind == "letter")
        .with_for_update(of=letter)
    ).first()
    if row is None:
        raise CannotSettle(f"There is no letter {letter_id}: copy its id from the desk.")
    if row.state != wanted:
        raise CannotSettle(
            f"The letter is {row.state}, not {wanted}, so there is nothing to decide about it."
        )
    if row.body is None and cause is Cause.AGAIN:
        raise CannotSettle("The letter's text has been erased, so it cannot be sent again.")
    apply(connection, [Happening(letter_id, cause, now, detail="a person's word")])


def campaign_of(connection: Connection, letter_id: str) -> int | None:
    """Return the id of the campaign that a letter belongs to; None: there is no such letter."""
    found: int | None = connection.execute(
        select(letter.c.campaign_id).where(letter.c.id == letter_id, letter.c.kind == "letter")
    ).scalar()
    return found
