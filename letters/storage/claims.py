"""Claim letters for sending.

`queued` becomes `sending` for one worker, committed before the request leaves. Pacing is kept here,
in the same transaction.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, bindparam, insert, or_, select, update

from letters.campaign import Pacing, Status
from letters.pacing import next_open
from letters.states import State
from letters.storage.account import Gate
from letters.storage.campaigns import pacing_of
from letters.storage.changes import bump
from letters.storage.identity import new_id
from letters.storage.schema import (
    HAS_QUEUED,
    IS_NOTICE,
    attempt,
    campaign,
    is_in,
    letter,
    submission,
    target,
    writing,
)

LEAD: Final = timedelta(seconds=2)
"""A claimed letter's request leaves within this time, or the claim is given back."""
_GUARD: Final = timedelta(milliseconds=10)  # two timers are never quite alike
_FAST: Final = timedelta(milliseconds=50)
_FAST_AHEAD: Final = timedelta(milliseconds=500)


@dataclass(frozen=True, slots=True)
class Claim:
    """One letter, won by one worker, with all that its request needs."""

    letter_id: str
    attempt_id: str
    is_notice: bool
    category: str
    """The campaign's slug; empty for a notice that belongs to none."""
    to_name: str
    to_email: str
    from_name: str
    reply_to: tuple[str, str] | None
    """Name and address; None for a notice."""
    subject: str
    body: str
    leave_at: datetime
    leave_by: datetime
    slot: "Slot | None"
    is_probe: bool
    """It was let through a gate that stands ajar."""


@dataclass(frozen=True, slots=True)
class Slot:
    """What a claim moved a target's next slot to, so that the true time can take its place."""

    target_id: int
    reserved_until: datetime
    interval: timedelta


def claim(connection: Connection, *, most: int, gate: Gate, now: datetime) -> list[Claim]:
    """Claim up to `most` letters that may leave now: notices first, then one a target in turn.

    A gate that stands ajar lets one letter through, to probe.
    """
    if gate.is_shut(now) or most < 1:
        return []
    if gate.probes:
        most = 1
    won = _claim_notices(connection, most, now)
    if len(won) < most:
        won += _claim_letters(connection, most - len(won), now)
    return _read(connection, won, is_probe=gate.probes)


@dataclass(frozen=True, slots=True)
class _Won:
    letter_id: str
    attempt_id: str
    leave_at: datetime
    slot: Slot | None


def _claim_notices(connection: Connection, most: int, now: datetime) -> list[_Won]:
    ids = connection.execute(
        select(letter.c.id)
        .where(is_in(State.QUEUED), IS_NOTICE)
        .order_by(letter.c.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    ).scalars()
    won = [_Won(i, new_id(now), now, None) for i in ids]
    _mark(connection, won, now)
    return won


def due_targets(now: datetime, most: int) -> Select[tuple[int, Any, int, str]]:
    """Return the statement for targets that are due, longest due first."""
    return (
        select(target.c.id, target.c.definition, target.c.queued, campaign.c.definition)
        .select_from(target.join(campaign))
        .where(
            HAS_QUEUED,
            target.c.next_slot_at <= now,
            target.c.held_reason.is_(None),
            ~target.c.withdrawn,
            or_(target.c.valid_before.is_(None), target.c.valid_before > now),
            campaign.c.status.in_([str(Status.LIVE), str(Status.CLOSED)]),
            or_(campaign.c.ends_at.is_(None), campaign.c.ends_at > now),
        )
        .order_by(target.c.next_slot_at, target.c.id)
        .limit(most)
    )


def _claim_letters(connection: Connection, most: int, now: datetime) -> list[_Won]:
    rows = connection.execute(
        due_targets(now, most).with_for_update(of=target, skip_locked=True)
    ).all()
    share = ceil(most / len(rows)) if rows else 0
    won: list[_Won] = []
    slots: list[dict[str, object]] = []
    counted: Counter[tuple[int, State]] = Counter()
    for row in rows:
        target_id, kept, queued, definition = row
        pacing = pacing_of(definition)
        opens = next_open(pacing, kept["timezone"], now)
        taken: list[_Won] = []
        if opens > now:
            next_slot = opens
        else:
            count = min(share, queued, most - len(won), _at_once(pacing))
            taken = _take(connection, target_id, count, pacing, now)
            next_slot = _next_slot(taken, pacing, now)
        won += taken
        counted[target_id, State.QUEUED] -= len(taken)
        counted[target_id, State.SENDING] += len(taken)
        slots.append({"target_id": target_id, "next_slot": next_slot})
    if slots:
        connection.execute(
            update(target)
            .where(target.c.id == bindparam("target_id"))
            .values(next_slot_at=bindparam("next_slot")),
            slots,
        )
    _mark(connection, won, now)
    bump(connection, counted)
    return won


def _at_once(pacing: Pacing) -> int:
    # A target that takes twenty a second or more gets several letters in one claim, each with its
    # own time to leave. A slower one gets one, and its next slot waits for the true time.
    return ceil(_FAST_AHEAD / pacing.interval) if pacing.interval < _FAST else 1


def _take(
    connection: Connection, target_id: int, count: int, pacing: Pacing, now: datetime
) -> list[_Won]:
    ids = connection.execute(
        select(letter.c.id)
        .where(letter.c.target_id == target_id, is_in(State.QUEUED))
        .order_by(letter.c.id)
        .limit(count)
        .with_for_update(skip_locked=True)
    ).scalars()
    interval = pacing.interval
    won: list[_Won] = []
    for n, letter_id in enumerate(ids):
        slot = None
        if interval >= _FAST:
            slot = Slot(target_id, now + LEAD + interval, interval + _GUARD)
        won.append(_Won(letter_id, new_id(now), now + n * interval, slot))
    return won


def _next_slot(taken: Sequence[_Won], pacing: Pacing, now: datetime) -> datetime:
    if not taken:  # another worker holds its letters: look again soon
        return now + min(pacing.interval, timedelta(seconds=1))
    slot = taken[-1].slot
    return slot.reserved_until if slot else taken[-1].leave_at + pacing.interval


def _mark(connection: Connection, won: Sequence[_Won], now: datetime) -> None:
    if not won:
        return
    connection.execute(
        update(letter)
        .where(letter.c.id == bindparam("letter_id"))
        .values(state=str(State.SENDING), state_at=now, attempt_id=bindparam("new_attempt")),
        [{"letter_id": w.letter_id, "new_attempt": w.attempt_id} for w in won],
    )
    connection.execute(
        insert(attempt),
        [{"id": w.attempt_id, "letter_id": w.letter_id, "claimed_at": now} for w in won],
    )


def settle_slots(connection: Connection, left: Sequence[tuple[Slot, datetime]]) -> None:
    """Move targets' next slots from what their claims reserved to the true time of leaving."""
    moves = [
        {
            "target_id": slot.target_id,
            "reserved": slot.reserved_until,
            "next_slot": left_at + slot.interval,
        }
        for slot, left_at in sorted(left, key=lambda pair: pair[0].target_id)
        if left_at + slot.interval < slot.reserved_until
    ]
    if moves:
        connection.execute(
            update(target)
            .where(
                target.c.id == bindparam("target_id"),
                target.c.next_slot_at == bindparam("reserved"),
            )
            .values(next_slot_at=bindparam("next_slot")),
            moves,
        )


def _read(connection: Connection, won: Sequence[_Won], *, is_probe: bool) -> list[Claim]:
    if not won:
        return []
    by_id = {w.letter_id: w for w in won}
    rows = connection.execute(
        select(
            letter.c.id,
            letter.c.kind,
            campaign.c.slug,
            target.c.definition,
            submission.c.name,
            submission.c.email,
            writing.c.to_name,
            writing.c.to_email,
            writing.c.subject,
            writing.c.body,
        )
        .select_from(
            letter.join(writing)
            .outerjoin(campaign, campaign.c.id == letter.c.campaign_id)
            .outerjoin(target, target.c.id == letter.c.target_id)
            .outerjoin(submission, submission.c.id == letter.c.submission_id)
        )
        .where(letter.c.id.in_(list(by_id)))
    )
    claims = {row.id: _claim_of(row, by_id[row.id], is_probe=is_probe) for row in rows}
    return [claims[w.letter_id] for w in won]


def _claim_of(row: Row[*tuple[Any, ...]], won: _Won, *, is_probe: bool) -> Claim:
    is_notice = row.kind == "notice"
    return Claim(
        letter_id=won.letter_id,
        attempt_id=won.attempt_id,
        is_notice=is_notice,
        category=row.slug or "",
        to_name=row.to_name or "" if is_notice else row.definition["name"],
        to_email=row.to_email if is_notice else row.definition["email"],
        from_name="" if is_notice else row.name,
        reply_to=None if is_notice else (row.name, row.email),
        subject=row.subject,
        body=row.body,
        leave_at=won.leave_at,
        leave_by=won.leave_at + LEAD,
        slot=won.slot,
        is_probe=is_probe,
    )
