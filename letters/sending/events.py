"""Record what is said of letters after they left, through the same decisions as a send's answer."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, case, func, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from letters.books import locks
from letters.books.changes import apply
from letters.books.happenings import Change, Happening
from letters.books.locks import Rank
from letters.campaigns.kept import pacing_of
from letters.offices import mailbox
from letters.reasons import Hold, Reason
from letters.sending import taken
from letters.states import Cause
from letters.storage.batch import (
    GIVEN,
    Written,
    fetch,
    given,
    integer_at,
    moment_at,
    moment_of,
    run,
    run_with,
    text_at,
    written,
)
from letters.storage.identity import new_id
from letters.storage.schema import account, attempt, campaign, letter, office, submission, target
from letters.storage.schema import event as event_row

_FAILURES: Final = frozenset({Cause.BOUNCE, Cause.DROP})
_ATTEMPTS: Final = (
    select(
        attempt.c.id,
        attempt.c.letter_id,
        submission.c.erased_at.is_not(None),
        Written(attempt.c.claimed_at),
    )
    .select_from(attempt.join(letter).outerjoin(submission))
    .where(attempt.c.id.in_(select(text_at(0))))
)
_LETTERS: Final = (
    select(letter.c.id, submission.c.erased_at.is_not(None))
    .select_from(letter.outerjoin(submission))
    .where(letter.c.id.in_(select(text_at(0))))
)
# News is of the address that a letter was sent to. Its target may have another one by now.
_SENT_TO: Final = (
    select(attempt.c.office_id).where(attempt.c.id == text_at(2)).correlate(GIVEN).scalar_subquery()
)
_SOFT_FAILURES: Final = (
    select(
        letter.c.id,
        office.c.id.label("office_id"),
        target.c.office_id.label("now_at"),
        office.c.soft_failures,
        campaign.c.definition,
    )
    .select_from(
        GIVEN.join(letter, letter.c.id == text_at(0))
        .join(target, target.c.id == letter.c.target_id)
        .join(office, office.c.id == func.coalesce(_SENT_TO, target.c.office_id))
        .join(campaign, campaign.c.id == target.c.campaign_id)
    )
    .where((integer_at(1) == 1) | (office.c.soft_failures > 0))
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
# Books that were found to be behind stay so: see letters.sending.mark.
_COUNT: Final = update(account).values(
    news=case((account.c.behind_since.is_(None), account.c.news + 1), else_=account.c.news)
)
_LATEST: Final = moment_of("latest")
_COUNT_UNTIL: Final = _COUNT.values(
    events_until=case(
        (account.c.events_until.is_(None) | (account.c.events_until < _LATEST), _LATEST),
        else_=account.c.events_until,
    )
)


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
    reason: Reason | None = None
    """Why it did not arrive, where the other side's words tell."""
    is_unwanted: bool = False
    """Whoever got it called it spam, or wants no more of it."""


def record(connection: Connection, events: Sequence[DeliveryEvent], now: datetime) -> list[Change]:
    """Record events, of which some may be copies, late, or about letters that are not ours.

    An event that carries one of our attempt ids is proof that the letter was taken, whatever we
    believed. So is one that names one of our letters, with an attempt that these books do not know:
    they are older than the news. Returns the changes.
    """
    posted = given((i,) for i in {event.attempt_id for event in events})
    found = fetch(connection, _ATTEMPTS, posted)
    strange = _of_strange_attempts(connection, events, {row[0] for row in found})
    found += strange
    letter_of: dict[str, str] = {row[0]: row[1] for row in found}
    # A server's words may name whom it refused, and who was erased is not named again.
    erased = {row[0] for row in found if row[2]}
    ours = [event for event in events if event.attempt_id in letter_of]
    if not ours:
        return []
    failures = _failures(
        connection,
        {letter_of[event.attempt_id]: event.attempt_id for event in ours},
        {
            letter_of[event.attempt_id]: event
            for event in ours
            if event.ends_with is not None or event.cause in _FAILURES
        },
    )
    changes = apply(
        connection,
        [
            Happening(
                letter_of[event.attempt_id],
                event.cause,
                event.happened_at,
                event.attempt_id,
                None if event.attempt_id in erased else event.detail,
                event.reason,
            )
            for event in ours
        ],
        others=[i for ids in failures.waiting.values() for i in ids],
        offices=failures.offices(),
        targets=failures.sitting,
        then=lambda changes: failures.stop(connection, changes, now),
    )
    # Copies of an event wait for each other: behind the locks of their letter, and in one order.
    run(
        connection,
        _ADD_EVENTS[connection.dialect.name],
        (
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
            for event in sorted(ours, key=lambda event: event.event_id)
        ),
    )
    taken.forget(connection, changes)
    locks.note(connection, Rank.ACCOUNT, (0,))
    claimed = [row[3] for row in found if row[3] is not None]
    if claimed:
        latest = datetime.fromisoformat(max(claimed))
        run_with(connection, _COUNT_UNTIL, {"latest": written(latest)})
    else:
        run_with(connection, _COUNT, {})
    if strange:
        _keep_strange_news(connection, [row[1] for row in strange], now)
    return changes


def _keep_strange_news(connection: Connection, letter_ids: Sequence[str], now: datetime) -> None:
    """Keep that these books are older than the news, unless a person has said that they are.

    That is so where a backup was put back, and the letter had been there by then.
    """
    restored_at = connection.execute(select(account.c.restored_at)).scalar()
    if restored_at is None or any(new_id(restored_at) < letter_id for letter_id in letter_ids):
        connection.execute(update(account).values(strange_news_at=now))


def _of_strange_attempts(
    connection: Connection, events: Sequence[DeliveryEvent], known: Collection[str]
) -> list[Any]:
    """Return attempts that these books do not know, of letters that they do, as _ATTEMPTS does."""
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
    ours: dict[str, bool] = {row[0]: row[1] for row in rows}
    return [
        (event.attempt_id, event.letter_id, ours[event.letter_id], None)
        for event in events
        if event.attempt_id not in known and event.letter_id in ours
    ]


@dataclass(frozen=True, slots=True)
class _Shaken:
    """The office of a letter that fails now, or that has failed lately."""

    office_id: int
    """To which it was sent."""
    now_at: int
    """That of its target now."""
    most_soft_failures: int
    """Of its campaign: so many in a row stop the office."""


@dataclass(frozen=True, slots=True)
class _Failures:
    """Offices that fail now, or have failed lately, and what waits for those that may be stopped.

    They are read before anything is locked, so a run that grows meanwhile may stop an office whose
    letters still wait: nothing leaves for it, and the sweep holds them.
    """

    failed: Mapping[str, DeliveryEvent]
    """By the letter that they speak of."""
    shaken: Mapping[str, _Shaken]
    """By the letter."""
    sitting: Mapping[int, int]
    """Who sits at those offices, and at which."""
    waiting: Mapping[int, Sequence[str]]
    """By the target."""

    def offices(self) -> set[int]:
        """Return the offices."""
        return {i for each in self.shaken.values() for i in (each.office_id, each.now_at)}

    def stop(
        self, connection: Connection, changes: Sequence[Change], now: datetime
    ) -> list[Happening]:
        """Count failures in a row; stop offices, and return what that does to waiting letters."""
        ends = self._too_many(connection, changes)
        for letter_id, event in sorted(self.failed.items()):
            if event.ends_with is not None and letter_id in self.shaken:
                at = event.happened_at
                ends[self.shaken[letter_id].office_id] = (event.ends_with, event.detail, at)
        stopped = {
            office_id
            for office_id, (why, words, at) in sorted(ends.items())
            if mailbox.mark_stopped(connection, office_id, why, now, words, at)
        }
        held = mailbox.held_among(connection, self.offices())
        # SendGrid did not send these, and their office has been released since.
        free = [
            Happening(change.letter_id, Cause.RELEASE, now)
            for change in changes
            if change.cause is Cause.SUPPRESS and change.letter_id in self.shaken
            if self.shaken[change.letter_id].now_at not in held
        ]
        return free + [
            Happening(letter_id, Cause.HOLD, now)
            for target_id, letters in self.waiting.items()
            if self.sitting[target_id] in stopped
            for letter_id in letters
        ]

    def _too_many(
        self, connection: Connection, changes: Sequence[Change]
    ) -> dict[int, tuple[Hold, str | None, datetime | None]]:
        """Count letters in a row that came back or were dropped; return offices with too many."""
        runs: dict[int, int] = {}
        arrived: set[int] = set()
        last: dict[int, tuple[int, str | None]] = {}
        for change in changes:
            of = self.shaken.get(change.letter_id)  # the letters of a digest count as one
            if of is None:
                continue
            if change.cause in _FAILURES and change.letter_id in self.failed:
                runs[of.office_id] = runs.get(of.office_id, 0) + 1
                words = self.failed[change.letter_id].detail
                last[of.office_id] = (of.most_soft_failures, words)
            elif change.cause is Cause.DELIVER:
                runs[of.office_id] = 0
                arrived.add(of.office_id)
        too_many: dict[int, tuple[Hold, str | None, datetime | None]] = {}
        for office_id, added in sorted(runs.items()):
            before = 0 if office_id in arrived else office.c.soft_failures
            total: int = connection.execute(
                update(office)
                .where(office.c.id == office_id)
                .values(soft_failures=before + added)
                .returning(office.c.soft_failures)
            ).scalar_one()
            if added and total >= last[office_id][0]:
                too_many[office_id] = (Hold.SOFT_FAILURES, last[office_id][1], None)
        return too_many


def _failures(
    connection: Connection, attempts: Mapping[str, str], failed: Mapping[str, DeliveryEvent]
) -> _Failures:
    """Return what failed, of the letters with news of these attempts, by their letters."""
    told = {**attempts, **{letter_id: event.attempt_id for letter_id, event in failed.items()}}
    rows = connection.execute(
        _SOFT_FAILURES, given((i, int(i in failed), attempt_id) for i, attempt_id in told.items())
    ).all()
    shaken = {
        row.id: _Shaken(
            row.office_id, row.now_at, pacing_of(row.definition).hold_after_soft_failures
        )
        for row in rows
    }
    run = Counter(row.office_id for row in rows if row.id in failed)
    may_stop = {
        row.office_id
        for row in rows
        if row.id in failed
        if failed[row.id].ends_with is not None
        or row.soft_failures + run[row.office_id] >= shaken[row.id].most_soft_failures
    }
    sitting = mailbox.targets_at(connection, {each.office_id for each in shaken.values()})
    stop = [i for i, at in sitting.items() if at in may_stop]
    # No more at once: the next sweep holds the rest, and nobody claims it.
    waiting = mailbox.waiting(connection, stop, most=mailbox.PART)
    return _Failures(failed, shaken, sitting, waiting)
