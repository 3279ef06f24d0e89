"""Broken twins: the product's functions with one guard left out, for the search to find.

They stand here alone. The product has no switch that would make it one of them.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Table, select, update

from letters.books.changes import apply
from letters.books.happenings import Happening
from letters.sending import gate as account
from letters.sending import lost, mark, outcomes, settling
from letters.sending.claiming import claims
from letters.sending.claiming.claimed import Claim
from letters.sending.in_redis import RedisMark
from letters.sending.outcomes import Outcome
from letters.sending.settling import Word
from letters.settings import Settings
from letters.states import Cause, State
from letters.storage.database import Database, StorageUnavailable
from letters.storage.schema import letter, office, target
from tests.simulation.processes import Parts, Scene, SearchedBooks, patiently, send


def claim_after_the_send(scene: Scene, books: SearchedBooks, most: int) -> None:
    """Send amid the claim's own transaction: a death in it undoes what has left."""
    ended: list[tuple[Claim, Outcome]] = []
    try:
        with books.database.write() as connection:
            gate = account.look(connection)
            won = claims.claim(connection, most=most, gate=gate, now=books.now())
            account.pass_through(connection, gate, books.now())
            ended = send(scene, won)
    except (StorageUnavailable, account.IsShut):
        return
    if ended:
        patiently(scene, lambda: books.record(ended))


class ForgetsAttempts(SearchedBooks):
    """It records what is said of an attempt as if it were said of the letter's latest."""

    def record(self, ended: Sequence[tuple[Claim, Outcome]]) -> None:
        with self.database.write() as connection:
            latest = _latest(connection, ended)
            ended = [
                (
                    replace(claim, attempt_id=latest.get(claim.letter_id) or claim.attempt_id),
                    outcome,
                )
                for claim, outcome in ended
            ]
            outcomes.record(connection, ended, self.now())


def _latest(
    connection: Connection, ended: Sequence[tuple[Claim, Outcome]]
) -> dict[str, str | None]:
    ids = [claim.letter_id for claim, _ in ended]
    rows = connection.execute(select(letter.c.id, letter.c.attempt_id).where(letter.c.id.in_(ids)))
    return {row.id: row.attempt_id for row in rows}


def sweep_without_age(database: Database, _settings: Settings, now: datetime) -> None:
    """Call every claim that is open a dead worker's."""
    with database.write() as connection:
        rows = connection.execute(
            select(letter.c.id, letter.c.attempt_id).where(letter.c.state == str(State.SENDING))
        ).all()
        lost.settle(
            connection, [Happening(row.id, Cause.LOST, now, row.attempt_id) for row in rows]
        )


def sweep_that_sends_again(database: Database, settings: Settings, now: datetime) -> None:
    """Take silence for proof that a letter was lost."""
    with database.read() as connection:
        found = lost.find(connection, settings, now)
        unknown = connection.execute(
            select(letter.c.id).where(letter.c.state == str(State.UNKNOWN))
        ).scalars()
        found += [Happening(i, Cause.AGAIN, now) for i in unknown.all()]
    if found:
        with database.write() as connection:
            apply(connection, found)


class LooksAtNoMark(SearchedBooks):
    """It tells Redis how far its claims have come, and never asks how far those of others had."""

    def claim(self, most: int) -> list[Claim]:
        try:
            with self.database.write() as connection:
                gate = account.look(connection)
                won = claims.claim(connection, most=most, gate=gate, now=self.now())
                account.pass_through(connection, gate, self.now())
                ours, claimed = mark.move(connection, won)
                kept = RedisMark(self.redis, mark.installation(connection))
        except account.IsShut:
            return []
        kept.raise_to(ours, claimed)
        return won


def never_behind(_database: Database, _redis: object, _now: datetime) -> bool:
    return False


class PacesLater(SearchedBooks):
    """It moves the offices' slots once the claim is on disk, in a transaction of their own.

    It leaves the mark aside as well: what counts is what leaves too close together.
    """

    def claim(self, most: int) -> list[Claim]:
        with self.database.write() as connection:
            before = _slots(connection)
            gate = account.look(connection)
            won = claims.claim(connection, most=most, gate=gate, now=self.now())
            moved = _slots(connection)
            _set_slots(connection, before)
        with self.database.write() as connection:
            _set_slots(connection, moved)
        return won


def _slots(connection: Connection) -> list[tuple[Table, int, datetime]]:
    return [
        (of, *row)
        for of in (office, target)
        for row in connection.execute(select(of.c.id, of.c.next_slot_at))
    ]


def _set_slots(connection: Connection, slots: list[tuple[Table, int, datetime]]) -> None:
    for of, id_, slot in slots:
        connection.execute(update(of).where(of.c.id == id_).values(next_slot_at=slot))


def settle_what_there_is(
    connection: Connection, letter_id: str, word: Word, now: datetime, /, *, seen: str
) -> None:
    """Take a person's word for the attempt that is the latest now, whatever they have seen."""
    del seen
    settling.settle(connection, letter_id, word, now)


TWINS: Final[dict[str, Parts]] = {
    "claim committed after the send": Parts(drain=claim_after_the_send),
    "no comparison of attempts": Parts(books=ForgetsAttempts),
    "sweep without age": Parts(sweep=sweep_without_age),
    "blind re-send": Parts(sweep=sweep_that_sends_again),
    "restore without its mark": Parts(books=LooksAtNoMark, is_behind=never_behind),
    "slot moved outside the claim": Parts(books=PacesLater),
    "a word on what was seen earlier": Parts(settle=settle_what_there_is),
}
