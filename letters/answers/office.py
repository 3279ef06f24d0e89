"""What an office sees and says by the link in its letters, and what its one answer becomes.

The link opens what one campaign sent to one target, and nothing else. Nothing here tells of a
writer whose letter has not arrived.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, exists, func, insert, select, update

from letters.campaigns import store
from letters.campaigns.stored import StoredCampaign, StoredTarget
from letters.desk import organisers
from letters.notices import to_organisers
from letters.notices.links import Links
from letters.notices.post import Purpose, post
from letters.offices import mailbox, wishes
from letters.pacing.bundles import How
from letters.reasons import Hold
from letters.record import Actor, Deed, record
from letters.states import Cause, State
from letters.storage.database import Database
from letters.storage.identity import new_id
from letters.storage.schema import (
    answer,
    campaign,
    is_in,
    letter,
    office_answer,
    submission,
    target,
)
from letters.text.postcodes import normalise_postcode


class UnknownOffice(Exception):
    """There is no such target, it has left the campaign, or its campaign gives no such page."""


@dataclass(frozen=True, slots=True)
class Office:
    """What an office's page shows."""

    stored: StoredCampaign
    target: StoredTarget
    delivered: int
    waiting: int
    by_postcode: tuple[tuple[str, int], ...]
    """Delivered letters, where the campaign asks for the postcode; those of the erased left out."""
    is_answering: bool
    """Its one answer waits to be released, or is on its way."""


@dataclass(frozen=True, slots=True)
class Offered:
    """An office's one answer, as an organiser reads it before it goes to everybody."""

    id: str
    target_name: str
    text: str
    writers: int
    is_released: bool


def read(connection: Connection, target_id: int) -> Office:
    """Return what an office may see; raise UnknownOffice."""
    stored, found = _find(connection, target_id)
    counted: dict[str, int] = dict(
        connection.execute(
            select(letter.c.state, func.count())
            .where(letter.c.target_id == target_id, letter.c.kind == "letter")
            .group_by(letter.c.state)
        ).all()
    )
    postcodes: Counter[str] = Counter()
    spelt: dict[str, str] = {}  # of each, as one of its writers has it
    if stored.campaign.asks_postcode:
        for postcode, number in connection.execute(
            select(submission.c.postcode, func.count())
            .select_from(letter.join(submission, submission.c.id == letter.c.submission_id))
            .where(
                letter.c.target_id == target_id,
                is_in(State.DELIVERED),
                submission.c.postcode.is_not(None),
            )
            .group_by(submission.c.postcode)
            .order_by(submission.c.postcode)
        ):
            code = normalise_postcode(postcode)
            spelt.setdefault(code, postcode.upper())
            postcodes[code] += number
    return Office(
        stored,
        found,
        delivered=counted.get(State.DELIVERED, 0),
        waiting=counted.get(State.QUEUED, 0) + counted.get(State.HELD, 0),
        by_postcode=tuple(sorted((spelt[code], number) for code, number in postcodes.items())),
        is_answering=_is_answering(connection, target_id),
    )


def _find(connection: Connection, target_id: int) -> tuple[StoredCampaign, StoredTarget]:
    slug = connection.execute(
        select(campaign.c.slug).select_from(target.join(campaign)).where(target.c.id == target_id)
    ).scalar()
    if slug is None:
        raise UnknownOffice
    stored = store.find(connection, slug)
    found = next(t for t in stored.targets if t.id == target_id)
    if found.withdrawn or not stored.campaign.office_page:
        raise UnknownOffice
    return stored, found


def _is_answering(connection: Connection, target_id: int) -> bool:
    waits = exists().where(
        office_answer.c.target_id == target_id, office_answer.c.done_at.is_(None)
    )
    return bool(connection.execute(select(waits)).scalar())


def stop(database: Database, target_id: int, reason: str, now: datetime) -> None:
    """Let nothing more go to a mailbox, in any campaign: its office asks for it, and says why.

    Raises UnknownOffice. The organisers of each campaign are told by the sweep.
    """
    with database.read() as connection:
        _, found = _find(connection, target_id)
        email = found.target.email
    with database.write() as connection:
        by = Actor.office(email)
        mailbox.hold(connection, email, reason, now, by, Hold.STOPPED_BY_OFFICE)
        sitting = mailbox.seated(connection, email)
    mailbox.carry_on(database, sitting, Cause.HOLD, now)


def wish(connection: Connection, target_id: int, how: How, now: datetime) -> None:
    """Let letters come to a mailbox one by one, daily or weekly, in every campaign.

    Raises UnknownOffice.
    """
    _, found = _find(connection, target_id)
    email = found.target.email
    wishes.wish(connection, email, how, now, Actor.office(email))


def suggest_address(
    connection: Connection, links: Links, target_id: int, better: str, now: datetime
) -> None:
    """Ask the organisers to write to another address; raise UnknownOffice."""
    stored, found = _find(connection, target_id)
    by = Actor.office(found.target.email)
    record(connection, Deed.SUGGESTED, now, by=by, campaign_id=stored.id, detail=better)
    notice = to_organisers.better_address(
        stored.campaign, links.desk(stored.campaign.slug), found.target, better
    )
    for address in organisers.addresses_of(connection, stored.id):
        post(connection, links.tokens, notice, Purpose.ALARM, address, now, stored.id)


def offer(connection: Connection, links: Links, target_id: int, text: str, now: datetime) -> bool:
    """Keep one answer to everybody who wrote until an organiser releases it.

    Tells whether it was kept: an office has one at a time. Raises UnknownOffice.
    """
    stored, found = _find(connection, target_id)
    if _is_answering(connection, target_id):
        return False
    connection.execute(
        insert(office_answer).values(
            id=new_id(now), target_id=target_id, campaign_id=stored.id, text=text, came_at=now
        )
    )
    tell_of_offer(connection, links, stored, found, now)
    return True


def tell_of_offer(
    connection: Connection,
    links: Links,
    stored: StoredCampaign,
    found: StoredTarget,
    now: datetime,
) -> None:
    """Keep that an office answers everybody, and tell the organisers: it waits for one of them."""
    by = Actor.office(found.target.email)
    record(connection, Deed.OFFERED, now, by=by, campaign_id=stored.id, detail=by.name or "")
    notice = to_organisers.answer_to_all(
        stored.campaign, f"{links.desk(stored.campaign.slug)}/answers", found.target
    )
    for address in organisers.addresses_of(connection, stored.id):
        post(connection, links.tokens, notice, Purpose.ALARM, address, now, stored.id)


def offered(connection: Connection, campaign_id: int) -> list[Offered]:
    """Return the answers to everybody that are not with everybody yet."""
    rows = connection.execute(
        select(office_answer, target.c.definition)
        .select_from(office_answer.join(target))
        .where(office_answer.c.campaign_id == campaign_id, office_answer.c.done_at.is_(None))
        .order_by(office_answer.c.came_at, office_answer.c.id)
    ).all()
    return [
        Offered(
            row.id,
            row.definition["name"],
            row.text or "",
            len(unanswered(connection, row.target_id, row.id, None)),
            row.released_at is not None,
        )
        for row in rows
    ]


def decide(
    connection: Connection,
    campaign_id: int,
    answer_id: str,
    now: datetime,
    by: Actor,
    *,
    releases: bool,
) -> bool:
    """Release an office's answer to everybody, or let it be; tell whether there was one."""
    values: dict[str, object] = {"released_at": now} if releases else {"done_at": now, "text": None}
    found = connection.execute(
        update(office_answer)
        .where(
            office_answer.c.id == answer_id,
            office_answer.c.campaign_id == campaign_id,
            office_answer.c.released_at.is_(None),
            office_answer.c.done_at.is_(None),
        )
        .values(**values)
    )
    if found.rowcount:
        deed = Deed.PASSED_ON if releases else Deed.LET_BE
        record(connection, deed, now, by=by, campaign_id=campaign_id, detail=answer_id)
    return found.rowcount > 0


def unanswered(
    connection: Connection, target_id: int, answer_id: str, most: int | None
) -> list[str]:
    """Return letters that arrived and whose writers have not got this answer."""
    has_it = exists().where(answer.c.letter_id == letter.c.id, answer.c.digest == answer_id)
    wanted = (
        select(letter.c.id)
        .select_from(letter.join(submission, submission.c.id == letter.c.submission_id))
        .where(
            letter.c.target_id == target_id,
            letter.c.kind == "letter",
            is_in(State.DELIVERED),
            submission.c.erased_at.is_(None),
            ~has_it,
        )
        .order_by(letter.c.id)
    )
    return list(connection.execute(wanted if most is None else wanted.limit(most)).scalars())
