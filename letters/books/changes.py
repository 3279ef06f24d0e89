"""Change letters' states: every change but a claim passes through :func:`apply`.

Locks are taken in one order everywhere: letters, targets, tallies, each by id. A claim takes
targets and letters only where nobody holds them, so no two transactions wait for each other.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from letters.books.writable import writable
from letters.reasons import Reason
from letters.states import Cause, State, advance
from letters.storage.batch import fetch, given, integer_at, moment_at, text_at
from letters.storage.schema import IS_PLAIN, history, is_in, letter, submission, tally, target

# These speak of one attempt, and only while it is the letter's latest.
_OF_LATEST_ATTEMPT: Final = frozenset({Cause.NOT_TAKEN, Cause.REFUSED, Cause.LOST})
# These speak of an attempt, and so of every letter that goes with it.
_OF_ATTEMPT: Final = frozenset(
    {
        Cause.TAKEN,
        Cause.NOT_TAKEN,
        Cause.REFUSED,
        Cause.LOST,
        Cause.DEFER,
        Cause.DELIVER,
        Cause.DROP,
        Cause.BOUNCE,
        Cause.AGAIN,
        Cause.GIVE_UP,
    }
)
_LOCK_LETTERS: Final = (
    select(
        letter.c.id,
        letter.c.kind,
        letter.c.target_id,
        letter.c.state,
        letter.c.attempt_id,
        letter.c.plain,
        # A notice goes to no target, so none can stand in its way.
        target.c.id.is_(None) | writable(bindparam("now", type_=target.c.valid_before.type)),
    )
    .select_from(letter.outerjoin(target))
    .where(letter.c.id.in_(select(text_at(0))))
    .order_by(letter.c.id)
    .with_for_update(of=letter, key_share=True)
)
_SET_STATE: Final = (
    update(letter).where(letter.c.id == text_at(0)).values(state=text_at(1), state_at=moment_at(2))
)
_ADD_HISTORY: Final = insert(history).from_select(
    ["letter_id", "state", "cause", "at", "detail", "reason"],
    select(text_at(0), text_at(1), text_at(2), moment_at(3), text_at(4), text_at(5)),
)
_LOCK_TARGETS: Final = (
    select(target.c.id)
    .where(target.c.id.in_(select(integer_at(0))))
    .order_by(target.c.id)
    .with_for_update(key_share=True)
)
_ADD_QUEUED: Final = (
    update(target)
    .where(target.c.id == integer_at(0))
    .values(queued=target.c.queued + integer_at(1), plain=target.c.plain + integer_at(2))
)
_TALLIED: Final = select(integer_at(0), text_at(1), integer_at(2)).where(true())


def _bump_of(into: postgresql.Insert | sqlite.Insert) -> postgresql.Insert | sqlite.Insert:
    added = into.from_select(["target_id", "state", "letters"], _TALLIED)
    return added.on_conflict_do_update(
        index_elements=[tally.c.target_id, tally.c.state],
        set_={"letters": tally.c.letters + added.excluded.letters},
    )


_BUMP: Final = {
    "postgresql": _bump_of(postgresql.insert(tally)),
    "sqlite": _bump_of(sqlite.insert(tally)),
}


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to one letter."""

    letter_id: str
    cause: Cause
    at: datetime
    attempt_id: str | None = None
    detail: str | None = None
    """The other side's own words."""
    reason: Reason | None = None


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
    is_plain: bool
    can_be_written_to: bool


def apply(connection: Connection, happenings: Sequence[Happening]) -> list[Change]:
    """Let `happenings` happen, in their order, and return what changed.

    Locks the letters. A letter whose target cannot be written to is held rather than queued. What
    is unknown, stale or repeated changes nothing. What happens to an attempt that carries a digest
    happens to every letter in it.
    """
    if not happenings:
        return []
    now = max(happening.at for happening in happenings)
    rows = lock(connection, {happening.letter_id for happening in happenings}, now)
    if any(row.is_plain for row in rows.values()):
        happenings = _to_all(connection, happenings, rows, now)
    changes: list[Change] = []
    records: list[tuple[str, str, str, datetime, str | None, str | None]] = []

    def step(happening: Happening, row: _Row, cause: Cause) -> None:
        after = advance(row.state, cause)
        if after is None:
            return
        changes.append(
            Change(happening.letter_id, row.kind, row.target_id, row.state, after, cause)
        )
        it = happening
        records.append((it.letter_id, str(after), str(cause), it.at, it.detail, it.reason))
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
        last = {record[0]: record for record in records}
        connection.execute(
            _SET_STATE, given((i, record[1], record[3]) for i, record in last.items())
        )
        connection.execute(_ADD_HISTORY, given(records))
        _count(connection, changes, rows)
        _hurry_digests(connection, changes, rows)
    return changes


def _to_all(
    connection: Connection, happenings: Sequence[Happening], rows: dict[str, _Row], now: datetime
) -> list[Happening]:
    """Return what happens, with what happens to a digest spelt out for every letter in it.

    Locks those letters too, into `rows`.
    """
    attempts: dict[str, list[str]] = {}
    for happening in happenings:
        row = rows.get(happening.letter_id)
        if row is not None and row.is_plain and happening.cause in _OF_ATTEMPT:
            attempts.update({i: [] for i in (happening.attempt_id, row.attempt_id) if i})
    if not attempts:
        return [*happenings]
    members = select(letter.c.id, letter.c.attempt_id, submission.c.erased_at.is_not(None))
    erased: set[str] = set()
    for letter_id, attempt_id, is_erased in connection.execute(
        members.select_from(letter.join(submission))
        .where(IS_PLAIN, letter.c.attempt_id.in_(list(attempts)))
        .order_by(letter.c.id)
    ):
        attempts[attempt_id].append(letter_id)
        erased |= {letter_id} if is_erased else set()
    rows.update(lock(connection, {i for ids in attempts.values() for i in ids}, now))
    everything: list[Happening] = []
    told: set[tuple[str, Cause]] = set()
    for happening in happenings:
        row = rows.get(happening.letter_id)
        everything.append(happening)
        if row is None or not row.is_plain or happening.cause not in _OF_ATTEMPT:
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


def _hurry_digests(
    connection: Connection, changes: Iterable[Change], rows: Mapping[str, _Row]
) -> None:
    """Let a digest that was not taken leave again with the next slot, not with the next day's."""
    back = sorted(
        {
            change.target_id
            for change in changes
            if change.after is State.QUEUED
            and change.cause in {Cause.NOT_TAKEN, Cause.AGAIN}
            and change.target_id is not None
            and rows[change.letter_id].is_plain
        }
    )
    if back:
        connection.execute(update(target).where(target.c.id.in_(back)).values(digest_after=None))


def make_personal(connection: Connection, letter_id: str) -> None:
    """Let a letter go by itself: its writer has changed it. The caller has its lock."""
    row = connection.execute(
        select(letter.c.target_id, letter.c.state).where(letter.c.id == letter_id, IS_PLAIN)
    ).first()
    if row is None:
        return
    connection.execute(update(letter).where(letter.c.id == letter_id).values(plain=0))
    if row.state == State.QUEUED and row.target_id is not None:
        bump(connection, {}, {row.target_id: -1})


def readdress(connection: Connection, letter_id: str, target_id: int, now: datetime) -> None:
    """Turn a held letter to another target, and queue it there. The caller has its lock."""
    earlier: int = connection.execute(
        select(letter.c.target_id).where(letter.c.id == letter_id, is_in(State.HELD))
    ).scalar_one()
    connection.execute(
        update(letter).where(letter.c.id == letter_id).values(target_id=target_id, told=0, plain=0)
    )
    bump(connection, {(earlier, State.HELD): -1, (target_id, State.HELD): 1})
    apply(connection, [Happening(letter_id, Cause.RELEASE, now)])


def count_new(connection: Connection, letters: Iterable[tuple[int, State, bool]]) -> None:
    """Count new letters, given as target id, state, and whether they wait for a digest."""
    new = list(letters)
    plain = Counter(i for i, state, is_plain in new if is_plain and state is State.QUEUED)
    bump(connection, Counter((i, state) for i, state, _ in new), plain)


def bump(
    connection: Connection,
    by: Mapping[tuple[int, State], int],
    plain: Mapping[int, int] = MappingProxyType({}),
) -> None:
    """Add to the tallies of (target id, state), and to the targets' counts of waiting letters.

    `plain` is by how much the count of those changes that wait for a digest, by target id.
    """
    moved = {key: n for key, n in sorted(by.items()) if n}
    queued = {target_id: n for (target_id, state), n in moved.items() if state is State.QUEUED}
    waiting = [
        (target_id, queued.get(target_id, 0), plain.get(target_id, 0))
        for target_id in sorted({*queued, *plain})
    ]
    if waiting:
        if len(waiting) > 1:  # the update itself locks a single one
            lock_targets(connection, (target_id for target_id, _, _ in waiting))
        connection.execute(_ADD_QUEUED, given(waiting))
    if moved:
        tallied = ((target_id, str(state), n) for (target_id, state), n in moved.items())
        connection.execute(_BUMP[connection.dialect.name], given(tallied))


def _count(connection: Connection, changes: Iterable[Change], rows: Mapping[str, _Row]) -> None:
    by: Counter[tuple[int, State]] = Counter()
    plain: Counter[int] = Counter()
    for change in changes:
        if change.kind == "letter" and change.target_id is not None:
            by[change.target_id, change.before] -= 1
            by[change.target_id, change.after] += 1
            if rows[change.letter_id].is_plain:
                is_queued = change.after is State.QUEUED
                plain[change.target_id] += is_queued - (change.before is State.QUEUED)
    bump(connection, by, plain)


def lock(connection: Connection, ids: Iterable[str], now: datetime) -> dict[str, _Row]:
    """Lock letters until the transaction ends, as :func:`apply` does; return how they stand."""
    rows = fetch(connection, _LOCK_LETTERS, {**given([i] for i in ids), "now": now})
    return {
        letter_id: _Row(kind, target_id, State(state), attempt_id, bool(plain), bool(writable))
        for letter_id, kind, target_id, state, attempt_id, plain, writable in rows
    }


def lock_targets(connection: Connection, ids: Iterable[int]) -> None:
    """Lock targets until the transaction ends; letters are locked before, tallies after."""
    # A writer in SQLite is alone. PostgreSQL's UPDATE locks rows in an order of its own.
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK_TARGETS, given([i] for i in ids))
