"""Read history once, a piece at a time: into the desk's figures and the webhooks' outbox.

Nothing of this is in the way of sending. What is read, and how far, are one transaction, so every
record counts once however many workers read.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from letters.desk import figures, sources
from letters.desk.figures import Series
from letters.desk.sources import Mark
from letters.sending.outcomes import Answer
from letters.states import Cause, State
from letters.storage.database import Database
from letters.storage.history_end import settled_until
from letters.storage.schema import attempt, history, letter, reader, submission
from letters.webhooks import outbox

MOST: Final = 5_000
"""Records that are read at once."""
_UNDONE_BY: Final = frozenset({State.BOUNCED, State.DROPPED})


@dataclass(frozen=True, slots=True)
class _Read:
    figures_after: int
    sources_after: int
    """Behind the other while records are read that a process of the version before has read."""
    records: Sequence[Row[*tuple[Any, ...]]]
    figures: Counter[tuple[int, Series, int]]
    sources: Counter[Mark]


def read_on(database: Database, now: datetime) -> int:
    """Read the next piece of history; return how many records it held. Raises StorageUnavailable.

    Zero: there is nothing new, or another worker is reading it.
    """
    until = settled_until(database)
    if until is None:
        return 0
    with database.read() as connection:
        found = _read(connection, until)
    if not found.records:
        return 0
    with database.write() as connection:
        moved = connection.execute(
            update(reader)
            .where(
                reader.c.history_id == found.figures_after,
                reader.c.sources_id == found.sources_after,
            )
            .values(
                history_id=max(found.figures_after, found.records[-1].id),
                sources_id=max(found.sources_after, found.records[-1].id),
            )
        )
        if moved.rowcount == 0:
            return 0
        figures.add(connection, found.figures)
        sources.add(connection, found.sources)
        new = [record for record in found.records if record.id > found.figures_after]
        outbox.enqueue(connection, new, now)
    return len(found.records)


def _read(connection: Connection, until: int) -> _Read:
    place = connection.execute(select(reader.c.history_id, reader.c.sources_id)).one()
    records = connection.execute(
        select(
            history.c.id,
            history.c.letter_id,
            history.c.state,
            history.c.cause,
            history.c.at,
            letter.c.kind,
            letter.c.campaign_id,
            letter.c.submission_id,
            submission.c.personal_share,
            submission.c.source,
            submission.c.opt_in_wording,
            attempt.c.ended_at,
            attempt.c.outcome,
        )
        .select_from(
            history.join(letter)
            .outerjoin(submission, submission.c.id == letter.c.submission_id)
            .outerjoin(attempt, attempt.c.id == letter.c.attempt_id)
        )
        .where(history.c.id > min(place), history.c.id <= until)
        .order_by(history.c.id)
        .limit(MOST)
    ).all()
    letters = [record for record in records if record.kind == "letter"]
    drawn: Counter[tuple[int, Series, int]] = Counter()
    came: Counter[Mark] = Counter()
    for record in letters:
        if record.id > place.history_id:
            drawn.update(_figures(record))
        if record.id > place.sources_id:
            came.update(
                Mark.at(record.campaign_id, record.source, series, record.at)
                for series in sources.series_of(State(record.state), Cause(record.cause))
            )
    for record, at in _undone(connection, letters):
        if record.id > place.history_id:
            drawn[record.campaign_id, Series.DELIVERED, figures.hour_of(at)] -= 1
        if record.id > place.sources_id:
            came[Mark.at(record.campaign_id, record.source, sources.Series.DELIVERED, at)] -= 1
    return _Read(place.history_id, place.sources_id, records, drawn, came)


def _figures(record: Row[*tuple[Any, ...]]) -> Iterator[tuple[int, Series, int]]:
    hour = figures.hour_of(record.at)
    if record.cause == Cause.WRITTEN:
        yield record.campaign_id, Series.SUBMITTED, hour
        yield record.campaign_id, Series.PERSONAL, figures.tenth_of(record.personal_share)
    elif record.state == State.DELIVERED:
        yield record.campaign_id, Series.DELIVERED, hour
        if record.outcome == Answer.TAKEN and record.ended_at is not None:
            took = max(0.0, (record.at - record.ended_at).total_seconds())
            yield record.campaign_id, Series.SPEED, figures.speed_of(took)


def _undone(
    connection: Connection, letters: Sequence[Row[*tuple[Any, ...]]]
) -> Iterator[tuple[Row[*tuple[Any, ...]], datetime]]:
    """Yield each record that proves a delivery wrong, and when that delivery was."""
    wrong = {record.id: record for record in letters if record.state in _UNDONE_BY}
    if not wrong:
        return
    rows = connection.execute(
        select(history.c.id, history.c.letter_id, history.c.state, history.c.at)
        .where(history.c.letter_id.in_({record.letter_id for record in wrong.values()}))
        .order_by(history.c.letter_id, history.c.id)
    ).all()
    for earlier, record in pairwise(rows):
        if (
            record.id in wrong
            and earlier.letter_id == record.letter_id
            and earlier.state == State.DELIVERED
        ):
            yield wrong[record.id], earlier.at
