"""Claim letters for sending.

`queued` becomes `sending` for one worker, committed before the request leaves. Pacing is kept here,
in the same transaction.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from sqlalchemy import Connection, bindparam, insert, select, true, update

from letters.books import locks
from letters.books.counts import bump
from letters.books.locks import Rank
from letters.books.writable import writable_among
from letters.campaign import Pacing, Replies
from letters.campaigns.kept import campaign_of
from letters.offices import mailbox
from letters.pacing.bundles import How
from letters.pacing.slots import next_open
from letters.sending.claiming import bundles, digests, gathering, mailed, neighbours
from letters.sending.claiming.claimed import LEAD, Claim, Slot, Won, read
from letters.sending.claiming.paced import move_slots
from letters.sending.claiming.turns import DUE, FAST, Due, in_turn, with_bundles
from letters.sending.gate import Gate
from letters.states import State
from letters.storage.batch import (
    GIVEN,
    fetch,
    given,
    integer_at,
    moment_of,
    run_with,
    text_at,
    written,
)
from letters.storage.identity import new_id
from letters.storage.schema import (
    IS_NOTICE,
    attempt,
    campaign,
    is_in,
    letter,
)

_GUARD: Final = timedelta(milliseconds=10)  # two timers are never quite alike

_MARK: Final = (
    update(letter)
    .where(letter.c.id == text_at(0))
    .values(
        state=str(State.SENDING),
        state_at=moment_of("now"),
        attempt_id=text_at(1),
    )
)
_ADD_ATTEMPTS: Final = insert(attempt).from_select(
    ["id", "letter_id", "claimed_at", "office_id"],
    select(text_at(1), text_at(0), moment_of("now"), integer_at(2)),
)
_first: Final = (
    select(letter.c.id)
    .where(letter.c.target_id == integer_at(0), letter.c.goes_together == 0, is_in(State.QUEUED))
    .order_by(letter.c.id)
)
_locked: Final = (
    _first.limit(integer_at(1)).with_for_update(skip_locked=True, key_share=True).lateral()
)
_found: Final = letter.alias("found")
_WAITING: Final = {
    "postgresql": select(integer_at(0), _locked.c.id).select_from(GIVEN).join(_locked, true()),
    # SQLite knows neither LATERAL nor a limit that changes from row to row.
    "sqlite": select(integer_at(0), _found.c.id).select_from(
        GIVEN.join(_found, _found.c.id.in_(_first.limit(bindparam("most")).correlate(GIVEN)))
    ),
}


def claim(connection: Connection, *, most: int, gate: Gate, now: datetime) -> list[Claim]:
    """Claim up to `most` letters that may leave now: notices first, then one a target in turn.

    A gate that is half open lets one letter through, to probe.
    """
    if gate.is_shut(now) or most < 1:
        return []
    if gate.probes:
        most = 1
    won = _claim_notices(connection, most, now)
    if len(won) < most:
        won += _claim_shared(connection, most - len(won), now)
    _mark(connection, won, now)
    return read(connection, won, is_probe=gate.probes)


def _claim_notices(connection: Connection, most: int, now: datetime) -> list[Won]:
    ids = list(
        connection.execute(
            select(letter.c.id)
            .where(is_in(State.QUEUED), IS_NOTICE, mailed.IS_ALONE)
            .order_by(letter.c.mailing_id, letter.c.id)
            .limit(most)
            .with_for_update(skip_locked=True, key_share=True)
        ).scalars()
    )
    return _won_notices(connection, ids, now)


def _claim_shared(connection: Connection, most: int, now: datetime) -> list[Won]:
    """Claim letters and mailings: half for each, and what one of them leaves over."""
    waiting = mailed.first(connection, most)
    for_mailings = min(len(waiting), mailed.share(connection, most)) if waiting else 0
    letters = _claim_letters(connection, most - for_mailings, now)
    return _won_notices(connection, waiting[: most - len(letters)], now) + letters


def _won_notices(connection: Connection, ids: Sequence[str], now: datetime) -> list[Won]:
    locks.note(connection, Rank.LETTER, ids, waits=False)
    return [Won(i, new_id(now), now, None, None) for i in ids]


def _claim_letters(connection: Connection, most: int, now: datetime) -> list[Won]:
    rows = connection.execute(DUE, {**digests.moments(now), "most": most}).all()
    locks.note(connection, Rank.OFFICE, {row.office_id for row in rows}, waits=False)
    # Asked again, now that nobody else has these offices: whoever held one a moment ago may have
    # left some of its letters for later.
    free = writable_among(connection, (row.id for row in rows), now) if rows else set[int]()
    rows = [row for row in rows if row.id in free]
    # Not with each target: a campaign's file names all its targets, and may be long.
    files = select(campaign.c.id, campaign.c.definition, campaign.c.organisation_id).where(
        campaign.c.id.in_({row.campaign_id for row in rows})
    )
    found = connection.execute(files).all() if rows else []
    campaigns = {row.id: campaign_of(row.definition) for row in found}
    whose = {row.id: row.organisation_id for row in found}
    due = [
        Due(
            i,
            definition,
            queued,
            gathered,
            bool(digest),
            after,
            How(how),
            of,
            at,
            served,
            campaigns[of],
            whose[of],
        )
        for i, definition, queued, gathered, digest, after, how, of, at, served in rows
    ]
    opens = {d.id: next_open(d.pacing, d.definition["timezone"], now) for d in due}
    shut = [(d.id, opens[d.id]) for d in due if opens[d.id] > now]
    due = in_turn([d for d in due if opens[d.id] <= now])
    seats = neighbours.look(connection, due, now)
    due, put_off = with_bundles(due, now, neighbours.had_one(seats, now))
    shut += put_off
    counts = _share({d.id: d.room for d in due}, most)
    gathered: Counter[int] = Counter()
    if any(d.has_digest for d in due):
        # A digest is put off as it is gathered: all that is changed here is locked in one order.
        sitting = mailbox.targets_at(connection, [d.office_id for d in due])
        locks.take(connection, targets={*sitting, *(d.id for d in due), *(i for i, _ in shut)})
    going = [d for d in due if d.has_digest and d.id in counts]
    # An office gets one a day: what others would send it within the day goes along.
    along = {
        d.id: [s for s in seats[d.office_id] if s.id != d.id and s.joins(now)]
        for d in going
        if d.may_bundle
    }
    begin = {d.id: d.how for d in going if d.begins}
    begin |= {seat.id: seat.how for joining in along.values() for seat in joining}
    gathered += Counter(bundles.begin(connection, begin) if begin else {})
    mails = {d.id: gathering.mail(connection, d, along.get(d.id, ()), now) for d in going}
    digesting = {d.id: _claim_digest(d, mails[d.id], now) for d in going}
    personal = {i: n for i, n in counts.items() if i not in digesting}
    waiting = _first_waiting(connection, personal)
    won: list[Won] = []
    slots: list[tuple[Due, datetime]] = []
    counted: Counter[tuple[int, State]] = Counter()
    for d in due:
        taken = digesting.get(d.id) or _take(d, waiting.get(d.id, []), now)
        won += taken
        if taken:
            slots.append((d, _next_slot(taken, d.pacing)))
        else:  # another worker holds its letters: look again soon
            shut.append((d.id, now + min(d.pacing.interval, timedelta(seconds=1))))
        mail = mails.get(d.id)
        for target_id, letters in mail.numbers.items() if mail else [(d.id, len(taken))]:
            counted[target_id, State.QUEUED] -= letters
            counted[target_id, State.SENDING] += letters
            gathered[target_id] -= letters if mail else 0
    move_slots(connection, slots, shut, now)
    bump(connection, counted, gathered)
    return won


def _claim_digest(due: Due, mail: gathering.Mail | None, now: datetime) -> list[Won]:
    if mail is None:
        return []
    (won,) = _take(due, mail.ids[:1], now)
    if won.slot is not None:
        interval = max(due.pacing.interval, mail.interval)
        slot = replace(won.slot, reserved_until=now + LEAD + interval, interval=interval + _GUARD)
        won = replace(won, slot=slot)
    return [replace(won, digest=mail.digest, with_it=tuple(mail.ids[1:]))]


def _share(room: Mapping[int, int], most: int) -> dict[int, int]:
    """Share `most` letters out among targets as evenly as each one's room allows."""
    counts: dict[int, int] = {}
    for target_id, holds in sorted(room.items(), key=lambda item: item[1]):
        counts[target_id] = min(holds, ceil(most / (len(room) - len(counts))))
        most -= counts[target_id]
    return counts


def _first_waiting(connection: Connection, counts: Mapping[int, int]) -> dict[int, list[str]]:
    """Return each target's first waiting letters, locked, as many as it has in `counts`."""
    ids: dict[int, list[str]] = {}
    if counts:
        most = max(counts.values())
        wanted = {**given(counts.items()), "most": most}
        for target_id, letter_id in fetch(connection, _WAITING[connection.dialect.name], wanted):
            ids.setdefault(target_id, []).append(letter_id)
        locks.note(
            connection, Rank.LETTER, (i for found in ids.values() for i in found), waits=False
        )
    return {target_id: sorted(found)[: counts[target_id]] for target_id, found in ids.items()}


def _take(due: Due, ids: Sequence[str], now: datetime) -> list[Won]:
    interval = due.pacing.interval
    slot = None
    if interval >= FAST:
        slot = Slot(due.office_id, now + LEAD + interval, interval + _GUARD)
    to = (due.definition["name"], due.definition["email"])
    through_us = due.campaign.replies is Replies.THROUGH_US
    return [
        Won(
            i,
            new_id(now),
            now + n * interval,
            slot,
            to,
            due.office_id,
            answers_through_us=through_us,
        )
        for n, i in enumerate(ids)
    ]


def _next_slot(taken: Sequence[Won], pacing: Pacing) -> datetime:
    slot = taken[-1].slot
    return slot.reserved_until if slot else taken[-1].leave_at + pacing.interval


def _mark(connection: Connection, won: Sequence[Won], now: datetime) -> None:
    if won:
        attempts = ((w.letter_id, w.attempt_id, w.office_id) for w in won)
        at = {"now": written(now)}
        letters = [(i, w.attempt_id) for w in won for i in (w.letter_id, *w.with_it)]
        run_with(connection, _MARK, {**given(letters), **at})
        run_with(connection, _ADD_ATTEMPTS, {**given(attempts), **at})
