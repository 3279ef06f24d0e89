"""Claim letters for sending.

`queued` becomes `sending` for one worker, committed before the request leaves. Pacing is kept here,
in the same transaction.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any, Final

from sqlalchemy import Connection, bindparam, case, insert, or_, select, true, update

from letters.books import locks
from letters.books.counts import bump
from letters.books.locks import Rank
from letters.books.writable import sends, writable, writable_among
from letters.campaign import Campaign, Pacing, Replies
from letters.campaigns.store import campaign_of, target_of
from letters.mail.kinds import Kind
from letters.offices import mailbox
from letters.pacing.bundles import How
from letters.pacing.slots import next_open
from letters.sending import bundles, digests, mailed
from letters.sending.bundles import Foresight
from letters.sending.digests import Digest
from letters.sending.gate import Gate
from letters.states import State
from letters.storage.batch import GIVEN, fetch, given, integer_at, moment_at, text_at
from letters.storage.identity import new_id
from letters.storage.schema import (
    HAS_QUEUED,
    IS_NOTICE,
    answer,
    attempt,
    campaign,
    is_in,
    letter,
    office,
    organisation,
    submission,
    target,
    writing,
)

LEAD: Final = timedelta(seconds=2)
"""A claimed letter's request leaves within this time, or the claim is given back."""
_OURS: Final = "Postbag"
"""What a notice comes from that is about no campaign."""
_LOOK_AGAIN: Final = timedelta(minutes=1)
"""What is put off is looked at again so often: letters that come meanwhile leave singly."""
_GUARD: Final = timedelta(milliseconds=10)  # two timers are never quite alike
_FAST: Final = timedelta(milliseconds=50)
_FAST_AHEAD: Final = timedelta(milliseconds=500)

_MARK: Final = (
    update(letter)
    .where(letter.c.id == text_at(0))
    .values(
        state=str(State.SENDING),
        state_at=bindparam("now", type_=letter.c.state_at.type),
        attempt_id=text_at(1),
    )
)
_ADD_ATTEMPTS: Final = insert(attempt).from_select(
    ["id", "letter_id", "claimed_at", "office_id"],
    select(
        text_at(1), text_at(0), bindparam("now", type_=attempt.c.claimed_at.type), integer_at(2)
    ),
)
_LOOK_LATER: Final = (
    update(target).where(target.c.id == integer_at(0)).values(next_slot_at=moment_at(1))
)
_SERVED: Final = (
    update(target)
    .where(target.c.id == integer_at(0))
    .values(served_at=bindparam("now", type_=target.c.served_at.type))
)
_PACE: Final = (
    update(office)
    .where(office.c.id == integer_at(0))
    .values(next_slot_at=moment_at(1), paced_by=integer_at(2))
)
# Everybody who sits there waits with it; where a window is shut, longer.
_PACE_SEATS: Final = (
    update(target)
    .where(target.c.office_id == integer_at(0), target.c.next_slot_at < moment_at(1))
    .values(next_slot_at=moment_at(1))
)
_SETTLE: Final = (
    update(office)
    .where(office.c.id == integer_at(0), office.c.next_slot_at == moment_at(2))
    .values(next_slot_at=moment_at(1))
)
_SETTLE_SEATS: Final = (
    update(target)
    .where(target.c.office_id == integer_at(0), target.c.next_slot_at == moment_at(2))
    .values(next_slot_at=moment_at(1))
)
_first: Final = (
    select(letter.c.id)
    .where(letter.c.target_id == integer_at(0), letter.c.plain == 0, is_in(State.QUEUED))
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
_READ: Final = (
    select(
        letter.c.id,
        campaign.c.slug,
        campaign.c.title,
        submission.c.name,
        submission.c.email,
        writing.c.to_name,
        writing.c.to_email,
        writing.c.subject,
        writing.c.body,
        case((letter.c.mailing_id.is_not(None), letter.c.submission_id)),
        answer.c.kind,
        organisation.c.name,
        organisation.c.mail_from,
        target.c.definition["name"].as_string(),
        target.c.email,
    )
    .select_from(
        letter.join(writing)
        .outerjoin(campaign, campaign.c.id == letter.c.campaign_id)
        .outerjoin(organisation, organisation.c.id == campaign.c.organisation_id)
        .outerjoin(submission, submission.c.id == letter.c.submission_id)
        .outerjoin(answer, answer.c.relay_id == letter.c.id)
        .outerjoin(target, target.c.id == answer.c.target_id)
    )
    .where(letter.c.id.in_(select(text_at(0))))
)


# Targets that are due, longest due first; then who waits longest. Made once: that takes longer
# than to run it.
_DUE: Final = (
    select(
        target.c.id,
        target.c.definition,
        target.c.queued - target.c.plain,
        target.c.plain,
        (target.c.plain > 0) & digests.may_leave(),
        target.c.digest_after,
        office.c.how,
        target.c.campaign_id,
        target.c.office_id,
        target.c.served_at,
    )
    .select_from(
        target.join(office, office.c.id == target.c.office_id).join(
            campaign, campaign.c.id == target.c.campaign_id
        )
    )
    .where(
        HAS_QUEUED,
        office.c.next_slot_at <= digests.NOW,
        or_(
            ~digests.goes_together() & (target.c.queued > target.c.plain),
            digests.may_leave(),
        ),
        target.c.next_slot_at <= digests.NOW,
        writable(digests.NOW),
        sends(digests.NOW),
    )
    .order_by(target.c.next_slot_at, target.c.served_at.nulls_first(), target.c.id)
    .limit(bindparam("most"))
    .with_for_update(of=office, skip_locked=True, key_share=True)
)


@dataclass(frozen=True)  # no slots: without them it goes from process to process in half the time
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
    """It was let through a gate that is half open."""
    answers_through_us: bool = False
    """Answers go to an address of the letter's own, if there is a domain for them."""
    answer: Kind | None = None
    """Of a notice that passes an answer on, who wrote it."""
    organisation: str = ""
    """The name of whose campaign it is; empty where it is nobody's."""
    mail_from: str = ""
    """Its sending address; empty: the installation's."""
    updates_to: str | None = None
    """Of an update, the submission whose writer can end them."""


@dataclass(frozen=True, slots=True)
class Slot:
    """What a claim moved an office's next slot to, so that the true time can take its place."""

    office_id: int
    reserved_until: datetime
    interval: timedelta


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
    return _read(connection, won, is_probe=gate.probes)


@dataclass(frozen=True, slots=True)
class _Won:
    letter_id: str
    attempt_id: str
    leave_at: datetime
    slot: Slot | None
    to: tuple[str, str] | None
    """The target's name and address; None for a notice."""
    office_id: int | None = None
    digest: Digest | None = None
    answers_through_us: bool = False
    with_it: tuple[str, ...] = ()
    """The other letters of a digest: this one carries them."""


def _claim_notices(connection: Connection, most: int, now: datetime) -> list[_Won]:
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


def _claim_shared(connection: Connection, most: int, now: datetime) -> list[_Won]:
    """Claim letters and mailings: half for each, and what one of them leaves over."""
    waiting = mailed.first(connection, most)
    for_mailings = min(len(waiting), mailed.share(connection, most)) if waiting else 0
    letters = _claim_letters(connection, most - for_mailings, now)
    return _won_notices(connection, waiting[: most - len(letters)], now) + letters


def _won_notices(connection: Connection, ids: Sequence[str], now: datetime) -> list[_Won]:
    locks.note(connection, Rank.LETTER, ids, waits=False)
    return [_Won(i, new_id(now), now, None, None) for i in ids]


@dataclass(frozen=True, slots=True)
class _Due:
    id: int
    definition: dict[str, Any]
    queued: int
    """Those that go singly."""
    plain: int
    """Those that go together."""
    has_digest: bool
    digest_after: datetime | None
    how: How
    """Its office's own wish."""
    campaign_id: int
    office_id: int
    served_at: datetime | None
    campaign: Campaign
    begins: bool = False
    """A bundle begins: all that wait for it go together from now on."""

    @property
    def pacing(self) -> Pacing:
        return self.campaign.pacing

    @property
    def room(self) -> int:
        # A digest goes alone, and first.
        return 1 if self.has_digest else min(self.queued, _at_once(self.pacing))


def _claim_letters(connection: Connection, most: int, now: datetime) -> list[_Won]:
    rows = connection.execute(_DUE, {**digests.moments(now), "most": most}).all()
    locks.note(connection, Rank.OFFICE, {row.office_id for row in rows}, waits=False)
    # Asked again, now that nobody else has these offices: whoever held one a moment ago may have
    # left some of its letters for later.
    free = writable_among(connection, (row.id for row in rows), now) if rows else set[int]()
    rows = [row for row in rows if row.id in free]
    # Not with each target: a campaign's file names all its targets, and may be long.
    files = select(campaign.c.id, campaign.c.definition).where(
        campaign.c.id.in_({row.campaign_id for row in rows})
    )
    campaigns = {i: campaign_of(file) for i, file in connection.execute(files)} if rows else {}
    due = [
        _Due(
            i,
            definition,
            queued,
            plain,
            bool(digest),
            after,
            How(how),
            of,
            at,
            served,
            campaigns[of],
        )
        for i, definition, queued, plain, digest, after, how, of, at, served in rows
    ]
    opens = {d.id: next_open(d.pacing, d.definition["timezone"], now) for d in due}
    shut = [(d.id, opens[d.id]) for d in due if opens[d.id] > now]
    due = _in_turn([d for d in due if opens[d.id] <= now])
    due, put_off = _with_bundles(due, now)
    shut += put_off
    counts = _share({d.id: d.room for d in due}, most)
    plain: Counter[int] = Counter()
    if any(d.has_digest for d in due):
        # A digest is put off as it is gathered: all that is changed here is locked in one order.
        sitting = mailbox.targets_at(connection, [d.office_id for d in due])
        locks.take(connection, targets={*sitting, *(d.id for d in due), *(i for i, _ in shut)})
        begin = {d.id: d.how for d in due if d.begins and d.id in counts}
        plain += Counter(bundles.begin(connection, begin) if begin else {})
    digesting = {
        d.id: _claim_digest(connection, d, now) for d in due if d.has_digest and d.id in counts
    }
    personal = {i: n for i, n in counts.items() if i not in digesting}
    waiting = _first_waiting(connection, personal)
    won: list[_Won] = []
    slots: list[tuple[_Due, datetime]] = []
    counted: Counter[tuple[int, State]] = Counter()
    for d in due:
        taken = digesting.get(d.id) or _take(d, waiting.get(d.id, []), now)
        won += taken
        if taken:
            slots.append((d, _next_slot(taken, d.pacing)))
        else:  # another worker holds its letters: look again soon
            shut.append((d.id, now + min(d.pacing.interval, timedelta(seconds=1))))
        letters = sum(1 + len(w.with_it) for w in taken)
        counted[d.id, State.QUEUED] -= letters
        counted[d.id, State.SENDING] += letters
        plain[d.id] -= letters if d.id in digesting else 0
    _move_slots(connection, slots, shut, now)
    bump(connection, counted, plain)
    return won


def _with_bundles(
    due: Sequence[_Due], now: datetime
) -> tuple[list[_Due], list[tuple[int, datetime]]]:
    """Return what is due, with the bundles that begin now, and until when the rest is put off.

    Where a moment comes that letters have to leave before, what goes together waits for the last
    mail before it.
    """
    found: list[_Due] = []
    put_off: list[tuple[int, datetime]] = []
    for d in due:
        wishes = d.how is not How.EACH
        if d.campaign.matters_at is None:
            found.append(replace(d, has_digest=True, begins=True) if wishes else d)
            continue
        zone, waiting = d.definition["timezone"], d.queued + d.plain
        ahead = Foresight(d.campaign, zone, now, waiting, d.plain, d.digest_after, d.how)
        until = ahead.waits_until()
        if until is not None and wishes:
            put_off.append((d.id, min(until, now + _LOOK_AGAIN)))
        elif wishes or ahead.begins():
            found.append(replace(d, has_digest=True, begins=True))
        elif not d.has_digest or until is None:
            found.append(d)
        elif d.queued:
            found.append(replace(d, has_digest=False))
        else:
            put_off.append((d.id, min(until, now + _LOOK_AGAIN)))
    return found, put_off


def _in_turn(due: Sequence[_Due]) -> list[_Due]:
    """Return one target of each office: of the campaign, and there of the one, longest unserved."""
    never = datetime.min.replace(tzinfo=UTC)
    latest: dict[tuple[int, int], datetime] = {}
    for d in due:
        served = latest.get((d.office_id, d.campaign_id), never)
        latest[d.office_id, d.campaign_id] = max(served, d.served_at or never)
    chosen: dict[int, _Due] = {}
    for d in sorted(
        due, key=lambda d: (latest[d.office_id, d.campaign_id], d.served_at or never, d.id)
    ):
        chosen.setdefault(d.office_id, d)
    return [d for d in due if chosen[d.office_id] is d]


def _move_slots(
    connection: Connection,
    slots: Sequence[tuple[_Due, datetime]],
    later: Sequence[tuple[int, datetime]],
    now: datetime,
) -> None:
    """Let offices wait for their next slots, and targets for what is only their own."""
    sitting = mailbox.targets_at(connection, [d.office_id for d, _ in slots])
    locks.take(connection, targets={*sitting, *(target_id for target_id, _ in later)})
    if slots:
        paced = given((d.office_id, slot, d.campaign_id) for d, slot in slots)
        connection.execute(_PACE, paced)
        connection.execute(_PACE_SEATS, paced)
        connection.execute(_SERVED, {**given((d.id,) for d, _ in slots), "now": now})
    if later:
        connection.execute(_LOOK_LATER, given(later))


def _claim_digest(connection: Connection, due: _Due, now: datetime) -> list[_Won]:
    to = target_of(due.definition)
    gathered = digests.gather(connection, due.campaign, to, due.id, now, due.how.every)
    if gathered is None:
        return []
    ids, written = gathered
    (won,) = _take(due, ids[:1], now)
    return [replace(won, digest=written, with_it=tuple(ids[1:]))]


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


def _at_once(pacing: Pacing) -> int:
    # A target that takes twenty a second or more gets several letters in one claim, each with its
    # own time to leave. A slower one gets one, and its next slot waits for the true time.
    return ceil(_FAST_AHEAD / pacing.interval) if pacing.interval < _FAST else 1


def _take(due: _Due, ids: Sequence[str], now: datetime) -> list[_Won]:
    interval = due.pacing.interval
    slot = None
    if interval >= _FAST:
        slot = Slot(due.office_id, now + LEAD + interval, interval + _GUARD)
    to = (due.definition["name"], due.definition["email"])
    through_us = due.campaign.replies is Replies.THROUGH_US
    return [
        _Won(
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


def _next_slot(taken: Sequence[_Won], pacing: Pacing) -> datetime:
    slot = taken[-1].slot
    return slot.reserved_until if slot else taken[-1].leave_at + pacing.interval


def _mark(connection: Connection, won: Sequence[_Won], now: datetime) -> None:
    if won:
        attempts = ((w.letter_id, w.attempt_id, w.office_id) for w in won)
        carriers = {**given(attempts), "now": now}
        letters = [(i, w.attempt_id) for w in won for i in (w.letter_id, *w.with_it)]
        connection.execute(_MARK, {**given(letters), "now": now})
        connection.execute(_ADD_ATTEMPTS, carriers)


def settle_slots(connection: Connection, left: Iterable[tuple[Slot, datetime]]) -> None:
    """Move offices' next slots from what their claims reserved to the true time of leaving.

    The caller has the locks of the offices and of who sits there.
    """
    moves = [
        (slot.office_id, left_at + slot.interval, slot.reserved_until)
        for slot, left_at in left
        if left_at + slot.interval < slot.reserved_until
    ]
    if moves:
        connection.execute(_SETTLE, given(moves))
        connection.execute(_SETTLE_SEATS, given(moves))


def _read(connection: Connection, won: Sequence[_Won], *, is_probe: bool) -> list[Claim]:
    if not won:
        return []
    rows = fetch(connection, _READ, given([w.letter_id] for w in won))
    by_id = {row[0]: row[1:] for row in rows}
    claims: list[Claim] = []
    for w in won:
        slug, title, name, email, to_name, to_email, subject, body, of, kind, *rest = by_id[
            w.letter_id
        ]
        whose, mail_from, *office = rest
        claims.append(
            Claim(
                letter_id=w.letter_id,
                attempt_id=w.attempt_id,
                is_notice=w.to is None,
                category=slug or "",
                to_name=w.to[0] if w.to else to_name or "",
                to_email=w.to[1] if w.to else to_email,
                from_name=office[0] if kind else _sender(w, name, whose or title),
                reply_to=_answers_to(w, (name, email), (office[0], office[1]) if kind else None),
                subject=w.digest.subject if w.digest else subject,
                body=w.digest.text if w.digest else body,
                leave_at=w.leave_at,
                leave_by=w.leave_at + LEAD,
                slot=w.slot,
                is_probe=is_probe,
                answers_through_us=w.answers_through_us,
                answer=Kind(kind) if kind else None,
                organisation=whose or "",
                mail_from=mail_from or "",
                updates_to=None if kind else of,
            )
        )
    return claims


def _answers_to(
    won: _Won, writer: tuple[str, str], office: tuple[str, str] | None
) -> tuple[str, str] | None:
    """Return who is answered: a letter's writer, the office whose answer it is, or nobody."""
    if office is not None:
        return office
    return writer if won.to and not won.digest else None


def _sender(won: _Won, name: str | None, whose: str | None) -> str:
    """Return the name that a letter comes from: its writer's, or that of whose mail it is."""
    if won.to is None:
        return whose or _OURS
    return won.digest.sender if won.digest else name or ""
