"""SendGrid, played in memory: requests on their way, what it took, what it tells of that, and when.

Chance is a number that comes with each request. Of what happens nothing is hidden from the judge.
"""

import heapq
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from letters.reasons import Hold, Reason
from letters.sending.claiming.claimed import Claim
from letters.sending.events.delivery_event import DeliveryEvent
from letters.sending.outcomes import Answer, Outcome
from letters.states import Cause
from letters.text.addresses import canonical
from worker.wall.sendgrid import read_answer

TIMEOUT: Final = timedelta(seconds=15)
_DELAYS: Final = (0.0, 0.0, 0.2, 3.0, 14.0)
_LATE: Final = (0, 0, 1, 30, 600, 1_200, 7_200)  # seconds until an event is posted


@dataclass(frozen=True, slots=True)
class Fate:
    """How a request ends."""

    is_taken: bool
    status: int | None
    """Of the answer; None: none comes."""
    reason: Reason | None = None
    """Why none comes."""


_WELL: Final = Fate(is_taken=True, status=202)
_SILENT: Final = (
    Fate(is_taken=True, status=None, reason=Reason.NO_ANSWER),
    Fate(is_taken=True, status=None, reason=Reason.BROKEN),
)
_AWAY: Final = (
    Fate(is_taken=False, status=None, reason=Reason.NO_CONNECTION),
    Fate(is_taken=False, status=429),
)
_MIXED: Final = (
    *[_WELL] * 20,
    *_SILENT * 2,
    *_AWAY,
    Fate(is_taken=True, status=503),
    Fate(is_taken=False, status=500),
    Fate(is_taken=False, status=400),
    Fate(is_taken=False, status=401),
    Fate(is_taken=False, status=None, reason=Reason.NO_ANSWER),
    Fate(is_taken=False, status=None, reason=Reason.BROKEN),
)


class Weather(Enum):
    """What most requests come to for a while."""

    MIXED = _MIXED
    SILENT = _MIXED + _SILENT * 20
    """Taken, and no answer comes."""
    AWAY = _MIXED + _AWAY * 20
    """Not taken: nobody listens, or the answer is to wait."""


# What SendGrid tells of a letter that it has taken, in the order in which it happens.
_STORIES: Final[tuple[tuple[tuple[Cause, Hold | None], ...], ...]] = (
    *[((Cause.TAKEN, None), (Cause.DELIVER, None))] * 12,
    *[((Cause.DEFER, None), (Cause.DEFER, None), (Cause.DELIVER, None))] * 3,
    *[((Cause.TAKEN, None), (Cause.BOUNCE, None))] * 2,
    ((Cause.TAKEN, None), (Cause.DROP, None)),
    ((Cause.TAKEN, None), (Cause.BOUNCE, Hold.BOUNCED)),
    ((Cause.DELIVER, None), (Cause.DELIVER, Hold.COMPLAINED)),
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A request that SendGrid took."""

    letter_id: str
    attempt_id: str
    office: str
    category: str
    is_notice: bool
    left_at: datetime
    is_sent: bool
    """Not so of what went to an address that it keeps on a list."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request under way."""

    claim: Claim
    left_at: datetime
    arrives_at: datetime | None
    answered_at: datetime
    outcome: Outcome
    roll: int


@dataclass
class PlayedSendGrid:
    """What SendGrid knows."""

    ledger: list[Taken] = field(default_factory=list)
    events: list[tuple[datetime, DeliveryEvent]] = field(default_factory=list)
    """What it has to tell, and when it first does."""
    suppressed: set[str] = field(default_factory=set)
    weather: Weather = Weather.MIXED
    is_well: bool = False
    """It takes and delivers everything at once: how each run ends."""
    _under_way: list[tuple[datetime, int, Request]] = field(default_factory=list)
    _count: int = 0

    def send(self, claim: Claim, now: datetime, roll: int) -> Request:
        """Let a request leave."""
        fates: tuple[Fate, ...] = self.weather.value
        roll, number = divmod(roll, len(fates))
        roll, place = divmod(roll, len(_DELAYS))
        fate, delay = (_WELL, 0.0) if self.is_well else (fates[number], _DELAYS[place])
        request = _request(claim, fate, now, now + timedelta(seconds=delay), roll)
        if request.arrives_at is not None:
            self._count += 1
            heapq.heappush(self._under_way, (request.arrives_at, self._count, request))
        return request

    def tick(self, now: datetime) -> list[Taken]:
        """Take what has arrived by now; return it."""
        arrived: list[Taken] = []
        while self._under_way and self._under_way[0][0] <= now:
            arrived.append(self._take(heapq.heappop(self._under_way)[2]))
        self.ledger += arrived
        return arrived

    def next_arrival(self) -> datetime | None:
        return self._under_way[0][0] if self._under_way else None

    def _take(self, it: Request) -> Taken:
        claim, at = it.claim, it.arrives_at
        assert at is not None
        office = canonical(claim.to_email)
        is_sent = office not in self.suppressed
        for place, (cause, ends_with) in enumerate(self._happens(it, office, is_sent=is_sent)):
            told = DeliveryEvent(
                f"{claim.attempt_id}-{place}",
                claim.attempt_id,
                claim.letter_id,
                cause,
                at + timedelta(milliseconds=place),
                "550" if cause in {Cause.BOUNCE, Cause.DROP} else None,
                ends_with,
            )
            late = 0 if self.is_well else _LATE[(it.roll >> (3 * place)) % len(_LATE)]
            self.events.append((at + timedelta(seconds=late), told))
        return Taken(
            claim.letter_id, claim.attempt_id, office, claim.category, claim.is_notice,
            it.left_at, is_sent,
        )  # fmt: skip

    def _happens(
        self, it: Request, office: str, *, is_sent: bool
    ) -> tuple[tuple[Cause, Hold | None], ...]:
        if not is_sent:
            return ((Cause.SUPPRESS, Hold.SUPPRESSED),)
        found = _STORIES[0 if self.is_well else (it.roll >> 9) % len(_STORIES)]
        if found[-1][1] is not None:
            self.suppressed.add(office)
        return found


def _request(claim: Claim, fate: Fate, left_at: datetime, there: datetime, roll: int) -> Request:
    """Let a request end as is decided: taken or not, and with what its sender hears of that."""
    arrives_at = there if fate.is_taken else None
    if fate.status is not None:
        outcome = read_answer(fate.status, {"Retry-After": "20"}, b"", left_at, there)
        return Request(claim, left_at, arrives_at, there, outcome, roll)
    if fate.reason is Reason.NO_CONNECTION:
        outcome = Outcome(Answer.UNREACHABLE, None, reason=fate.reason)
        return Request(claim, left_at, None, left_at, outcome, roll)
    ends_at = left_at + TIMEOUT if fate.reason is Reason.NO_ANSWER else there
    outcome = Outcome(Answer.UNKNOWN, left_at, reason=fate.reason)
    return Request(claim, left_at, arrives_at, ends_at, outcome, roll)
