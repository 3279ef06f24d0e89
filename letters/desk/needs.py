"""Count what waits for a person, campaign by campaign."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, func, select

from letters.books import ledger
from letters.campaign import Status
from letters.campaigns.stored import StoredCampaign
from letters.sending.claiming.relays import IS_SETTLED
from letters.states import State
from letters.storage.schema import is_in, letter, office_answer

_TAKES_LETTERS: Final = frozenset({Status.LIVE, Status.PAUSED})


@dataclass(frozen=True, slots=True)
class Needs:
    """What waits for a person in one campaign."""

    unknown: int = 0
    """Letters of which nobody knows whether they left, for longer than the grace."""
    failed: int = 0
    targets: int = 0
    """To whom nothing goes until somebody decides."""
    answers: int = 0
    """Of offices, to everybody who wrote."""

    @property
    def total(self) -> int:
        """Return how many decisions that is."""
        return self.unknown + self.failed + self.targets + self.answers


def of_campaigns(
    connection: Connection, campaigns: Sequence[StoredCampaign], now: datetime, grace_seconds: float
) -> dict[int, Needs]:
    """Return what each campaign needs of a person, by the campaign's id."""
    unknown = _counted(
        connection.execute(
            select(letter.c.campaign_id, func.count())
            .where(
                IS_SETTLED,
                is_in(State.UNKNOWN),
                letter.c.state_at <= now - timedelta(seconds=grace_seconds),
            )
            .group_by(letter.c.campaign_id)
        ).all()
    )
    answers = _counted(
        connection.execute(
            select(office_answer.c.campaign_id, func.count())
            .where(office_answer.c.done_at.is_(None), office_answer.c.released_at.is_(None))
            .group_by(office_answer.c.campaign_id)
        ).all()
    )
    found: dict[int, Needs] = {}
    for stored in campaigns:
        by_target = ledger.by_target(connection, stored.id)
        total = sum(by_target.values(), Counter[State]())
        found[stored.id] = Needs(
            unknown[stored.id],
            total[State.FAILED],
            _stopped(stored, by_target, now),
            answers[stored.id],
        )
    return found


def _stopped(stored: StoredCampaign, by_target: Mapping[int, Counter[State]], now: datetime) -> int:
    """Count the targets that a person has to decide about: letters wait for them, or may yet."""
    takes_letters = stored.campaign.status in _TAKES_LETTERS and not stored.is_over(now)
    return sum(
        not target.can_be_written_to(now)
        and (
            by_target.get(target.id, Counter[State]())[State.HELD] > 0
            or (target.hold is not None and takes_letters)
        )
        for target in stored.targets
    )


def _counted(rows: Sequence[tuple[int | None, int]]) -> Counter[int]:
    return Counter({campaign_id: number for campaign_id, number in rows if campaign_id is not None})
