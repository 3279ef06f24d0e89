"""Keep a mark that only grows, by which a database from a backup is told from its later self.

The number of claims ever made moves with each claim, in its transaction. A worker writes it to
Redis after that, and before anything leaves: so Redis knows of every claim whose request may have
left. The number of posts of events ever taken moves with each of them, and Redis knows of it before
SendGrid hears that it was taken. Books that Redis is ahead of are older than what was sent or told,
and nothing more is sent by them. A Redis that is behind, or empty, has lost something, and gets the
mark anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from letters.books import locks
from letters.books.locks import Rank
from letters.sending.claiming.claimed import Claim
from letters.storage.schema import GOES_TOGETHER, account, letter


@dataclass(frozen=True, slots=True)
class Mark:
    """How far claims and news have come."""

    claims: int
    """How many were ever made."""
    newest: str
    """No letter or notice with a later id had been there to be claimed; empty: none was."""
    news: int = 0
    """How many posts of events were ever taken."""

    def is_ahead_of(self, other: "Mark") -> bool:
        """Tell whether this mark has seen what the other has not."""
        return self.claims > other.claims or self.news > other.news


@dataclass(frozen=True, slots=True)
class Claimed:
    """A letter or notice that a claim took; those of a digest share number and attempt."""

    number: int
    """The claim's own: how many had been made, with it."""
    letter_id: str
    attempt_id: str


def installation(connection: Connection) -> str:
    """Return what tells these books, and every backup of them, from all others."""
    return connection.execute(select(account.c.installation)).scalar_one() or ""


def look(connection: Connection) -> Mark:
    """Return the mark as it stands."""
    row = connection.execute(select(account.c.claims, account.c.news)).one()
    return Mark(row.claims, _newest(connection), row.news)


def move(connection: Connection, claims: Sequence[Claim]) -> tuple[Mark, list[Claimed]]:
    """Move the mark by `claims`, in their transaction, and at its end: others wait for the row."""
    attempts = [claim.attempt_id for claim in claims]
    in_digests: dict[str, list[str]] = {}
    for letter_id, attempt_id in connection.execute(
        select(letter.c.id, letter.c.attempt_id).where(
            GOES_TOGETHER, letter.c.attempt_id.in_(attempts)
        )
    ):
        in_digests.setdefault(attempt_id, []).append(letter_id)
    newest = _newest(connection)
    locks.note(connection, Rank.ACCOUNT, (0,))
    total, news = connection.execute(
        update(account)
        .values(claims=account.c.claims + len(claims))
        .returning(account.c.claims, account.c.news)
    ).one()
    claimed = [
        Claimed(number, letter_id, claim.attempt_id)
        for number, claim in enumerate(claims, start=total - len(claims) + 1)
        for letter_id in dict.fromkeys(
            (claim.letter_id, *in_digests.get(claim.attempt_id, ()))  # who carries it comes first
        )
    ]
    return Mark(total, newest, news), claimed


def is_behind(connection: Connection, in_redis: Mark | None, now: datetime) -> bool:
    """Tell whether these books are older than what was sent or told, and keep it if they are.

    `in_redis` was read before this transaction began: later it could be ahead by a claim of another
    worker. Once found it stays so, whatever becomes of Redis, until a person has said what to do.
    """
    row = connection.execute(select(account.c.claims, account.c.news, account.c.behind_since)).one()
    if row.behind_since is not None:
        return True
    if in_redis is None or not in_redis.is_ahead_of(Mark(row.claims, "", row.news)):
        return False
    connection.execute(
        update(account).where(account.c.behind_since.is_(None)).values(behind_since=now)
    )
    return True


def _newest(connection: Connection) -> str:
    return connection.execute(select(func.max(letter.c.id))).scalar() or ""
