"""Letters that go together have one attempt: what becomes of it becomes of all of them."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import (
    Connection,
    literal_column,
    select,
    union,
    update,
)

from letters.books.counts import bump
from letters.books.happenings import OF_ATTEMPT, Change, Happening, Row
from letters.states import Cause, State
from letters.storage.batch import GIVEN, text_at
from letters.storage.database import StorageUnavailable
from letters.storage.schema import (
    GOES_TOGETHER,
    letter,
    submission,
    target,
)

# Letters, and those that go in one digest with them.
_mine, _other = letter.alias("mine"), letter.alias("other")
_WITH_COMPANIONS: Final = union(
    select(text_at(0)),
    select(_other.c.id).where(
        _other.c.goes_together == literal_column("1"), _other.c.attempt_id.in_(select(text_at(1)))
    ),
    select(_other.c.id)
    .select_from(
        GIVEN.join(_mine, _mine.c.id == text_at(0)).join(
            _other, _other.c.attempt_id == _mine.c.attempt_id
        )
    )
    .where(
        _mine.c.goes_together == literal_column("1"), _other.c.goes_together == literal_column("1")
    ),
)
WITH_COMPANIONS: Final = select(_WITH_COMPANIONS.subquery())
"""The ids of letters given with an attempt each, and of those in one digest with them."""


def to_all(
    connection: Connection, happenings: Sequence[Happening], rows: Mapping[str, Row]
) -> list[Happening]:
    """Return what happens, with what happens to a digest spelt out for every letter in it.

    Raises StorageUnavailable where a digest was claimed anew in this very moment: look anew, and
    try again.
    """
    attempts: dict[str, list[str]] = {}
    for happening in happenings:
        row = rows.get(happening.letter_id)
        if row is not None and row.goes_together and happening.cause in OF_ATTEMPT:
            attempts.update({i: [] for i in (happening.attempt_id, row.attempt_id) if i})
    if not attempts:
        return [*happenings]
    members = select(letter.c.id, letter.c.attempt_id, submission.c.erased_at.is_not(None))
    erased: set[str] = set()
    for letter_id, attempt_id, is_erased in connection.execute(
        members.select_from(letter.join(submission))
        .where(GOES_TOGETHER, letter.c.attempt_id.in_(list(attempts)))
        .order_by(letter.c.id)
    ):
        if letter_id not in rows:
            raise StorageUnavailable("a digest was claimed anew meanwhile")
        attempts[attempt_id].append(letter_id)
        erased |= {letter_id} if is_erased else set()
    everything: list[Happening] = []
    told: set[tuple[str, Cause]] = set()
    for happening in happenings:
        row = rows.get(happening.letter_id)
        everything.append(happening)
        if row is None or not row.goes_together or happening.cause not in OF_ATTEMPT:
            continue
        for attempt_id in {happening.attempt_id, row.attempt_id}:
            if attempt_id is None or (attempt_id, happening.cause) in told:
                continue
            told.add((attempt_id, happening.cause))
            everything += [
                replace(happening, letter_id=i)
                for i in attempts[attempt_id]
                if i != happening.letter_id and not (happening.cause is Cause.AGAIN and i in erased)
            ]
    return everything


def hurry_digests(
    connection: Connection, changes: Iterable[Change], rows: Mapping[str, Row]
) -> None:
    """Let a digest that was not taken leave again with the next slot, not with the next day's."""
    back = sorted(
        {
            change.target_id
            for change in changes
            if change.after is State.QUEUED
            and change.cause in {Cause.NOT_TAKEN, Cause.AGAIN}
            and change.target_id is not None
            and rows[change.letter_id].goes_together
        }
    )
    if back:
        connection.execute(update(target).where(target.c.id.in_(back)).values(digest_after=None))


def make_personal(connection: Connection, letter_ids: Collection[str]) -> None:
    """Let letters go by themselves: their writer has changed them. The caller has their locks."""
    rows = connection.execute(
        select(letter.c.id, letter.c.target_id, letter.c.state).where(
            letter.c.id.in_(letter_ids), GOES_TOGETHER
        )
    ).all()
    if not rows:
        return
    connection.execute(
        update(letter).where(letter.c.id.in_([r.id for r in rows])).values(goes_together=0)
    )
    queued = Counter(row.target_id for row in rows if row.state == State.QUEUED)
    bump(connection, {}, {target_id: -n for target_id, n in queued.items()})
