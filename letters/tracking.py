"""Record what is said of letters after they left, through the same decisions as a send's answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, func, select, text, update

from letters.states import Cause
from letters.storage.campaigns import hold
from letters.storage.changes import Change, Happening, apply
from letters.storage.schema import Moment, account, attempt, letter, target

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
    _hold_targets(
        connection,
        ((known[event.attempt_id].letter_id, event) for event in ours if event.ends_target),
        now,
    )
    latest = max(known[event.attempt_id].claimed_at for event in ours)
    connection.execute(
        update(account)
        .where(account.c.events_until.is_(None) | (account.c.events_until < latest))
        .values(events_until=latest)
    )
    return changes


def _hold_targets(
    connection: Connection, endings: Iterable[tuple[str, DeliveryEvent]], now: datetime
) -> None:
    words = {letter_id: event.detail or event.kind for letter_id, event in endings}
    if not words:
        return
    rows = connection.execute(
        select(letter.c.target_id, func.min(letter.c.id))
        .where(letter.c.id.in_(words), letter.c.kind == "letter")
        .group_by(letter.c.target_id)
    )
    for target_id, letter_id in rows.all():
        ended = connection.execute(
            update(target)
            .where(target.c.id == target_id, target.c.held_reason.is_(None))
            .values(held_reason=words[letter_id])
        )
        if ended.rowcount:
            hold(connection, target_id, now)
