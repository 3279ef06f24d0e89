"""Read one submission for its writer, and do what its writer may do with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, select, update

from letters.books import locks
from letters.books.changes import Happening, apply, make_personal
from letters.campaign import Status, Target
from letters.campaigns import store
from letters.campaigns import targets as stored_targets
from letters.campaigns.stored import StoredCampaign, StoredTarget
from letters.mail.kinds import Kind
from letters.pacing.slots import leaves_at
from letters.receipts import successors
from letters.sending import digests
from letters.states import NOT_LEFT, Cause, State
from letters.storage.schema import (
    answer,
    campaign,
    history,
    is_in,
    letter,
    submission,
    target,
    writing,
)


class UnknownSubmission(Exception):
    """There is no such submission, or its writer had it erased."""


class TooLate(Exception):
    """The letter has left already, or is not of this submission."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a letter."""

    state: State
    cause: str
    at: datetime
    detail: str | None


@dataclass(frozen=True, slots=True)
class SubmittedLetter:
    """One letter as its writer may see it."""

    id: str
    target: Target
    subject: str
    text: str
    state: State
    state_at: datetime
    history: tuple[Step, ...]
    due_at: datetime | None
    """About when it should leave; None: not known, or it has left."""
    offer: "Offer | None" = None
    answered_at: datetime | None = None
    """When a person first answered it through us."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A letter that waits may go to whoever has taken over, if its writer says so."""

    successor: Target
    text: str
    """The letter, with its salutation turned to the successor."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A submission with its letters."""

    submission_id: str
    campaign_slug: str
    submitted_at: datetime
    letters: tuple[SubmittedLetter, ...]


def read(connection: Connection, submission_id: str, now: datetime) -> Receipt:
    """Return a submission's receipt; raise UnknownSubmission."""
    head = connection.execute(
        select(submission.c.submitted_at, campaign.c.slug)
        .select_from(submission.join(campaign))
        .where(submission.c.id == submission_id, submission.c.erased_at.is_(None))
    ).first()
    if head is None:
        raise UnknownSubmission
    rows = connection.execute(
        select(
            letter.c.id,
            letter.c.target_id,
            letter.c.state,
            letter.c.state_at,
            letter.c.plain,
            writing.c.subject,
            writing.c.body,
        )
        .select_from(letter.join(writing))
        .where(letter.c.submission_id == submission_id, letter.c.kind == "letter")
        .order_by(letter.c.id)
    ).all()
    stored = store.find(connection, head.slug)
    targets = {t.id: t for t in stored.targets}
    places = {t.id: place for place, t in enumerate(stored.targets)}
    rows = sorted(rows, key=lambda row: places[row.target_id])
    follows = stored_targets.successors(connection, stored)
    steps: dict[str, list[Step]] = {}
    for row in connection.execute(
        select(history).where(history.c.letter_id.in_([r.id for r in rows])).order_by(history.c.id)
    ):
        steps.setdefault(row.letter_id, []).append(
            Step(State(row.state), row.cause, row.at, row.detail)
        )
    answered: dict[str, datetime] = dict(
        connection.execute(
            select(answer.c.letter_id, func.min(answer.c.came_at))
            .where(answer.c.letter_id.in_([r.id for r in rows]), answer.c.kind == str(Kind.PERSON))
            .group_by(answer.c.letter_id)
        ).all()
    )
    return Receipt(
        submission_id,
        head.slug,
        head.submitted_at,
        tuple(
            SubmittedLetter(
                row.id,
                targets[row.target_id].target,
                row.subject,
                row.body,
                State(row.state),
                row.state_at,
                tuple(steps.get(row.id, ())),
                _expected_at(connection, stored, row, now)
                if row.state == State.QUEUED and stored.campaign.status is not Status.PAUSED
                else None,
                _offer(stored, row.body, targets[row.target_id], follows.get(row.target_id))
                if row.state == State.HELD
                else None,
                answered.get(row.id),
            )
            for row in rows
        ),
    )


def _offer(
    stored: StoredCampaign,
    text: str,
    left: StoredTarget,
    follows: StoredTarget | None,
) -> Offer | None:
    if follows is None:
        return None
    return Offer(follows.target, successors.proposed_text(stored, text, left, follows))


def _expected_at(
    connection: Connection,
    stored: StoredCampaign,
    row: Row[*tuple[Any, ...]],
    now: datetime,
) -> datetime:
    """Return about when a waiting letter should leave: its place in the target's queue, paced."""
    ahead = 0
    slot: ColumnElement[datetime] = target.c.next_slot_at
    if row.plain:
        slot = digests.leaves_from(now)  # with all others of its kind
    else:
        ahead = connection.execute(
            select(func.count()).where(
                letter.c.target_id == row.target_id,
                letter.c.plain == 0,
                is_in(State.QUEUED),
                letter.c.id < row.id,
            )
        ).scalar_one()
    found: datetime = connection.execute(
        select(slot).select_from(target.join(campaign)).where(target.c.id == row.target_id)
    ).scalar_one()
    timezone = next(t.target.timezone for t in stored.targets if t.id == row.target_id)
    return leaves_at(stored.campaign.pacing, timezone, max(found, now), ahead)


def confirm(connection: Connection, submission_id: str, now: datetime) -> None:
    """Confirm the writer's address: every letter that waited for it is queued."""
    _each(connection, submission_id, Cause.CONFIRM, now)
    locks.take(connection, submissions=[submission_id])
    connection.execute(
        update(submission)
        .where(submission.c.id == submission_id, submission.c.confirmed_at.is_(None))
        .values(confirmed_at=now, remind_at=None)
    )


def cancel(
    connection: Connection, submission_id: str, letter_ids: Sequence[str], now: datetime
) -> None:
    """Withdraw letters; raise TooLate when one of them has left."""
    locks.take(connection, letters=letter_ids)
    for letter_id in letter_ids:
        _own(connection, submission_id, letter_id)
    changes = apply(connection, [Happening(i, Cause.CANCEL, now) for i in letter_ids])
    if len(changes) < len(letter_ids):
        raise TooLate
    _free(connection, letter_ids)


def edit(
    connection: Connection,
    submission_id: str,
    letter_id: str,
    subject: str,
    text: str,
    now: datetime,
) -> None:
    """Replace one letter's subject and whole text; raise TooLate when it has left."""
    locks.take(connection, letters=[letter_id])
    if _own(connection, submission_id, letter_id) not in NOT_LEFT:
        raise TooLate
    connection.execute(
        update(writing)
        .where(writing.c.letter_id == letter_id)
        .values(subject=subject, body=text, edited_at=now)
    )
    make_personal(connection, [letter_id])


def _own(connection: Connection, submission_id: str, letter_id: str) -> State:
    state = connection.execute(
        select(letter.c.state).where(
            letter.c.id == letter_id,
            letter.c.submission_id == submission_id,
            letter.c.kind == "letter",
        )
    ).scalar()
    if state is None:
        raise TooLate
    return State(state)


def _each(connection: Connection, submission_id: str, cause: Cause, now: datetime) -> list[str]:
    ids = list(
        connection.execute(
            select(letter.c.id).where(
                letter.c.submission_id == submission_id, letter.c.kind == "letter"
            )
        ).scalars()
    )
    apply(connection, [Happening(i, cause, now) for i in ids])
    return ids


def _free(connection: Connection, ids: Sequence[str]) -> None:
    """Let the writer write to this target again: what was withdrawn never left."""
    connection.execute(update(writing).where(writing.c.letter_id.in_(ids)).values(once=None))
