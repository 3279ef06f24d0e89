"""Find what needs a person, and what went wrong: newest first, in the other side's own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from sqlalchemy import Connection, func, or_, select

from letters.reasons import Reason
from letters.sending import gate as account
from letters.states import State
from letters.storage.schema import IS_NOTICE, answer, history, is_in, letter, tally, target

_MOST: Final = 50


class Kind(Enum):
    """What kind of trouble an alarm tells of."""

    BEHIND = auto()
    """The books are older than what was sent."""
    STRANGE_NEWS = auto()
    """News came of attempts that the books do not know."""
    KEY_REFUSED = auto()
    UNREACHABLE = auto()


@dataclass(frozen=True, slots=True)
class Alarm:
    """A trouble that a person should know of."""

    kind: Kind
    reason: Reason | None = None
    words: str = ""
    """What SendGrid said, if it said anything."""


@dataclass(frozen=True, slots=True)
class Found:
    """A letter that waits for a person's word, or that did not arrive."""

    letter_id: str
    target_name: str
    state: State
    since: datetime
    attempt_id: str | None
    """The latest; None: none, or it begins anew."""
    reason: Reason | None
    detail: str | None
    """The other side's own words."""
    is_relay: bool = False
    """It is no letter to the target, but passes the target's answer on."""


def alarms(connection: Connection, now: datetime) -> list[Alarm]:
    """Return what stops all sending now, and what says that it should be stopped."""
    gate = account.look(connection)
    if gate.behind_since is not None:
        return [Alarm(Kind.BEHIND)]
    found = [Alarm(Kind.STRANGE_NEWS)] if gate.hears_strange_news(now) else []
    if gate.is_in_trouble(now):
        kind = Kind.KEY_REFUSED if gate.refused else Kind.UNREACHABLE
        found.append(Alarm(kind, gate.reason, gate.trouble or ""))
    return found


def overdue(connection: Connection, campaign_id: int, now: datetime, grace_seconds: float) -> int:
    """Return how many letters' fate has been unknown for longer than the grace.

    All that the tallies hold, without those of late: to count the old ones takes longer, the more
    there are. Answers that are passed on have no tally, and are few.
    """
    known_by = now - timedelta(seconds=grace_seconds)
    of_all = (
        select(func.coalesce(func.sum(tally.c.letters), 0))
        .select_from(tally.join(target))
        .where(target.c.campaign_id == campaign_id, tally.c.state == str(State.UNKNOWN))
    )
    of_late = select(func.count()).where(
        letter.c.campaign_id == campaign_id,
        letter.c.state == str(State.UNKNOWN),
        letter.c.state_at > known_by,
        letter.c.kind == "letter",
    )
    relayed = (
        select(func.count())
        .select_from(answer.join(letter, letter.c.id == answer.c.relay_id))
        .where(
            answer.c.campaign_id == campaign_id, is_in(State.UNKNOWN), letter.c.state_at <= known_by
        )
    )
    each = (of_all, of_late, relayed)
    letters, late, answers = connection.execute(
        select(*(one.scalar_subquery() for one in each))
    ).one()
    return int(letters) - int(late) + int(answers)


def undecided(
    connection: Connection, campaign_id: int, now: datetime, grace_seconds: float
) -> list[Found]:
    """Return letters that wait for a person's word, newest first, at most fifty of each state.

    Those whose fate has been unknown for longer than the grace, and those that SendGrid refused.
    """
    known_by = now - timedelta(seconds=grace_seconds)
    unknown = _newest(connection, campaign_id, State.UNKNOWN, _MOST, before=known_by)
    failed = _newest(connection, campaign_id, State.FAILED, _MOST)
    return _by_time([*unknown, *failed])


def lost_mail(connection: Connection, campaign_id: int) -> int:
    """Return how many mails of ours to a campaign's writers did not arrive."""
    return connection.execute(
        select(func.count()).where(
            letter.c.campaign_id == campaign_id,
            IS_NOTICE,
            letter.c.submission_id.is_not(None),
            or_(*map(is_in, (State.BOUNCED, State.DROPPED, State.FAILED))),
        )
    ).scalar_one()


def turned_back(connection: Connection, campaign_id: int, most: int = 20) -> list[Found]:
    """Return letters that left and did not arrive, newest first."""
    found = [
        each
        for state in (State.BOUNCED, State.DROPPED)
        for each in _newest(connection, campaign_id, state, most)
    ]
    return _by_time(found)[:most]


def _by_time(found: Sequence[Found]) -> list[Found]:
    return sorted(found, key=lambda each: (each.since, each.letter_id), reverse=True)


def _newest(
    connection: Connection,
    campaign_id: int,
    state: State,
    most: int,
    *,
    before: datetime | None = None,
) -> list[Found]:
    wanted = (
        select(
            letter.c.id,
            letter.c.kind,
            letter.c.state_at,
            letter.c.attempt_id,
            target.c.definition,
        )
        .select_from(
            letter.outerjoin(answer, answer.c.relay_id == letter.c.id).join(
                target, target.c.id == func.coalesce(letter.c.target_id, answer.c.target_id)
            )
        )
        .where(letter.c.campaign_id == campaign_id, is_in(state))
        .order_by(letter.c.state_at.desc())
        .limit(most)
    )
    if before is not None:
        wanted = wanted.where(letter.c.state_at <= before)
    rows = connection.execute(wanted).all()
    # Asked apart, so that only these few letters' history is looked at, however many there are.
    steps = connection.execute(
        select(history.c.letter_id, history.c.reason, history.c.detail)
        .where(history.c.letter_id.in_([row.id for row in rows]), history.c.state == str(state))
        .order_by(history.c.id)
    )
    why = {
        step.letter_id: (None if step.reason is None else Reason(step.reason), step.detail)
        for step in steps
    }
    return [
        Found(
            row.id,
            row.definition["name"],
            state,
            row.state_at,
            row.attempt_id,
            *why.get(row.id, (None, None)),
            is_relay=row.kind == "notice",
        )
        for row in rows
    ]
