"""Tell writers that a letter did not arrive: one mail for a submission, however many letters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, exists, literal, select, update

from letters.books import locks
from letters.campaigns import store
from letters.notices.foot import foot
from letters.notices.links import Links
from letters.notices.post import Purpose, post
from letters.notices.to_writers import Undelivered, bad_news
from letters.reasons import Reason
from letters.states import Cause, State
from letters.storage.identity import new_id
from letters.storage.schema import (
    BAD_NEWS,
    campaign,
    history,
    letter,
    notice,
    submission,
    writing,
)

_EVERY: Final = timedelta(hours=24)
"""Letters of one writer that fail one after the other bring one mail a day."""
_BAD: Final = (State.BOUNCED, State.DROPPED, State.FAILED, State.EXPIRED)


@dataclass(frozen=True, slots=True)
class _Step:
    """One thing that happened to a letter."""

    state: State
    cause: str
    detail: str | None
    reason: Reason | None


def due(connection: Connection, now: datetime, most: int) -> list[str]:
    """Return submissions of which a letter failed and whose writer may be told."""
    untold = (
        select(letter.c.submission_id)
        .where(BAD_NEWS, ~_told_lately(letter.c.submission_id, now))
        .order_by(letter.c.state_at)
        .limit(most)
    )
    return sorted(set(connection.execute(untold).scalars()))


def tell(
    connection: Connection, links: Links, submission_ids: Sequence[str], now: datetime
) -> None:
    """Mail the writers of submissions what has not arrived.

    A letter that expired because nobody said yes to it is no news: its first notice said so.
    """
    untold = select(letter.c.id).where(letter.c.submission_id.in_(submission_ids), BAD_NEWS)
    locks.take(connection, letters=connection.execute(untold).scalars().all())
    for submission_id in submission_ids:
        _tell(connection, links, submission_id, now)


def _tell(connection: Connection, links: Links, submission_id: str, now: datetime) -> None:
    rows = connection.execute(
        select(letter.c.id, letter.c.target_id, letter.c.state, writing.c.body)
        .select_from(letter.join(writing))
        .where(
            letter.c.submission_id == submission_id,
            letter.c.kind == "letter",
            letter.c.told == 0,
            letter.c.state.in_([str(state) for state in _BAD]),
        )
        .order_by(letter.c.id)
    ).all()
    lately = _told_lately(literal(submission_id), now)
    if not rows or connection.execute(select(lately)).scalar():
        return  # another worker was here
    head = connection.execute(
        select(submission.c.campaign_id, submission.c.email, submission.c.confirmed_at)
        .add_columns(campaign.c.slug)
        .select_from(submission.join(campaign))
        .where(submission.c.id == submission_id)
    ).one()
    steps = _last_steps(connection, [row.id for row in rows])
    news = [row for row in rows if not _never_confirmed(row.state, steps.get(row.id, []))]
    if news and head.email:
        stored = store.find(connection, head.slug)
        targets = {t.id: t.target for t in stored.targets}
        letters = [
            Undelivered(
                targets[row.target_id],
                State(row.state),
                next((step.detail for step in steps.get(row.id, []) if step.detail), None),
                row.body,
                _reason(State(row.state), steps.get(row.id, [])),
            )
            for row in news
        ]
        words = bad_news(
            stored.campaign,
            links.receipt(submission_id),
            letters,
            is_confirmed=head.confirmed_at is not None,
            foot=foot(stored, links),
        )
        post(
            connection,
            links.tokens,
            words,
            Purpose.BAD_NEWS,
            head.email,
            now,
            head.campaign_id,
            submission_id,
        )
    connection.execute(
        update(letter).where(letter.c.id.in_([row.id for row in rows])).values(told=1)
    )


def _told_lately(submission_id: ColumnElement[str], now: datetime) -> ColumnElement[bool]:
    """Return the condition that its writer was told within a day.

    Whoever writes in another's name can do so to one target after the other, each a submission: of
    an address that nobody has confirmed, all of a campaign count as one.
    """
    mine, same = submission.alias("mine"), submission.alias("same")
    others = (
        select(same.c.id)
        .select_from(
            mine.join(
                same,
                (same.c.campaign_id == mine.c.campaign_id) & (same.c.address == mine.c.address),
            )
        )
        .where(mine.c.id == submission_id, mine.c.confirmed_at.is_(None))
        .correlate(letter)  # of which `submission_id` may be a column, two statements up
    )

    def told(its: Callable[[ColumnElement[str]], ColumnElement[bool]]) -> ColumnElement[bool]:
        other = letter.alias()
        return (
            exists()
            .where(notice.c.letter_id == other.c.id, its(other.c.submission_id))
            .where(notice.c.purpose == str(Purpose.BAD_NEWS))
            .where(notice.c.letter_id > new_id(now - _EVERY)[:12])
        )

    return told(lambda its: its == submission_id) | told(lambda its: its.in_(others))


def _last_steps(connection: Connection, letter_ids: list[str]) -> dict[str, list[_Step]]:
    """Return the letters' histories, newest first."""
    found: dict[str, list[_Step]] = {}
    for row in connection.execute(
        select(history)
        .where(history.c.letter_id.in_(letter_ids))
        .order_by(history.c.letter_id, history.c.id.desc())
    ):
        reason = None if row.reason is None else Reason(row.reason)
        step = _Step(State(row.state), row.cause, row.detail, reason)
        found.setdefault(row.letter_id, []).append(step)
    return found


def _never_confirmed(state: str, steps: list[_Step]) -> bool:
    if state != State.EXPIRED or len(steps) < 2:
        return False
    return steps[0].cause == Cause.EXPIRE and steps[1].state is State.UNCONFIRMED


def _reason(state: State, steps: Sequence[_Step]) -> Reason | None:
    """Return why a letter is in its state."""
    return next((step.reason for step in steps if step.state is state), None)
