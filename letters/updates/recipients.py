"""Tell who gets a mailing.

An address counts when its owner has followed a link that was mailed to it: by a yes to the letters,
or by a consent on the receipt. Whoever typed an address need not be its owner.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, literal, or_, select

from letters.answers import office
from letters.notices.mailings import Audience, Mailing
from letters.notices.post import names
from letters.states import State
from letters.storage.schema import letter, submission, writing
from letters.tokens import Tokens
from letters.updates import unsubscribe

_NOT_WRITTEN = (State.UNCONFIRMED, State.CANCELLED, State.EXPIRED)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is to get a mailing."""

    submission_id: str
    email: str
    address: str
    """Canonical."""


def writer_key(mailing_id: str, address: str) -> str:
    """Return what only one notice has: the one of this mailing to this address."""
    return f"{mailing_id}/{address}"


def missing(
    connection: Connection,
    tokens: Tokens,
    mailing: Mailing,
    after_id: str,
    since: datetime | None,
    most: int,
) -> tuple[list[Recipient], str | None]:
    """Return who has not got a mailing yet, of `most` submissions after `after_id`.

    With the last of those that were looked at; None: nobody is left to look at. With `since` only
    those are looked at who joined then or later.
    """
    has_it = exists(
        select(writing.c.letter_id).where(
            writing.c.writer_key == literal(f"{mailing.id}/") + submission.c.address
        )
    )
    wanted = (
        select(submission.c.id, submission.c.email, submission.c.address)
        .where(_is_for(mailing), submission.c.id > after_id, ~has_it)
        .order_by(submission.c.id)
        .limit(most)
    )
    if since is not None:
        wanted = wanted.where(
            or_(submission.c.confirmed_at >= since, submission.c.opt_in_at >= since)
        )
    rows = [Recipient(*row) for row in connection.execute(wanted)]
    first: dict[str, Recipient] = {}
    for row in rows:
        first.setdefault(row.address, row)
    found = _who_wants_it(connection, tokens, mailing, [*first.values()])
    return found, rows[-1].submission_id if len(rows) == most else None


def number(connection: Connection, tokens: Tokens, mailing: Mailing) -> int:
    """Return how many would get a mailing that nobody has got."""
    if mailing.target_id is not None:
        return len(office.unanswered(connection, mailing.target_id, mailing.id, None))
    wanted = select(submission.c.id, submission.c.email, submission.c.address)
    first = {
        row.address: Recipient(*row) for row in connection.execute(wanted.where(_is_for(mailing)))
    }
    return len(_who_wants_it(connection, tokens, mailing, [*first.values()]))


def _is_for(mailing: Mailing) -> ColumnElement[bool]:
    wrote = exists(
        select(letter.c.id).where(
            letter.c.submission_id == submission.c.id,
            letter.c.kind == "letter",
            letter.c.state.not_in([str(state) for state in _NOT_WRITTEN]),
        )
    )
    is_theirs = submission.c.confirmed_at.is_not(None) | submission.c.opt_in_at.is_not(None)
    condition = (
        (submission.c.campaign_id == mailing.campaign_id)
        & submission.c.erased_at.is_(None)
        & submission.c.address.is_not(None)
        & is_theirs
    )
    if mailing.draft.audience is Audience.NEWS:
        return condition & submission.c.opt_in_wording.is_not(None)
    return condition & wrote


def _who_wants_it(
    connection: Connection, tokens: Tokens, mailing: Mailing, found: Sequence[Recipient]
) -> list[Recipient]:
    """Leave out who wants no more updates. Of news they have taken their consent back."""
    if mailing.draft.audience is Audience.NEWS:
        return [*found]
    gone = unsubscribe.stopped(connection, mailing.campaign_id)
    if not gone:
        return [*found]
    return [each for each in found if gone.isdisjoint(names(tokens, each.address))]
