"""Count letters as they change: the tallies of target and state, and what waits at each target.

They are changed in the transaction of the letters that they count, and locked last of all.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from letters.books import locks
from letters.books.locks import Rank
from letters.states import State
from letters.storage.batch import integer_at, run, text_at
from letters.storage.schema import tally, target

_ADD_QUEUED: Final = (
    update(target)
    .where(target.c.id == integer_at(0))
    .values(queued=target.c.queued + integer_at(1), gathered=target.c.gathered + integer_at(2))
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


def count_new(
    connection: Connection,
    letters: Iterable[tuple[int, State, bool]],
    touched: Iterable[tuple[int, State]] = (),
) -> None:
    """Count new letters, given as target id, state, and whether they wait for a digest.

    `touched` are counts to which nought is added: work as for a new letter, where there is none.
    """
    new = list(letters)
    gathered = Counter(
        i for i, state, goes_together in new if goes_together and state is State.QUEUED
    )
    by = Counter((i, state) for i, state, _ in new)
    _add(connection, {**dict.fromkeys(touched, 0), **by}, gathered)


def bump(
    connection: Connection,
    by: Mapping[tuple[int, State], int],
    gathered: Mapping[int, int] = MappingProxyType({}),
) -> None:
    """Add to the tallies of (target id, state), and to the targets' counts of waiting letters.

    `gathered` is by how much the count of those changes that wait to go together, by target id.
    """
    moved = {key: n for key, n in by.items() if n}
    _add(connection, moved, {target_id: n for target_id, n in gathered.items() if n})


def _add(
    connection: Connection, by: Mapping[tuple[int, State], int], gathered: Mapping[int, int]
) -> None:
    moved = dict(sorted(by.items()))
    queued = {target_id: n for (target_id, state), n in moved.items() if state is State.QUEUED}
    waiting = [
        (target_id, queued.get(target_id, 0), gathered.get(target_id, 0))
        for target_id in sorted({*queued, *gathered})
    ]
    if waiting:
        lock_targets(connection, [target_id for target_id, _, _ in waiting])
        run(connection, _ADD_QUEUED, waiting)
    if moved:
        locks.note(connection, Rank.TALLY, ((i, str(state)) for i, state in moved))
        tallied = [(target_id, str(state), n) for (target_id, state), n in moved.items()]
        run(connection, _BUMP[connection.dialect.name], tallied)


def lock_targets(connection: Connection, ids: Sequence[int]) -> None:
    """Lock targets that an update is about to change."""
    if len(ids) > 1:
        locks.take(connection, targets=ids)
    else:  # the update itself locks a single one
        locks.note(connection, Rank.TARGET, ids)
