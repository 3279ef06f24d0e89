"""Read history once, a piece at a time: into the desk's figures and into the webhooks' outbox.

Nothing of this is in the way of sending. What is read, and how far, are one transaction, so every
record counts once however many workers read.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from sqlalchemy import Connection, Row, select, update

from letters.desk import figures
from letters.desk.figures import Series
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
    after: int
    records: Sequence[Row[*tuple[Any, ...]]]
    figures: Counter[tuple[int, Series, int]]


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
            .where(reader.c.history_id == found.after)
            .values(history_id=found.records[-1].id)
        )
        if moved.rowcount == 0:
            return 0
        figures.add(connection, found.figures)
        outbox.enqueue(connection, found.records, now)
    return len(found.records)


def _read(connection: Connection, until: int) -> _Read:
    after: int = connection.execute(select(reader.c.history_id)).scalar_one()
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
            submission.c.opt_in_wording,
            attempt.c.ended_at,
            attempt.c.outcome,
        )
        .select_from(
            history.join(letter)
            .outerjoin(submission, submission.c.id == letter.c.submission_id)
            .outerjoin(attempt, attempt.c.id == letter.c.attempt_id)
        )
        .where(history.c.id > after, history.c.id <= until)
        .order_by(history.c.id)
        .limit(MOST)
    ).all()
    counted: Counter[tuple[int, Series, int]] = Counter()
    for record in records:
        if record.kind != "letter":
            continue
        hour = figures.hour_of(record.at)
        if record.cause == Cause.WRITTEN:
            counted[record.campaign_id, Series.SUBMITTED, hour] += 1
            tenth = figures.tenth_of(record.personal_share)
            counted[record.campaign_id, Series.PERSONAL, tenth] += 1
        elif record.state == State.DELIVERED:
            counted[record.campaign_id, Series.DELIVERED, hour] += 1
            if record.outcome == Answer.TAKEN and record.ended_at is not None:
                took = max(0.0, (record.at - record.ended_at).total_seconds())
                counted[record.campaign_id, Series.SPEED, figures.speed_of(took)] += 1
    counted.update(_undone(connection, records))
    return _Read(after, records, counted)


def _undone(
    connection: Connection, records: Sequence[Row[*tuple[Any, ...]]]
) -> Counter[tuple[int, Series, int]]:
    """Count back deliveries that later news proved wrong."""
    wrong = {
        record.id: record.campaign_id
        for record in records
        if record.kind == "letter" and record.state in _UNDONE_BY
    }
    undone: Counter[tuple[int, Series, int]] = Counter()
    if not wrong:
        return undone
    rows = connection.execute(
        select(history.c.id, history.c.letter_id, history.c.state, history.c.at)
        .where(history.c.letter_id.in_({r.letter_id for r in records if r.id in wrong}))
        .order_by(history.c.letter_id, history.c.id)
    ).all()
    for earlier, record in pairwise(rows):
        if (
            record.id in wrong
            and earlier.letter_id == record.letter_id
            and earlier.state == State.DELIVERED
        ):
            undone[wrong[record.id], Series.DELIVERED, figures.hour_of(earlier.at)] -= 1
    return undone
