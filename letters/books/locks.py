"""Take the locks of what a transaction changes, in one order for all of them.

Campaigns, letters, offices, targets, tallies, submissions, the account; each by id. Whoever waits
for a lock then holds none that comes after it, so no two transactions wait for each other. What a
transaction holds is remembered, and a lock that would come too late is refused on every database:
the order is held by construction, not by care. A claim takes offices and letters only where nobody
holds them: it never waits for those, and only notes them here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum, auto
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Select, select

from letters.storage.batch import integer_at, run, text_at
from letters.storage.schema import campaign, letter, office, submission, target

_Key = TypeVar("_Key", int, str, tuple[int, str])


class Rank(IntEnum):
    """What is locked, in the order in which it is."""

    CAMPAIGN = auto()
    LETTER = auto()
    OFFICE = auto()
    TARGET = auto()
    TALLY = auto()
    SUBMISSION = auto()
    ACCOUNT = auto()


class OutOfOrder(Exception):
    """A transaction asks for a lock after one that comes later: take all it needs at once."""


@dataclass(slots=True)
class _Held:
    """What one transaction holds."""

    transaction: object
    keys: dict[Rank, set[Any]] = field(default_factory=lambda: {rank: set() for rank in Rank})


# Not FOR UPDATE: a row that refers to one of these may be added meanwhile.
_LOCK: Final[dict[Rank, Select[int] | Select[str]]] = {
    Rank.CAMPAIGN: select(campaign.c.id)
    .where(campaign.c.id.in_(select(integer_at(0))))
    .order_by(campaign.c.id)
    .with_for_update(key_share=True),
    Rank.LETTER: select(letter.c.id)
    .where(letter.c.id.in_(select(text_at(0))))
    .order_by(letter.c.id)
    .with_for_update(key_share=True),
    Rank.OFFICE: select(office.c.id)
    .where(office.c.id.in_(select(integer_at(0))))
    .order_by(office.c.id)
    .with_for_update(key_share=True),
    Rank.TARGET: select(target.c.id)
    .where(target.c.id.in_(select(integer_at(0))))
    .order_by(target.c.id)
    .with_for_update(key_share=True),
    Rank.SUBMISSION: select(submission.c.id)
    .where(submission.c.id.in_(select(text_at(0))))
    .order_by(submission.c.id)
    .with_for_update(key_share=True),
}


def take(
    connection: Connection,
    *,
    campaigns: Iterable[int] = (),
    letters: Iterable[str] = (),
    offices: Iterable[int] = (),
    targets: Iterable[int] = (),
    submissions: Iterable[str] = (),
) -> None:
    """Lock these until the transaction ends; raise OutOfOrder where that would come too late."""
    _take(connection, Rank.CAMPAIGN, campaigns)
    _take(connection, Rank.LETTER, letters)
    _take(connection, Rank.OFFICE, offices)
    _take(connection, Rank.TARGET, targets)
    _take(connection, Rank.SUBMISSION, submissions)


def _take(connection: Connection, rank: Rank, keys: Iterable[_Key]) -> None:
    new = note(connection, rank, keys)
    # A writer in SQLite is alone.
    if new and connection.dialect.name == "postgresql":
        run(connection, _LOCK[rank], [[str(key)] for key in new])


def note(
    connection: Connection, rank: Rank, keys: Iterable[_Key], *, waits: bool = True
) -> set[_Key]:
    """Remember locks that a statement is about to take itself, and return those that are new.

    Where it `waits` for them, raises OutOfOrder if it would come too late.
    """
    held = _held(connection).keys
    new = set(keys) - held[rank]
    if new and waits:
        later = [other.name for other in Rank if other > rank and held[other]]
        if held[rank] and min(new) < max(held[rank]):
            later.append(rank.name)
        if later:
            raise OutOfOrder(f"{rank.name} after {', '.join(later)}")
    held[rank] |= new
    return new


def _held(connection: Connection) -> _Held:
    transaction = connection.get_transaction()
    held = connection.info.get("held")
    if not isinstance(held, _Held) or held.transaction is not transaction:
        held = connection.info["held"] = _Held(transaction)
    return held
