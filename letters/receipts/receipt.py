"""Read one submission for its writer, and do what its writer may do with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, func, literal_column, select, update

from letters.books import locks
from letters.books.changes import apply
from letters.books.happenings import Happening
from letters.books.together import make_personal
from letters.campaign import Identical, Status, Target
from letters.campaigns import store
from letters.campaigns import targets as stored_targets
from letters.campaigns.stored import StoredCampaign, StoredTarget
from letters.intake.routing import last_moment
from letters.mail.kinds import Kind
from letters.pacing.bundles import How
from letters.pacing.slots import leaves_at
from letters.reasons import Reason
from letters.receipts import successors
from letters.sending.claiming import digests
from letters.sending.claiming.bundles import Foresight
from letters.states import NOT_LEFT, Cause, State
from letters.storage.schema import (
    answer,
    campaign,
    history,
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
    reason: Reason | None = None


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
    office_wishes: How = How.EACH
    goes_with_others: bool = False
    """In a bundle, since it could not leave singly before the campaign's moment."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A letter that waits may go to whoever has taken over, if its writer says so."""

    successor: Target
    text: str
    """The letter, with its salutation turned to the successor."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A submission with its letters, and all that is kept of its writer."""

    submission_id: str
    campaign_slug: str
    submitted_at: datetime
    confirmed_at: datetime | None
    name: str
    email: str
    postcode: str
    opt_in_wording: str | None
    """What its writer consents to; None: nothing."""
    opt_in_at: datetime | None
    """When that consent was given, or last taken back; None: neither was."""
    source: str
    """The code of the link that its writer came by; empty: it had none."""
    letters: tuple[SubmittedLetter, ...]


def read(connection: Connection, submission_id: str, now: datetime) -> Receipt:
    """Return a submission's receipt; raise UnknownSubmission."""
    head = connection.execute(
        select(submission, campaign.c.slug)
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
            letter.c.goes_together,
            letter.c.alone,
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
            Step(
                State(row.state),
                row.cause,
                row.at,
                row.detail,
                None if row.reason is None else Reason(row.reason),
            )
        )
    answered: dict[str, datetime] = dict(
        connection.execute(
            select(answer.c.letter_id, func.min(answer.c.came_at))
            .where(answer.c.letter_id.in_([r.id for r in rows]), answer.c.kind == str(Kind.PERSON))
            .group_by(answer.c.letter_id)
        ).all()
    )
    places_in_queue = _places(connection, submission_id)
    given_at = head.opt_in_at or (head.submitted_at if head.opt_in_wording else None)
    return Receipt(
        submission_id,
        head.slug,
        head.submitted_at,
        head.confirmed_at,
        head.name,
        head.email,
        head.postcode or "",
        head.opt_in_wording,
        given_at or head.opt_in_ended_at,
        head.source or "",
        tuple(
            SubmittedLetter(
                row.id,
                targets[row.target_id].target,
                row.subject,
                row.body,
                State(row.state),
                row.state_at,
                tuple(steps.get(row.id, ())),
                outlook[0],
                _offer(stored, row.body, targets[row.target_id], follows.get(row.target_id))
                if row.state == State.HELD
                else None,
                answered.get(row.id),
                targets[row.target_id].how,
                outlook[1],
            )
            for row in rows
            for outlook in [
                _outlook(connection, stored, row, places_in_queue.get(row.id, 0), now)
                if row.state == State.QUEUED and stored.campaign.status is not Status.PAUSED
                else (None, False)
            ]
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


def _places(connection: Connection, submission_id: str) -> dict[str, int]:
    """Return how many letters leave before each waiting one of a submission, one by one."""
    mine, other = letter.alias("mine"), letter.alias("other")
    queued: ColumnElement[str] = literal_column(f"'{State.QUEUED}'")
    ahead = (
        (other.c.target_id == mine.c.target_id)
        & (other.c.state == queued)
        & (other.c.goes_together == literal_column("0"))
        & (other.c.id < mine.c.id)
    )
    rows = connection.execute(
        select(mine.c.id, func.count(other.c.id))
        .select_from(mine.outerjoin(other, ahead))
        .where(mine.c.submission_id == submission_id, mine.c.state == queued)
        .group_by(mine.c.id)
    )
    return dict(rows.all())


def _outlook(
    connection: Connection,
    stored: StoredCampaign,
    row: Row[*tuple[Any, ...]],
    ahead: int,
    now: datetime,
) -> tuple[datetime | None, bool]:
    """Return about when a waiting letter should leave, and whether that is in a bundle.

    By its place in the target's queue, paced. None where that would be after its end: nobody is
    promised what cannot be.
    """
    to = next(t for t in stored.targets if t.id == row.target_id)
    first = to.next_slot_at
    together = to.how is not How.EACH
    if (
        not together
        and not row.goes_together
        and not row.alone
        and stored.campaign.matters_at is not None
    ):
        zone, start = to.target.timezone, max(first, now)
        shared = Foresight(stored.campaign, zone, start, to.waiting, 0, None).shared()
        if shared is not None and ahead >= shared.singly:
            return shared.begins_at, True
    if row.goes_together or together:
        ahead = 0
        first = connection.execute(
            select(digests.leaves_from(now))  # with all others of its kind
            .select_from(target.join(campaign))
            .where(target.c.id == row.target_id)
        ).scalar_one()
    leaves = leaves_at(stored.campaign.pacing, to.target.timezone, max(first, now), ahead)
    end = last_moment(stored, to)
    in_bundle = bool(row.goes_together) and stored.campaign.identical is not Identical.DIGEST
    in_bundle = in_bundle and not together
    return None if end is not None and leaves >= end else leaves, in_bundle


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
    edit_all(connection, submission_id, subject, {letter_id: text}, now)


def edit_all(
    connection: Connection,
    submission_id: str,
    subject: str,
    texts: Mapping[str, str],
    now: datetime,
) -> None:
    """Replace the subject and the whole text of letters, by their ids: of all of them, or of none.

    Raises TooLate when one of them has left.
    """
    locks.take(connection, letters=[*texts])
    for letter_id, text in texts.items():
        if _own(connection, submission_id, letter_id) not in NOT_LEFT:
            raise TooLate
        connection.execute(
            update(writing)
            .where(writing.c.letter_id == letter_id)
            .values(subject=subject, body=text, edited_at=now)
        )
    make_personal(connection, [*texts])


def go_alone(connection: Connection, submission_id: str, letter_id: str) -> None:
    """Keep a letter out of every bundle before a vote; raise TooLate when it has left.

    It waits its turn, and may come too late: its writer has been told.
    """
    locks.take(connection, letters=[letter_id])
    if _own(connection, submission_id, letter_id) not in NOT_LEFT:
        raise TooLate
    connection.execute(update(letter).where(letter.c.id == letter_id).values(alone=1))
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


def _free(connection: Connection, ids: Sequence[str]) -> None:
    """Let the writer write to this target again: what was withdrawn never left."""
    connection.execute(update(writing).where(writing.c.letter_id.in_(ids)).values(writer_key=None))
