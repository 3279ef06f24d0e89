"""Claim a digest: every letter that was left as offered and waits for one target, in one request.

Its letters share one attempt, so what becomes of that becomes of all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, case, or_, select, update

from letters.books import locks
from letters.books.locks import Rank
from letters.campaign import Campaign, Status, Target
from letters.states import State
from letters.storage.schema import IS_PLAIN, campaign, is_in, letter, submission, target
from letters.text import digest
from letters.text.digest import Signatory

EVERY: Final = timedelta(hours=24)
"""An office gets a digest this often at most; the first leaves with the first slot."""
_MOST: Final = 5_000  # names in one mail


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest as it is sent."""

    sender: str
    subject: str
    text: str


def may_leave(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a target's digest may leave. Of a closed campaign it may at once.

    So it may on a campaign's last day: afterwards it would be too late.
    """
    return or_(
        target.c.digest_after.is_(None),
        target.c.digest_after <= now,
        campaign.c.status == str(Status.CLOSED),
        campaign.c.ends_at <= now + EVERY,
    )


def leaves_from(now: datetime) -> ColumnElement[datetime]:
    """Return when a target's next digest may leave."""
    later: ColumnElement[datetime] = case(
        (may_leave(now), target.c.next_slot_at),
        (target.c.digest_after < target.c.next_slot_at, target.c.next_slot_at),
        else_=target.c.digest_after,
    )
    return later


def mails_waiting() -> ColumnElement[int]:
    """Return how many mails the letters that wait for a target make: a digest is one."""
    return target.c.queued - target.c.plain + case((target.c.plain > 0, 1), else_=0)


def gather(connection: Connection, target_id: int, now: datetime) -> list[str]:
    """Lock and return the letters of a target's digest, oldest first; put the next one off."""
    ids = list(
        connection.execute(
            select(letter.c.id)
            .where(letter.c.target_id == target_id, IS_PLAIN, is_in(State.QUEUED))
            .order_by(letter.c.id)
            .limit(_MOST)
            .with_for_update(skip_locked=True, key_share=True)
        ).scalars()
    )
    locks.note(connection, Rank.LETTER, ids, waits=False)
    if 0 < len(ids) < _MOST:
        connection.execute(
            update(target).where(target.c.id == target_id).values(digest_after=now + EVERY)
        )
    return ids


def write(
    connection: Connection, of: Campaign, to: Target, letter_ids: Sequence[str], now: datetime
) -> Digest:
    """Return the digest that carries these letters."""
    rows = connection.execute(
        select(submission.c.name, submission.c.postcode, submission.c.submitted_at)
        .select_from(letter.join(submission))
        .where(letter.c.id.in_(letter_ids))
        .order_by(letter.c.id)
    )
    zone = ZoneInfo(to.timezone)
    signatories = [
        Signatory(row.name, row.postcode or "", row.submitted_at.astimezone(zone).date())
        for row in rows
    ]
    today = now.astimezone(zone).date()
    return Digest(of.title[:100], digest.subject(of, to), digest.text(of, to, signatories, today))
