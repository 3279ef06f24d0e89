"""Add up the books: every letter, counted letter by letter, against the counters that are shown."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    ScalarSelect,
    String,
    cast,
    func,
    literal_column,
    select,
)

from letters.mail.kinds import Kind
from letters.states import UNCOUNTED, State
from letters.storage.schema import (
    GOES_TOGETHER,
    IS_NOTICE,
    answer,
    campaign,
    is_in,
    letter,
    tally,
    target,
)


@dataclass(frozen=True, slots=True)
class Books:
    """How many letters of a campaign are in each state."""

    states: Mapping[State, int]
    answers: Mapping[str, int] = field(default_factory=dict)
    """Those that came, by who wrote them."""
    notices: Mapping[State, int] = field(default_factory=dict)
    """Mails from us, by what became of them."""
    reconciled: bool = True

    @property
    def submitted(self) -> int:
        """Return the number of letters, which is the sum of all states."""
        return sum(self.states.values())

    def as_json(self) -> dict[str, object]:
        """Return the form that `postbag ledger --json` prints."""
        return {
            "submitted": self.submitted,
            "states": {str(state): self.states.get(state, 0) for state in State},
            "notices": {str(state): self.notices.get(state, 0) for state in State},
            "answers": {
                "people": self.answers.get(Kind.PERSON, 0),
                "automatic": self.answers.get(Kind.AUTOMATIC, 0),
            },
            "reconciled": self.reconciled,
        }


def shown(connection: Connection, campaign_id: int) -> Books:
    """Return a campaign's books from the counters that every page shows."""
    rows = connection.execute(
        select(tally.c.state, func.sum(tally.c.letters))
        .select_from(tally.join(target))
        .where(target.c.campaign_id == campaign_id)
        .group_by(tally.c.state)
    )
    states = {State(state): int(letters) for state, letters in rows if letters}
    return Books(states, answers(connection, campaign_id))


_UNCOUNTED: Final = [literal_column(f"'{state}'", String()) for state in sorted(UNCOUNTED)]


def counted(campaign_id: ColumnElement[int]) -> ScalarSelect[int]:
    """Return, as part of a statement, the number of letters that a campaign's page shows."""
    return (
        select(cast(func.coalesce(func.sum(tally.c.letters), 0), BigInteger))
        .select_from(tally.join(target))
        .where(target.c.campaign_id == campaign_id, tally.c.state.not_in(_UNCOUNTED))
        .scalar_subquery()
    )


def answers(connection: Connection, campaign_id: int) -> dict[str, int]:
    """Return how many answers came to a campaign's letters, by who wrote them."""
    rows = connection.execute(
        select(answer.c.kind, func.count())
        .where(answer.c.campaign_id == campaign_id)
        .group_by(answer.c.kind)
    )
    return {kind: int(number) for kind, number in rows}


def by_target(connection: Connection, campaign_id: int) -> dict[int, Counter[State]]:
    """Return the counters of each target, by its id."""
    found: dict[int, Counter[State]] = {}
    rows = connection.execute(
        select(tally.c.target_id, tally.c.state, tally.c.letters)
        .select_from(tally.join(target))
        .where(target.c.campaign_id == campaign_id)
    )
    for target_id, state, letters in rows:
        found.setdefault(target_id, Counter())[State(state)] += letters
    return found


def count(connection: Connection, slug: str | None = None) -> dict[str, Books]:
    """Count letter by letter, campaign by campaign, and compare with what is shown.

    Reads one consistent picture, so it can run while letters move.
    """
    campaigns = select(campaign.c.id, campaign.c.slug).order_by(campaign.c.slug)
    campaigns = campaigns.where(campaign.c.deleted_at.is_(None))
    if slug is not None:
        campaigns = campaigns.where(campaign.c.slug == slug)
    books: dict[str, Books] = {}
    for campaign_id, found_slug in connection.execute(campaigns).all():
        counted: dict[tuple[int, State], int] = {
            (target_id, State(state)): letters
            for target_id, state, letters in connection.execute(
                select(letter.c.target_id, letter.c.state, func.count())
                .where(letter.c.campaign_id == campaign_id, letter.c.kind == "letter")
                .group_by(letter.c.target_id, letter.c.state)
            )
        }
        kept = {
            (target_id, state): letters
            for target_id, states in by_target(connection, campaign_id).items()
            for state, letters in states.items()
            if letters
        }
        waiting: dict[int, tuple[int, int]] = {
            row.id: (row.queued, row.gathered)
            for row in connection.execute(
                select(target.c.id, target.c.queued, target.c.gathered).where(
                    target.c.campaign_id == campaign_id
                )
            )
        }
        gathered: dict[int | None, int] = dict(
            connection.execute(
                select(letter.c.target_id, func.count())
                .where(letter.c.campaign_id == campaign_id, GOES_TOGETHER, is_in(State.QUEUED))
                .group_by(letter.c.target_id)
            ).all()
        )
        states: Counter[State] = Counter()
        for (_, state), letters in counted.items():
            states[state] += letters
        agree = counted == kept and all(
            here == (counted.get((target_id, State.QUEUED), 0), gathered.get(target_id, 0))
            for target_id, here in waiting.items()
        )
        books[found_slug] = Books(
            dict(states),
            answers(connection, campaign_id),
            notices(connection, campaign_id),
            reconciled=agree,
        )
    return books


def notices(connection: Connection, campaign_id: int) -> dict[State, int]:
    """Return how many mails to a campaign's writers and organisers are in each state."""
    rows = connection.execute(
        select(letter.c.state, func.count())
        .where(letter.c.campaign_id == campaign_id, IS_NOTICE)
        .group_by(letter.c.state)
    )
    return {State(state): number for state, number in rows}
