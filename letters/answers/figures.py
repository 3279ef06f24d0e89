"""Count who answered, how soon, and which letters have waited longest for an answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Final

from sqlalchemy import Connection, exists, func, select

from letters.mail.kinds import Kind, Sign
from letters.states import State
from letters.storage.schema import answer, is_in, letter, target

_MOST_WAITING: Final = 10
_MOST_SHOWN: Final = 100
_BY_PERSON: Final = answer.c.kind == str(Kind.PERSON)


@dataclass(frozen=True, slots=True)
class Answered:
    """How many letters a person has answered, and after how long."""

    letters: int
    median_seconds: float | None
    """Half of them were answered sooner, since they left; None: none was."""


@dataclass(frozen=True, slots=True)
class Came:
    """One answer, as the desk shows it: not what it says."""

    id: str
    letter_id: str
    target_name: str
    kind: Kind
    told_by: Sign
    at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A letter that was delivered and that no person has answered."""

    letter_id: str
    target_name: str
    since: datetime


def by_target(connection: Connection, campaign_id: int) -> dict[int, Answered]:
    """Return what each target's people answered, by the target's id; nobody's is left out."""
    took: dict[int, list[int]] = {}
    number: dict[int, int] = {}
    for target_id, seconds in connection.execute(
        select(answer.c.target_id, func.min(answer.c.took_seconds))
        .where(answer.c.campaign_id == campaign_id, _BY_PERSON)
        .group_by(answer.c.target_id, answer.c.letter_id)
    ):
        number[target_id] = number.get(target_id, 0) + 1
        took.setdefault(target_id, []).extend([] if seconds is None else [seconds])
    return {i: Answered(n, median(took[i]) if took[i] else None) for i, n in number.items()}


def of_campaign(connection: Connection, campaign_id: int) -> Answered:
    """Return what people answered to a campaign's letters."""
    seconds = [
        s
        for (s,) in connection.execute(
            select(func.min(answer.c.took_seconds))
            .where(answer.c.campaign_id == campaign_id, _BY_PERSON)
            .group_by(answer.c.letter_id)
        )
    ]
    known = [s for s in seconds if s is not None]
    return Answered(len(seconds), median(known) if known else None)


def waiting(connection: Connection, campaign_id: int) -> Sequence[Waiting]:
    """Return the letters that were delivered longest ago and that no person has answered."""
    is_answered = exists(select(answer.c.id).where(answer.c.letter_id == letter.c.id, _BY_PERSON))
    rows = connection.execute(
        select(letter.c.id, letter.c.state_at, target.c.definition)
        .select_from(letter.join(target, target.c.id == letter.c.target_id))
        .where(letter.c.campaign_id == campaign_id, is_in(State.DELIVERED), ~is_answered)
        .order_by(letter.c.state_at, letter.c.id)
        .limit(_MOST_WAITING)
    )
    return [Waiting(row.id, row.definition["name"], row.state_at) for row in rows]


def newest(connection: Connection, campaign_id: int) -> Sequence[Came]:
    """Return the answers that came last, the newest first."""
    rows = connection.execute(
        select(answer, target.c.definition)
        .select_from(answer.join(target, target.c.id == answer.c.target_id))
        .where(answer.c.campaign_id == campaign_id)
        .order_by(answer.c.came_at.desc(), answer.c.id)
        .limit(_MOST_SHOWN)
    )
    return [
        Came(
            row.id,
            row.letter_id,
            row.definition["name"],
            Kind(row.kind),
            Sign(row.told_by),
            row.came_at,
        )
        for row in rows
    ]
