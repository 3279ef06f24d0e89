"""Change letters' states: every change but a claim passes through :func:`apply`.

A transaction calls it once, with all that happens, since tallies are locked last: see
:mod:`letters.books.locks`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, UpdateBase, insert, select, update

from letters.books import locks
from letters.books.counts import bump
from letters.books.happenings import OF_ATTEMPT, Change, Happening, Row
from letters.books.together import WITH_COMPANIONS, hurry_digests, to_all
from letters.books.writable import writable_among
from letters.states import RULES_OUT, Cause, State, advance, is_news
from letters.storage.batch import (
    GIVEN,
    Places,
    as_text,
    fetch,
    given,
    moment_at,
    run,
    run_with,
    text_at,
)
from letters.storage.schema import (
    attempt,
    history,
    is_in,
    letter,
    submission,
)

# These speak of one attempt, and only while it is the letter's latest.
_OF_LATEST_ATTEMPT: Final = frozenset({Cause.NOT_TAKEN, Cause.REFUSED, Cause.LOST})
# These may queue a letter.
_QUEUES: Final = frozenset({Cause.CONFIRM, Cause.NOT_TAKEN, Cause.RELEASE, Cause.AGAIN})
_ROWS: Final = (
    select(
        letter.c.id,
        letter.c.kind,
        letter.c.target_id,
        letter.c.state,
        letter.c.attempt_id,
        letter.c.goes_together,
        submission.c.erased_at.is_not(None),
        attempt.c.id,
        attempt.c.ruled_out,
    )
    .select_from(
        GIVEN.join(letter, letter.c.id == text_at(0))
        .outerjoin(submission)
        .outerjoin(attempt, attempt.c.id == text_at(1))
    )
    .order_by(letter.c.id)
)
_SET_STATE: Final = (
    update(letter).where(letter.c.id == text_at(0)).values(state=text_at(1), state_at=moment_at(2))
)
_BEGIN_ANEW: Final = (
    update(letter).where(letter.c.id.in_(select(text_at(0)))).values(attempt_id=None)
)
_RULE_OUT: Final = (
    update(attempt).where(attempt.c.id.in_(select(text_at(0)))).values(ruled_out=True)
)
_STEP: Final = ("letter_id", "state", "cause", "at", "detail", "reason")
_ADD_HISTORY: Final = insert(history).from_select(
    _STEP, select(*Places("steps", *_STEP).of(history, _STEP))
)
_STORE: Final[dict[str, tuple[UpdateBase, ...]]] = {
    "sqlite": (_SET_STATE, _ADD_HISTORY),
    "postgresql": (_ADD_HISTORY.add_cte(_SET_STATE.cte("moved")),),  # one journey to the server
}


def apply(  # noqa: PLR0913 - what happens, and what else has to be locked with it
    connection: Connection,
    happenings: Sequence[Happening],
    *,
    others: Iterable[str] = (),
    offices: Iterable[int] = (),
    targets: Iterable[int] = (),
    then: Callable[["Taken"], Sequence[Happening]] | None = None,
    moved: Mapping[str, int] = MappingProxyType({}),
    new: Iterable[tuple[int, State, bool]] = (),
) -> list[Change]:
    """Let `happenings` happen, in their order, and return what changed.

    Locks the letters, and targets where one may be queued. A letter whose target cannot be written
    to is held rather than queued. What is unknown, stale or repeated changes nothing. What happens
    to an attempt that carries a digest happens to every letter in it.

    `then` says, of what was taken, what happens next, in the same breath. It may speak of `others`
    and change `offices` and `targets`: they are locked too.
    `moved` holds the earlier target of letters that were turned to another in this transaction.
    `new` letters, as for :func:`letters.books.counts.count_new`, are counted with the rest.
    """
    new = list(new)
    if not (happenings or new):
        return []
    rows, attempts = _lock(connection, happenings, others)
    if any(row.goes_together for row in rows.values()):
        happenings = to_all(connection, happenings, rows)
    locks.take(connection, offices=offices)
    _lock_targets(connection, happenings, rows, targets)
    taken = Taken(rows, attempts)
    taken.take(happenings)
    if then is not None:
        taken.take(then(taken))
    taken.rule_out(connection)
    if taken.changes:
        taken.store(connection)
    if taken.changes or moved or new:
        _count(connection, taken.changes, rows, moved, new)
    if taken.changes:
        hurry_digests(connection, taken.changes, rows)
    return taken.changes


@dataclass(frozen=True, slots=True)
class Taken:
    """What happenings make of letters, before it is written down."""

    rows: Mapping[str, Row]
    attempts: dict[str, bool]
    """Of attempts that are known, whether they are ruled out."""
    ruled_out: set[str] = field(default_factory=set)
    """Those that are now."""
    begun_anew: set[str] = field(default_factory=set)
    """Letters of which no attempt is the latest any more."""
    changes: list[Change] = field(default_factory=list)
    records: list[tuple[str, str, str, datetime, str | None, str | None]] = field(
        default_factory=list
    )

    @property
    def erased(self) -> set[str]:
        """The letters whose writer is erased: others' words may name them, and are not kept."""
        return {letter_id for letter_id, row in self.rows.items() if row.is_erased}

    def take(self, happenings: Iterable[Happening]) -> None:
        """Let `happenings` happen to the rows."""
        for happening in happenings:
            row = self.rows.get(happening.letter_id)
            if row is None:
                continue
            stale = happening.cause in _OF_LATEST_ATTEMPT and happening.attempt_id != row.attempt_id
            if stale or not self._is_news(happening, row):
                continue
            if row.is_erased and happening.cause is Cause.RELEASE:
                continue  # nothing is left of it that could go
            self._step(happening, row, happening.cause)
            if row.state is State.QUEUED and not row.can_be_written_to:
                self._step(happening, row, Cause.HOLD)

    def _is_news(self, it: Happening, row: Row) -> bool:
        if it.attempt_id is None or it.attempt_id not in self.attempts:
            return True
        found = is_news(
            it.cause,
            is_ruled_out=self.attempts[it.attempt_id],
            is_earlier=it.attempt_id != row.attempt_id,
        )
        if it.cause in RULES_OUT and not self.attempts[it.attempt_id]:
            self.attempts[it.attempt_id] = True
            self.ruled_out.add(it.attempt_id)
        return found

    def _step(self, it: Happening, row: Row, cause: Cause) -> None:
        if cause is Cause.SUPPRESS and (row.kind == "notice" or row.is_erased):
            cause = Cause.DROP  # nobody releases a notice, or what is erased
        if cause in {Cause.NOT_TAKEN, Cause.AGAIN} and row.is_erased:
            cause = Cause.GIVE_UP  # erased while it was unknown; nothing is left that could go
        before, after = row.state, advance(row.state, cause)
        if after is None:
            return
        is_anew = cause is Cause.RELEASE or (
            cause is Cause.AGAIN and before is not State.UNKNOWN  # of that proof may still come
        )
        if is_anew and row.attempt_id is not None:
            row.attempt_id = None
            self.begun_anew.add(it.letter_id)
        self.changes.append(Change(it.letter_id, row.kind, row.target_id, row.state, after, cause))
        words = None if row.is_erased else it.detail
        self.records.append((it.letter_id, str(after), str(cause), it.at, words, it.reason))
        row.state = after

    def store(self, connection: Connection) -> None:
        """Write down each letter's last state, and every step on the way."""
        last = {record[0]: record for record in self.records}
        states = given((i, record[1], record[3]) for i, record in last.items())
        for statement in _STORE[connection.dialect.name]:
            run_with(connection, statement, {**states, "steps": as_text(self.records)})
        if self.begun_anew:
            run(connection, _BEGIN_ANEW, ([i] for i in self.begun_anew))

    def rule_out(self, connection: Connection) -> None:
        """Remember of attempts that only a delivery is news of them now."""
        if self.ruled_out:
            run(connection, _RULE_OUT, ([i] for i in self.ruled_out))


def _lock(
    connection: Connection, happenings: Sequence[Happening], others: Iterable[str]
) -> tuple[dict[str, Row], dict[str, bool]]:
    """Lock letters, and their companions in digests where something happens to an attempt.

    Returns the letters, and whether attempts are ruled out: those that happenings speak of.
    """
    of_attempts = [
        (it.letter_id, it.attempt_id)
        for it in happenings
        if it.cause in OF_ATTEMPT and not it.is_alone
    ]
    ids = {it.letter_id for it in happenings} | set(others)
    if of_attempts:
        found = fetch(connection, WITH_COMPANIONS, given(of_attempts))
        ids |= {letter_id for (letter_id,) in found}
    locks.take(connection, letters=ids)
    spoken_of = {(it.letter_id, it.attempt_id) for it in happenings}
    spoken_of |= {(i, None) for i in ids - {letter_id for letter_id, _ in spoken_of}}
    rows: dict[str, Row] = {}
    attempts: dict[str, bool] = {}
    for (
        letter_id,
        kind,
        target_id,
        state,
        latest,
        goes_together,
        erased,
        attempt_id,
        ruled,
    ) in fetch(connection, _ROWS, given(spoken_of)):
        rows[letter_id] = Row(
            kind, target_id, State(state), latest, bool(goes_together), bool(erased)
        )
        if attempt_id is not None:
            attempts[attempt_id] = bool(ruled)
    return rows, attempts


def _lock_targets(
    connection: Connection,
    happenings: Sequence[Happening],
    rows: Mapping[str, Row],
    others: Iterable[int],
) -> None:
    """Lock the targets of letters that may be queued; then look whether they can be written to."""
    queues = [
        (row, it.at)
        for it in happenings
        if it.cause in _QUEUES and (row := rows.get(it.letter_id)) is not None
        if row.target_id is not None
    ]
    targets = {row.target_id for row, _ in queues if row.target_id is not None}
    # What waits is counted on its target, so whatever moves it on locks that as well.
    waits = {
        row.target_id
        for row in rows.values()
        if row.state is State.QUEUED and row.target_id is not None
    }
    locks.take(connection, targets={*targets, *waits, *others})
    if not queues:
        return
    now = max(at for _, at in queues)
    can_be_written_to = writable_among(connection, targets, now)
    for row, _ in queues:
        row.can_be_written_to = row.target_id in can_be_written_to


def readdress(connection: Connection, letter_id: str, target_id: int, now: datetime) -> None:
    """Turn a held letter to another target, and queue it there. The caller has its lock."""
    earlier = connection.execute(
        select(letter.c.target_id).where(letter.c.id == letter_id, is_in(State.HELD))
    ).scalar_one()
    if earlier is None:
        raise ValueError("a notice has no target")
    locks.take(connection, targets=(earlier, target_id))
    turn(connection, {letter_id: target_id})
    apply(connection, [Happening(letter_id, Cause.RELEASE, now)], moved={letter_id: earlier})


def turn(connection: Connection, to: Mapping[str, int]) -> None:
    """Turn letters to other targets. The caller has their locks, and applies and counts it."""
    for letter_id, target_id in to.items():
        connection.execute(
            update(letter)
            .where(letter.c.id == letter_id)
            .values(target_id=target_id, told=0, goes_together=0)
        )


def _count(
    connection: Connection,
    changes: Iterable[Change],
    rows: Mapping[str, Row],
    moved: Mapping[str, int],
    new: Iterable[tuple[int, State, bool]],
) -> None:
    by: Counter[tuple[int, State]] = Counter()
    gathered: Counter[int] = Counter()
    for target_id, state, goes_together in new:
        by[target_id, state] += 1
        gathered[target_id] += goes_together and state is State.QUEUED
    left = dict(moved)  # of each letter its first change is counted off its earlier target
    for change in changes:
        if change.kind == "letter" and change.target_id is not None:
            by[left.pop(change.letter_id, change.target_id), change.before] -= 1
            by[change.target_id, change.after] += 1
            if rows[change.letter_id].goes_together:
                is_queued = change.after is State.QUEUED
                gathered[change.target_id] += is_queued - (change.before is State.QUEUED)
    for letter_id, earlier in left.items():  # what changed its target alone
        row = rows[letter_id]
        by[earlier, row.state] -= 1
        if row.target_id is not None:
            by[row.target_id, row.state] += 1
    bump(connection, by, gathered)
