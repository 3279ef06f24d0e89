"""Record what is said of letters after they left, through the same decisions as a send's answer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from letters.books.changes import Change, Happening, apply
from letters.campaigns import targets as addressees
from letters.campaigns.store import pacing_of
from letters.reasons import Hold
from letters.sending import taken
from letters.states import Cause
from letters.storage.batch import fetch, given, integer_at, moment_at, text_at
from letters.storage.identity import new_id
from letters.storage.schema import account, attempt, campaign, letter, submission, target
from letters.storage.schema import event as event_row

_FAILURES: Final = frozenset({Cause.BOUNCE, Cause.DROP})
_ATTEMPTS: Final = (
    select(attempt.c.id, attempt.c.letter_id, submission.c.erased_at.is_not(None))
    .select_from(attempt.join(letter).outerjoin(submission))
    .where(attempt.c.id.in_(select(text_at(0))))
)
_LETTERS: Final = (
    select(letter.c.id, submission.c.erased_at.is_not(None))
    .select_from(letter.outerjoin(submission))
    .where(letter.c.id.in_(select(text_at(0))))
)
_LATEST_CLAIM: Final = select(func.max(attempt.c.claimed_at)).where(
    attempt.c.id.in_(select(text_at(0)))
)
_SHAKEN: Final = (
    select(letter.c.target_id)
    .select_from(letter.join(target))
    .where(letter.c.id == text_at(0))
    .where((integer_at(1) == 1) | (target.c.soft_failures > 0))
    .distinct()
)
_LOCK_LETTERS: Final = (
    select(letter.c.id)
    .where(letter.c.id.in_(select(text_at(0))))
    .order_by(letter.c.id)
    .with_for_update(key_share=True)
)


def _add_events(into: postgresql.Insert | sqlite.Insert) -> postgresql.Insert | sqlite.Insert:
    rows = select(
        text_at(0),
        text_at(1),
        text_at(2),
        text_at(3),
        moment_at(4),
        moment_at(5),
        text_at(6),
        integer_at(7) == 1,
    ).where(true())
    names = [
        "event_id", "letter_id", "attempt_id", "cause", "happened_at", "received_at", "detail",
        "is_hard",
    ]  # fmt: skip
    return into.from_select(names, rows).on_conflict_do_nothing(
        index_elements=[event_row.c.event_id]
    )


_ADD_EVENTS: Final = {
    "postgresql": _add_events(postgresql.insert(event_row)),
    "sqlite": _add_events(sqlite.insert(event_row)),
}


@dataclass(frozen=True, slots=True)
class DeliveryEvent:
    """One thing that is said of one attempt."""

    event_id: str
    """The same for every copy of the event."""
    attempt_id: str
    letter_id: str | None
    """The letter, or notice, as the event itself names it; None: it names none."""
    cause: Cause
    happened_at: datetime
    detail: str | None
    """The receiving server's own words."""
    ends_with: Hold | None = None
    """Why the target must not be written to again: its address takes no mail, or it complained."""


def record(connection: Connection, events: Sequence[DeliveryEvent], now: datetime) -> list[Change]:
    """Record events, of which some may be copies, late, or about letters that are not ours.

    An event that carries one of our attempt ids is proof that the letter was taken, whatever we
    believed. So is one that names one of our letters, with an attempt that these books do not know:
    they are older than the news. Returns the changes.
    """
    posted = given((i,) for i in {event.attempt_id for event in events})
    found = fetch(connection, _ATTEMPTS, posted)
    found += _of_strange_attempts(connection, events, {row[0] for row in found}, now)
    letter_of: dict[str, str] = {row[0]: row[1] for row in found}
    # A server's words may name whom it refused, and who was erased is not named again.
    erased = {row[0] for row in found if row[2]}
    ours = [event for event in events if event.attempt_id in letter_of]
    if not ours:
        return []
    connection.execute(
        _ADD_EVENTS[connection.dialect.name],
        given(
            (
                event.event_id,
                letter_of[event.attempt_id],
                event.attempt_id,
                event.cause,
                event.happened_at,
                now,
                None if event.attempt_id in erased else event.detail,
                int(event.ends_with is not None),
            )
            for event in ours
        ),
    )
    failed = {
        letter_of[event.attempt_id]: event
        for event in ours
        if event.ends_with is not None or event.cause in _FAILURES
    }
    shaken = _lock_shaken(connection, {letter_of[event.attempt_id] for event in ours}, failed)
    changes = apply(
        connection,
        [
            Happening(
                letter_of[event.attempt_id],
                event.cause,
                event.happened_at,
                event.attempt_id,
                None if event.attempt_id in erased else event.detail,
            )
            for event in ours
        ],
    )
    taken.forget(connection, changes)
    if shaken:
        endings = {i: event for i, event in failed.items() if event.ends_with is not None}
        _stop_targets(connection, endings, now)
        _count_failures(connection, changes, failed, now)
    latest = connection.execute(_LATEST_CLAIM, posted).scalar_one()
    if latest is not None:
        connection.execute(
            update(account)
            .where(account.c.events_until.is_(None) | (account.c.events_until < latest))
            .values(events_until=latest)
        )
    return changes


def _of_strange_attempts(
    connection: Connection, events: Sequence[DeliveryEvent], known: Collection[str], now: datetime
) -> list[Any]:
    """Return attempts that these books do not know, of letters that they do, as _ATTEMPTS does.

    Whether that needs a person is kept: it does not where one has said that a backup was put back,
    and the letter had been there by then.
    """
    strange = {
        event.letter_id: event.attempt_id
        for event in events
        if event.attempt_id not in known and event.letter_id is not None
    }
    if not strange:
        return []
    rows = fetch(connection, _LETTERS, given((i,) for i in strange))
    if not rows:
        return []
    restored_at = connection.execute(select(account.c.restored_at)).scalar()
    if restored_at is None or any(new_id(restored_at) < row[0] for row in rows):
        connection.execute(update(account).values(strange_news_at=now))
    ours: dict[str, bool] = {row[0]: row[1] for row in rows}
    return [
        (event.attempt_id, event.letter_id, ours[event.letter_id])
        for event in events
        if event.attempt_id not in known and event.letter_id in ours
    ]


def _lock_shaken(
    connection: Connection, letter_ids: Collection[str], failed: Collection[str]
) -> bool:
    """Tell whether targets of these letters fail now or have failed lately; lock those targets.

    Letters are locked before targets here too, as everywhere.
    """
    rows = connection.execute(_SHAKEN, given((i, int(i in failed)) for i in letter_ids))
    shaken = sorted(rows.scalars())
    if shaken:
        connection.execute(_LOCK_LETTERS, given((i,) for i in letter_ids))
        targets = select(target.c.id).where(target.c.id.in_(shaken)).order_by(target.c.id)
        connection.execute(targets.with_for_update())
    return bool(shaken)


def _stop_targets(
    connection: Connection, endings: Mapping[str, DeliveryEvent], now: datetime
) -> None:
    rows = connection.execute(
        select(letter.c.target_id, func.min(letter.c.id))
        .where(letter.c.id.in_(endings), letter.c.kind == "letter")
        .group_by(letter.c.target_id)
        .order_by(letter.c.target_id)
    )
    for target_id, letter_id in rows.all():
        event = endings[letter_id]
        if event.ends_with is not None:
            addressees.stop(connection, target_id, event.ends_with, now, event.detail)


def _count_failures(
    connection: Connection,
    changes: Sequence[Change],
    failed: Mapping[str, DeliveryEvent],
    now: datetime,
) -> None:
    """Count letters in a row that came back or were dropped; stop where they are too many."""
    runs: dict[int, int] = {}
    arrived: set[int] = set()
    words: dict[int, str | None] = {}
    for change in changes:
        if change.kind != "letter" or change.target_id is None:
            continue
        event = failed.get(change.letter_id)  # the letters of a digest count as one
        if change.cause in _FAILURES and event is not None:
            runs[change.target_id] = runs.get(change.target_id, 0) + 1
            words[change.target_id] = event.detail
        elif change.cause is Cause.DELIVER:
            runs[change.target_id] = 0
            arrived.add(change.target_id)
    for target_id, run in sorted(runs.items()):
        before = 0 if target_id in arrived else target.c.soft_failures
        connection.execute(
            update(target).where(target.c.id == target_id).values(soft_failures=before + run)
        )
        row = connection.execute(
            select(target.c.soft_failures, campaign.c.definition)
            .select_from(target.join(campaign))
            .where(target.c.id == target_id)
        ).one()
        if run and row.soft_failures >= pacing_of(row.definition).hold_after_soft_failures:
            addressees.stop(connection, target_id, Hold.SOFT_FAILURES, now, words[target_id])
