"""Record what is said of letters after they left, through the same decisions as a send's answer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, bindparam, func, or_, select, text, update

from letters import addressees
from letters.states import Cause
from letters.storage.campaigns import pacing_of
from letters.storage.changes import Change, Happening, apply
from letters.storage.schema import Moment, account, attempt, campaign, letter, target

_FAILURES: Final = frozenset({Cause.BOUNCE, Cause.DROP})
_INSERT_EVENT: Final = text(
    "INSERT INTO event (sg_event_id, letter_id, attempt_id, kind, happened_at, received_at, detail)"
    " VALUES (:sg_event_id, :letter_id, :attempt_id, :kind, :happened_at, :received_at, :detail)"
    " ON CONFLICT (sg_event_id) DO NOTHING"
).bindparams(bindparam("happened_at", type_=Moment()), bindparam("received_at", type_=Moment()))


@dataclass(frozen=True, slots=True)
class DeliveryEvent:
    """One thing that is said of one attempt."""

    event_id: str
    """The same for every copy of the event."""
    attempt_id: str
    cause: Cause
    kind: str
    happened_at: datetime
    detail: str | None
    """The receiving server's own words."""
    ends_target: bool
    """The target must not be written to again: its address does not exist, or it complained."""


def record(connection: Connection, events: Sequence[DeliveryEvent], now: datetime) -> list[Change]:
    """Record events, of which some may be copies, late, or about letters that are not ours.

    An event that carries one of our attempt ids is proof that the letter was taken, whatever we
    believed. Returns the changes.
    """
    known = {
        row.id: row
        for row in connection.execute(
            select(attempt.c.id, attempt.c.letter_id, attempt.c.claimed_at).where(
                attempt.c.id.in_({event.attempt_id for event in events})
            )
        )
    }
    ours = [event for event in events if event.attempt_id in known]
    if not ours:
        return []
    connection.execute(
        _INSERT_EVENT,
        [
            {
                "sg_event_id": event.event_id,
                "letter_id": known[event.attempt_id].letter_id,
                "attempt_id": event.attempt_id,
                "kind": event.kind,
                "happened_at": event.happened_at,
                "received_at": now,
                "detail": event.detail,
            }
            for event in ours
        ],
    )
    failed = {
        known[event.attempt_id].letter_id: event
        for event in ours
        if event.ends_target or event.cause in _FAILURES
    }
    shaken = _lock_shaken(connection, {known[event.attempt_id].letter_id for event in ours}, failed)
    changes = apply(
        connection,
        [
            Happening(
                known[event.attempt_id].letter_id,
                event.cause,
                event.happened_at,
                event.attempt_id,
                event.detail,
            )
            for event in ours
        ],
    )
    if shaken:
        endings = {i: event for i, event in failed.items() if event.ends_target}
        _stop_targets(connection, endings, now)
        _count_failures(connection, changes, failed, now)
    latest = max(known[event.attempt_id].claimed_at for event in ours)
    connection.execute(
        update(account)
        .where(account.c.events_until.is_(None) | (account.c.events_until < latest))
        .values(events_until=latest)
    )
    return changes


def _lock_shaken(
    connection: Connection, letter_ids: Collection[str], failed: Collection[str]
) -> bool:
    """Tell whether targets of these letters fail now or have failed lately; lock those targets.

    Letters are locked before targets here too, as everywhere.
    """
    is_shaken: ColumnElement[bool] = target.c.soft_failures > 0
    if failed:
        is_shaken = or_(letter.c.id.in_(failed), is_shaken)
    rows = connection.execute(
        select(letter.c.target_id)
        .select_from(letter.join(target))
        .where(letter.c.id.in_(letter_ids), is_shaken)
        .distinct()
    )
    shaken = sorted(rows.scalars())
    if shaken:
        letters = select(letter.c.id).where(letter.c.id.in_(letter_ids)).order_by(letter.c.id)
        connection.execute(letters.with_for_update())
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
        addressees.stop(connection, target_id, event.detail or event.kind, now)


def _count_failures(
    connection: Connection,
    changes: Sequence[Change],
    failed: Mapping[str, DeliveryEvent],
    now: datetime,
) -> None:
    """Count letters in a row that came back or were dropped; stop where they are too many."""
    runs: dict[int, int] = {}
    arrived: set[int] = set()
    words: dict[int, str] = {}
    for change in changes:
        if change.kind != "letter" or change.target_id is None:
            continue
        event = failed.get(change.letter_id)  # the letters of a digest count as one
        if change.cause in _FAILURES and event is not None:
            runs[change.target_id] = runs.get(change.target_id, 0) + 1
            words[change.target_id] = event.detail or event.kind
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
            addressees.stop(connection, target_id, words[target_id], now)
