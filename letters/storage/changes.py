"""Change letters' states: every change but a claim passes through :func:`apply`.

Locks are taken in one order everywhere: letters, targets, tallies, each by id. A claim takes
targets and letters only where nobody holds them, so no two transactions wait for each other.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, text, update

from letters.states import Cause, State, advance
from letters.storage.schema import history, is_in, letter, target

# These speak of one attempt, and only while it is the letter's latest.
_OF_LATEST_ATTEMPT: Final = frozenset({Cause.NOT_TAKEN, Cause.REFUSED, Cause.LOST})
_BUMP: Final = text(
    "INSERT INTO tally (target_id, state, letters) VALUES (:target_id, :state, :letters)"
    " ON CONFLICT (target_id, state) DO UPDATE SET letters = tally.letters + excluded.letters"
)
_SET_STATE: Final = (
    update(letter)
    .where(letter.c.id == bindparam("letter_id"))
    .values(state=bindparam("new_state"), state_at=bindparam("at"))
)
_ADD_QUEUED: Final = (
    update(target)
    .where(target.c.id == bindparam("target_id"))
    .values(queued=target.c.queued + bindparam("letters"))
)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to one letter."""

    letter_id: str
    cause: Cause
    at: datetime
    attempt_id: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """A change of state that a happening brought about."""

    letter_id: str
    kind: str
    target_id: int | None
    before: State
    after: State
    cause: Cause


@dataclass(slots=True)
class _Row:
    kind: str
    target_id: int | None
    state: State
    attempt_id: str | None
    can_be_written_to: bool


def apply(connection: Connection, happenings: Sequence[Happening]) -> list[Change]:
    """Let `happenings` happen, in their order, and return what changed.

    Locks the letters. A letter whose target cannot be written to is held rather than queued. What
    is unknown, stale or repeated changes nothing.
    """
    rows = _lock(connection, {happening.letter_id for happening in happenings})
    changes: list[Change] = []
    records: list[dict[str, object]] = []

    def step(happening: Happening, row: _Row, cause: Cause) -> None:
        after = advance(row.state, cause)
        if after is None:
            return
        changes.append(
            Change(happening.letter_id, row.kind, row.target_id, row.state, after, cause)
        )
        records.append(
            {
                "letter_id": happening.letter_id,
                "state": after,
                "cause": cause,
                "at": happening.at,
                "detail": happening.detail,
            }
        )
        row.state = after

    for happening in happenings:
        row = rows.get(happening.letter_id)
        if row is None:
            continue
        stale = happening.cause in _OF_LATEST_ATTEMPT and happening.attempt_id != row.attempt_id
        if stale:
            continue
        step(happening, row, happening.cause)
        if row.state is State.QUEUED and not row.can_be_written_to:
            step(happening, row, Cause.HOLD)
    if changes:
        last = {record["letter_id"]: record for record in records}
        connection.execute(
            _SET_STATE,
            [
                {"letter_id": i, "new_state": record["state"], "at": record["at"]}
                for i, record in sorted(last.items(), key=lambda item: str(item[0]))
            ],
        )
        connection.execute(insert(history), records)
        _count(connection, changes)
    return changes


def readdress(connection: Connection, letter_id: str, target_id: int, now: datetime) -> None:
    """Turn a held letter to another target, and queue it there. The caller has its lock."""
    earlier: int = connection.execute(
        select(letter.c.target_id).where(letter.c.id == letter_id, is_in(State.HELD))
    ).scalar_one()
    connection.execute(
        update(letter).where(letter.c.id == letter_id).values(target_id=target_id, told=0)
    )
    bump(connection, {(earlier, State.HELD): -1, (target_id, State.HELD): 1})
    apply(connection, [Happening(letter_id, Cause.RELEASE, now)])


def count_new(connection: Connection, letters: Iterable[tuple[int, State]]) -> None:
    """Count new letters, given as pairs of target id and state."""
    bump(connection, Counter(letters))


def bump(connection: Connection, by: Mapping[tuple[int, State], int]) -> None:
    """Add to the tallies of (target id, state), and to the targets' count of waiting letters."""
    moved = {key: n for key, n in sorted(by.items()) if n}
    queued = [
        {"target_id": target_id, "letters": n}
        for (target_id, state), n in moved.items()
        if state is State.QUEUED
    ]
    if queued:
        connection.execute(
            _ADD_QUEUED,
            [{"target_id": row["target_id"], "letters": row["letters"]} for row in queued],
        )
    if moved:
        connection.execute(
            _BUMP,
            [
                {"target_id": target_id, "state": str(state), "letters": n}
                for (target_id, state), n in moved.items()
            ],
        )


def _count(connection: Connection, changes: Iterable[Change]) -> None:
    by: Counter[tuple[int, State]] = Counter()
    for change in changes:
        if change.kind == "letter" and change.target_id is not None:
            by[change.target_id, change.before] -= 1
            by[change.target_id, change.after] += 1
    bump(connection, by)


def _lock(connection: Connection, ids: set[str]) -> dict[str, _Row]:
    rows = connection.execute(
        select(
            letter.c.id,
            letter.c.kind,
            letter.c.target_id,
            letter.c.state,
            letter.c.attempt_id,
            target.c.held_reason,
            target.c.withdrawn,
        )
        .select_from(letter.outerjoin(target))
        .where(letter.c.id.in_(ids))
        .order_by(letter.c.id)
        .with_for_update(of=letter)
    )
    return {
        row.id: _Row(
            row.kind,
            row.target_id,
            State(row.state),
            row.attempt_id,
            row.held_reason is None and not row.withdrawn,
        )
        for row in rows
    }
