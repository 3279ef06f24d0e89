"""Set the books right after they were put back from a backup: what may have left is unknown.

Sending is stopped first and goes on at the very end, so it can be broken off and begun again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, exists, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from letters.books.changes import apply
from letters.books.happenings import Happening
from letters.books.writable import writable
from letters.reasons import Reason
from letters.sending.mark import Claimed, Mark
from letters.states import NOT_LEFT, Cause, State
from letters.storage.batch import given, moment_at, text_at
from letters.storage.schema import (
    BAD_NEWS,
    account,
    attempt,
    is_in,
    letter,
    submission,
    target,
)

_MAY_HAVE_LEFT: Final = [str(state) for state in (*sorted(NOT_LEFT), State.SENDING)]
_AT_ONCE: Final = 1_000


def _enter(into: postgresql.Insert | sqlite.Insert) -> postgresql.Insert | sqlite.Insert:
    is_ours = exists().where(letter.c.id == text_at(0))
    rows = select(text_at(1), text_at(0), moment_at(2)).where(is_ours)
    names = ["id", "letter_id", "claimed_at"]
    return into.from_select(names, rows).on_conflict_do_nothing(index_elements=[attempt.c.id])


_ENTER: Final = {
    "postgresql": _enter(postgresql.insert(attempt)),
    "sqlite": _enter(sqlite.insert(attempt)),
}
_NAME_ATTEMPTS: Final = (
    update(letter)
    .where(letter.c.id == text_at(0), letter.c.state == str(State.UNKNOWN))
    .values(attempt_id=text_at(1))
)


@dataclass(frozen=True, slots=True)
class Counted:
    """How many have become unknown."""

    letters: int = 0
    notices: int = 0

    def __add__(self, other: "Counted") -> "Counted":
        """Return both together."""
        return Counted(self.letters + other.letters, self.notices + other.notices)


def stop(connection: Connection, now: datetime) -> None:
    """Let nobody send."""
    connection.execute(
        update(account).where(account.c.behind_since.is_(None)).values(behind_since=now)
    )


def done_at(connection: Connection) -> datetime | None:
    """Return when this was done last, if nothing says that it has to be done again."""
    found: datetime | None = connection.execute(
        select(account.c.restored_at).where(account.c.behind_since.is_(None))
    ).scalar()
    return found


def enter(connection: Connection, claimed: Sequence[Claimed], now: datetime) -> Counted:
    """Enter claims that these books had lost: each is an attempt whose fate is unknown.

    What is known by name settles as everything does: by its events, or by a person's word.
    """
    carriers: dict[str, str] = {}
    for each in claimed:
        carriers.setdefault(each.attempt_id, each.letter_id)
    connection.execute(
        _ENTER[connection.dialect.name],
        given((letter_id, attempt_id, now) for attempt_id, letter_id in carriers.items()),
    )
    latest = {each.letter_id: each.attempt_id for each in claimed}
    counted = _unknown(connection, sorted(latest), now)
    connection.execute(_NAME_ATTEMPTS, given(latest.items()))
    return counted


def may_have_left(connection: Connection, newest: str | None, now: datetime) -> Counted:
    """Let some of what may have left become unknown; nothing counted: there is no more of it.

    That is all that could be claimed, for nobody knows in which order: pauses, holds and pacing may
    have been others. `newest` is the mark's, where it was kept: what came later had not left.
    """
    is_old = true() if newest is None else letter.c.id <= newest
    return _some_unknown(connection, letter.c.state.in_(_MAY_HAVE_LEFT) & is_old, now)


def was_leaving(connection: Connection, now: datetime) -> Counted:
    """Let some of what was just leaving become unknown; nothing counted: there is no more of it.

    Its news may have come and be lost. If a sweep found it later, silence would seem to be proof.
    """
    return _some_unknown(connection, is_in(State.SENDING), now)


def _some_unknown(connection: Connection, which: ColumnElement[bool], now: datetime) -> Counted:
    ids = connection.execute(
        select(letter.c.id).where(which).order_by(letter.c.id).limit(_AT_ONCE)
    ).scalars()
    return _unknown(connection, list(ids), now)


def _unknown(connection: Connection, ids: Sequence[str], now: datetime) -> Counted:
    changes = apply(
        connection, [Happening(i, Cause.ROLLED_BACK, now, reason=Reason.ROLLED_BACK) for i in ids]
    )
    letters = sum(change.kind == "letter" for change in changes)
    return Counted(letters, len(changes) - letters)


def take_as_told(connection: Connection, now: datetime) -> None:
    """Tell nobody again what seems to be news: it may have been told since the backup was made."""
    connection.execute(update(letter).where(BAD_NEWS).values(told=1))
    connection.execute(
        update(target)
        .where(
            target.c.alarmed_at.is_(None),
            ~writable(now),
        )
        .values(alarmed_at=now)
    )
    connection.execute(
        update(submission).where(submission.c.remind_at <= now).values(remind_at=None)
    )


def go_on(connection: Connection, in_redis: Mark | None, now: datetime) -> None:
    """Let sending go on, with the mark beyond that of Redis."""
    ours = connection.execute(select(account.c.claims, account.c.news).with_for_update()).one()
    connection.execute(
        update(account).values(
            claims=max(ours.claims, 0 if in_redis is None else in_redis.claims) + 1,
            news=max(ours.news, 0 if in_redis is None else in_redis.news) + 1,
            behind_since=None,
            restored_at=now,
            strange_news_at=None,
            strange_news_told_at=None,
        )
    )
