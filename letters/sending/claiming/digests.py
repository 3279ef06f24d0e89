"""Claim a digest or a bundle: letters to one target that go together, in one request.

Its letters share one attempt, so what becomes of that becomes of all of them. A digest has those
that were left as offered, a bundle personal ones too: :mod:`letters.sending.claiming.bundles` says
which.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    bindparam,
    case,
    or_,
    select,
    update,
)

from letters.books import locks
from letters.books.locks import Rank
from letters.campaign import Campaign, Replies, Status, Target
from letters.pacing.bundles import How
from letters.states import State
from letters.storage.schema import (
    GOES_TOGETHER,
    campaign,
    is_in,
    letter,
    office,
    submission,
    target,
    writing,
)
from letters.text import bundle, compose, digest
from letters.text.bundle import Enclosed, Room
from letters.text.digest import Signatory
from letters.text.versions import for_target

EVERY: Final = timedelta(hours=24)
"""An office gets a digest this often at most; the first leaves with the first slot."""
NOW: Final = bindparam("now", type_=target.c.next_slot_at.type)
_IN_A_DAY: Final = bindparam("in_a_day", type_=target.c.next_slot_at.type)
_MOST: Final = 5_000  # names in one mail
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Digest:
    """A digest as it is sent."""

    sender: str
    subject: str
    text: str
    slugs: tuple[str, ...] = ()
    """Other campaigns that it has letters of."""
    is_ours: bool = False
    """They are of several organisations, so it comes from us."""
    writers: tuple[tuple[str, str], ...] = ()
    """Letters that are answered at addresses of their own, each with its writer's."""
    to_all: tuple[tuple[str, str], ...] = ()
    """Where an answer to all of it is taken: marks, with the sentence that stands for each."""


def moments(now: datetime) -> dict[str, datetime]:
    """Return the parameters of a statement that is made once, with :data:`NOW` for each moment."""
    return {"now": now, "in_a_day": now + EVERY}


def may_leave(now: datetime | BindParameter[datetime] = NOW) -> ColumnElement[bool]:
    """Return the condition that a target's digest may leave. Of a closed campaign it may at once.

    So it may on a campaign's last day: afterwards it would be too late.
    """
    in_a_day = now + EVERY if isinstance(now, datetime) else _IN_A_DAY
    return or_(
        target.c.digest_after.is_(None),
        target.c.digest_after <= now,
        campaign.c.status == str(Status.CLOSED),
        campaign.c.ends_at <= in_a_day,
    )


def goes_together() -> ColumnElement[bool]:
    """Return the condition that an office wishes all letters together."""
    return office.c.how != str(How.EACH)


def leaves_from(now: datetime | BindParameter[datetime] = NOW) -> ColumnElement[datetime]:
    """Return when a target's next digest may leave."""
    later: ColumnElement[datetime] = case(
        (may_leave(now), target.c.next_slot_at),
        (target.c.digest_after < target.c.next_slot_at, target.c.next_slot_at),
        else_=target.c.digest_after,
    )
    return later


def mails_waiting() -> ColumnElement[int]:
    """Return how many mails the letters that wait for a target make: a digest is one.

    For a statement that knows the target's office.
    """
    one_by_one = target.c.queued - target.c.gathered + case((target.c.gathered > 0, 1), else_=0)
    together: ColumnElement[int] = case((target.c.queued > 0, 1), else_=0)
    return case((goes_together(), together), else_=one_by_one)


def gather(
    connection: Connection,
    of: Campaign,
    to: Target,
    target_id: int,
    now: datetime,
    every: timedelta = EVERY,
    room: Room | None = None,
) -> tuple[list[str], Digest] | None:
    """Lock the letters that go together to a target, oldest first, and write their mail.

    What does not fit into the `room` that there is goes with the next slot; otherwise the next mail
    is put off, `every` so long. None: other transactions have all of them, or nothing fits.
    """
    zone = ZoneInfo(to.timezone)
    own = for_target(of, to)
    one_text = not digest.names_its_writer(own)
    room, foot = room or Room(), ""
    ids: list[str] = []
    enclosed: list[Enclosed] = []
    writers: list[tuple[str, str]] = []
    signatories: list[Signatory] = []
    is_full = False
    for row in _waiting(connection, target_id):
        foot = foot or compose.foot_of(row.body)
        whole = _as_written(own, row, row.submitted_at.astimezone(zone).date())
        is_offered = one_text and _is_untouched(own, to, row)
        one = whole.writer if is_offered else whole
        if len(ids) == _MOST or not room.takes(one):
            is_full = True
            break
        ids.append(row.id)
        if isinstance(one, Enclosed):
            enclosed.append(one)
            writers.append((row.id, row.email))
        else:
            signatories.append(one)
    if not ids:
        return None
    if not is_full:
        connection.execute(
            update(target).where(target.c.id == target_id).values(digest_after=now + every)
        )
    today = now.astimezone(zone).date()
    through_us = of.replies is Replies.THROUGH_US
    mark = bundle.to_all(ids[0]) if through_us else ""
    if enclosed:
        subject = bundle.subject(own, len(ids))
        text = bundle.text(own, to, enclosed, signatories, today, foot, mark)
    else:
        subject = digest.subject(own, to)
        text = digest.text(own, to, signatories, today, foot, mark)
    return ids, Digest(
        of.title[:100],
        subject,
        text,
        writers=tuple(writers) if through_us else (),
        to_all=((mark, bundle.goes_to_all(of)),) if through_us else (),
    )


def _waiting(connection: Connection, target_id: int) -> Iterator[Row[*tuple[Any, ...]]]:
    """Yield the letters that go together to a target, as they are locked: some at a time."""
    last = ""
    while True:
        ids = list(
            connection.execute(
                select(letter.c.id)
                .where(
                    letter.c.target_id == target_id,
                    GOES_TOGETHER,
                    is_in(State.QUEUED),
                    letter.c.id > last,
                )
                .order_by(letter.c.id)
                .limit(_AT_ONCE)
                .with_for_update(skip_locked=True, key_share=True)
            ).scalars()
        )
        locks.note(connection, Rank.LETTER, ids, waits=False)
        if ids:
            yield from connection.execute(
                select(
                    letter.c.id,
                    submission.c.name,
                    submission.c.email,
                    submission.c.postcode,
                    submission.c.submitted_at,
                    writing.c.subject,
                    writing.c.body,
                )
                .select_from(letter.join(submission).join(writing))
                .where(letter.c.id.in_(ids))
                .order_by(letter.c.id)
            ).all()
        if len(ids) < _AT_ONCE:
            return
        last = ids[-1]


def _as_written(of: Campaign, row: Row[*tuple[Any, ...]], day: date) -> Enclosed:
    is_ours = of.replies is Replies.THROUGH_US
    email = bundle.own_address(row.id) if is_ours else row.email
    writer = Signatory(row.name, row.postcode or "", day)
    return Enclosed(writer, email, row.subject, compose.without_foot(row.body))


def _is_untouched(of: Campaign, to: Target, row: Row[*tuple[Any, ...]]) -> bool:
    writer = {"name": row.name, "postcode": row.postcode or ""}
    address = digest.address_in(of, to, row.body, **writer)
    return digest.is_untouched(
        of, to, subject=row.subject, text=row.body, address=address, **writer
    )
