"""Let the owner of an address decide about what was written with it once more.

Instead of the first, while that has not left; as well, since another person uses the address too;
or neither. What goes is what was shown: the decision is the yes.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, Row, delete, select, update

from letters.books import locks
from letters.books.changes import apply
from letters.books.happenings import Happening
from letters.campaigns import store
from letters.intake import enter
from letters.intake.arrival import Known, ready
from letters.intake.routing import is_in_time
from letters.notices.links import Links
from letters.receipts.confirmation import ChangedSince
from letters.receipts.receipt import TooLate
from letters.states import NOT_ARRIVED, NOT_LEFT, Cause, State
from letters.storage.schema import campaign, letter, repeat, submission, writing
from letters.submission import Draft, Submission
from letters.text.versions import version_key
from letters.tokens import digest


class Decision(StrEnum):
    """What becomes of a letter that was written once more."""

    INSTEAD = "instead"
    AS_WELL = "as-well"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Repeat:
    """What was written once more with an address."""

    id: str
    received_at: datetime
    name: str
    email: str
    postcode: str | None
    opt_in_wording: str | None
    letters: tuple[Draft, ...]
    can_replace: bool
    """The letters in whose place it would go have not left."""
    seen: str
    """What tells whether it is still what was shown."""


def of_submission(connection: Connection, submission_id: str) -> list[Repeat]:
    """Return what waits for a decision, the earliest first."""
    rows = connection.execute(
        select(repeat).where(repeat.c.submission_id == submission_id).order_by(repeat.c.id)
    ).all()
    if not rows:
        return []
    states: dict[int, State] = {
        target_id: State(state)
        for target_id, state in connection.execute(
            select(letter.c.target_id, letter.c.state)
            .where(letter.c.submission_id == submission_id, letter.c.kind == "letter")
            .order_by(letter.c.id)
        )
        if target_id is not None
    }
    return [_read(row, states) for row in rows]


def _read(row: Row[*tuple[object, ...]], states: dict[int, State]) -> Repeat:
    drafts = tuple(Draft(*each) for each in json.loads(str(row.letters)))
    return Repeat(
        row.id,
        row.received_at,
        row.name,
        row.email,
        row.postcode,
        row.opt_in_wording,
        drafts,
        all(states.get(draft.target_id) in {*NOT_LEFT, *NOT_ARRIVED} for draft in drafts),
        digest("\0".join(map(str, (row.id, row.name, row.email, row.opt_in_wording, row.letters)))),
    )


def decide(
    connection: Connection,
    links: Links,
    submission_id: str,
    repeat_id: str,
    decision: Decision,
    was_seen: str,
    now: datetime,
) -> str:
    """Take the decision; return the id of the submission that it leads to.

    Raises TooLate where it is decided already, or cannot be done any more, and ChangedSince where
    something else was shown.
    """
    of_it = select(letter.c.id, letter.c.target_id, letter.c.state).where(
        letter.c.submission_id == submission_id, letter.c.kind == "letter"
    )
    locks.take(connection, letters=[row.id for row in connection.execute(of_it)])
    row = connection.execute(
        select(repeat).where(repeat.c.id == repeat_id, repeat.c.submission_id == submission_id)
    ).first()
    if row is None:
        raise TooLate
    found = next(each for each in of_submission(connection, submission_id) if each.id == repeat_id)
    if was_seen != found.seen:
        raise ChangedSince
    gone = connection.execute(delete(repeat).where(repeat.c.id == repeat_id))
    if not gone.rowcount:
        raise TooLate  # the same press came twice at once
    if decision is Decision.NEITHER:
        return submission_id
    known = _known(connection, links, submission_id, row, found, decision, now)
    targets = {draft.target_id for draft in known.free}
    replaced = []
    if decision is Decision.INSTEAD:
        if not found.can_replace:
            raise TooLate
        replaced = [
            each.id
            for each in connection.execute(of_it)
            if each.target_id in targets and State(each.state) in NOT_LEFT
        ]
        known.ended = [known.arrival.letter_key(target_id) for target_id in sorted(targets)]
        if _are_held_by_others(connection, known.ended, submission_id):
            raise TooLate
    locks.take(connection, targets=targets)
    connection.execute(
        update(writing).where(writing.c.letter_id.in_(replaced)).values(writer_key=None)
    )
    apply(
        connection,
        [Happening(i, Cause.CANCEL, now) for i in replaced],
        targets=targets,
        new=enter.store(connection, [known]),
    )
    new_id = known.arrival.id
    locks.take(connection, submissions=[new_id])
    connection.execute(update(submission).where(submission.c.id == new_id).values(confirmed_at=now))
    return new_id


def _known(
    connection: Connection,
    links: Links,
    submission_id: str,
    row: Row[*tuple[object, ...]],
    found: Repeat,
    decision: Decision,
    now: datetime,
) -> Known:
    """Return what is to be entered; raise TooLate where none of it could leave in time."""
    slug = connection.execute(
        select(campaign.c.slug)
        .select_from(submission.join(campaign))
        .where(submission.c.id == submission_id)
    ).scalar_one()
    stored = store.find(connection, slug)
    # What is kept beside a letter does not say its version: it is the one of today.
    in_time = {
        target.id: version_key(stored.campaign.letter, target.target)
        for target in stored.targets
        if not target.withdrawn and is_in_time(stored, target, now)
    }
    drafts = tuple(
        replace(draft, version=in_time[draft.target_id])
        for draft in found.letters
        if draft.target_id in in_time
    )
    if not drafts or stored.is_over(now):
        raise TooLate
    new = Submission(
        token_id=found.id,
        name=found.name,
        email=found.email,
        postcode=found.postcode or "",
        reason=row.reason or "",
        points=tuple(row.points),
        personal_share=row.personal_share,
        opt_in=found.opt_in_wording is not None,
        drafts=drafts,
        source=row.source or "",
    )
    # Another person's letter at the same address has a key of its own.
    sharer = found.id if decision is Decision.AS_WELL else ""
    arrival = ready(
        stored, new, links, now, is_confirmed=True, sharer=sharer, consent=found.opt_in_wording
    )
    return Known(arrival, free=list(drafts))


def _are_held_by_others(connection: Connection, keys: Sequence[str], submission_id: str) -> bool:
    """Tell whether the address has written to one of these targets anew meanwhile."""
    held = (
        select(writing.c.letter_id)
        .select_from(writing.join(letter))
        .where(
            writing.c.writer_key.in_(keys),
            letter.c.submission_id != submission_id,
            letter.c.state.not_in(sorted(NOT_ARRIVED)),
        )
        .limit(1)
    )
    return connection.execute(held).first() is not None
