"""Count letters in a row that came back from an office, and stop it where there are too many."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, select, update

from letters.books.happenings import Change, Happening
from letters.campaigns.kept import pacing_of
from letters.offices import mailbox
from letters.reasons import Hold
from letters.sending.events.delivery_event import DeliveryEvent
from letters.states import Cause
from letters.storage.batch import GIVEN, given, integer_at, text_at
from letters.storage.schema import attempt, campaign, letter, office, target
from letters.text.addresses import without_addresses

_FAILURES: Final = frozenset({Cause.BOUNCE, Cause.DROP})
# News is of the address that a letter was sent to. Its target may have another one by now.
_SENT_TO: Final = (
    select(attempt.c.office_id).where(attempt.c.id == text_at(2)).correlate(GIVEN).scalar_subquery()
)
_SOFT_FAILURES: Final = (
    select(
        letter.c.id,
        office.c.id.label("office_id"),
        target.c.office_id.label("now_at"),
        office.c.address,
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


@dataclass(frozen=True, slots=True)
class _Shaken:
    """The office of a letter that fails now, or that has failed lately."""

    office_id: int
    """To which it was sent."""
    now_at: int
    """That of its target now."""
    address: str
    """The office's, canonical."""
    most_soft_failures: int
    """Of its campaign: so many in a row stop the office."""


@dataclass(frozen=True, slots=True)
class Failures:
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
        self,
        connection: Connection,
        changes: Sequence[Change],
        erased: Collection[str],
        now: datetime,
    ) -> list[Happening]:
        """Count failures in a row; stop offices, and return what that does to waiting letters.

        `erased` are letters of whose writers nothing is kept.
        """
        ends = self._too_many(connection, changes, erased)
        for letter_id, event in sorted(self.failed.items()):
            if event.ends_with is not None and letter_id in self.shaken:
                at = event.happened_at
                words = self._words(letter_id, erased)
                ends[self.shaken[letter_id].office_id] = (event.ends_with, words, at)
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

    def _words(self, letter_id: str, erased: Collection[str]) -> str | None:
        """Return what the other side said, as every campaign that writes to the office reads it.

        It may name the writer, who may be erased by now, or later.
        """
        words = self.failed[letter_id].detail
        if words is None or letter_id in erased:
            return None
        return without_addresses(words, but=self.shaken[letter_id].address)

    def _too_many(
        self, connection: Connection, changes: Sequence[Change], erased: Collection[str]
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
                words = self._words(change.letter_id, erased)
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


def look(
    connection: Connection,
    news: Sequence[tuple[str, DeliveryEvent]],
    calm: Collection[str],
) -> Failures:
    """Return what failed among news of letters, by their ids.

    `calm` are attempts to whose office nothing has failed lately.
    """
    failed = {
        letter_id: event
        for letter_id, event in news
        if event.ends_with is not None or event.cause in _FAILURES
    }
    told = {letter_id: event.attempt_id for letter_id, event in news}
    told |= {letter_id: event.attempt_id for letter_id, event in failed.items()}
    # Few of those that arrive calm an office down: it has failed lately.
    told = {
        letter_id: attempt_id
        for letter_id, attempt_id in told.items()
        if letter_id in failed or attempt_id not in calm
    }
    if not told:
        return Failures({}, {}, {}, {})
    rows = connection.execute(
        _SOFT_FAILURES, given((i, int(i in failed), attempt_id) for i, attempt_id in told.items())
    ).all()
    shaken = {
        row.id: _Shaken(
            row.office_id,
            row.now_at,
            row.address,
            pacing_of(row.definition).hold_after_soft_failures,
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
    return Failures(failed, shaken, sitting, waiting)
