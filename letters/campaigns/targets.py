"""Decide about a target that cannot be written to: stop, mend, release, name a successor."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from enum import Enum, auto

from sqlalchemy import Connection, delete, insert, select, update

from letters.books import locks
from letters.books.changes import apply
from letters.books.happenings import Change, Happening
from letters.books.writable import writable
from letters.campaign import Status
from letters.campaigns import seats, store
from letters.campaigns.stored import StoredCampaign, StoredTarget
from letters.offices import mailbox
from letters.reasons import Hold
from letters.record import COMMAND_LINE, Actor, Deed, Door, record
from letters.states import Cause, State
from letters.storage.database import Database
from letters.storage.schema import HAS_QUEUED, letter, successor, target
from letters.text.addresses import address_in


class Objection(Enum):
    """Why a decision about a target cannot be taken."""

    NOTHING_GOES = auto()
    """Nothing goes to {name} as it is."""
    WITHDRAWN = auto()
    """{name} is no longer in the campaign."""
    DRAFT = auto()
    """Nothing goes to {name}'s office, whoever writes, and this campaign is a draft."""
    TERM_OVER = auto()
    """{name} may be written to until {day} only."""
    NO_ADDRESS = auto()
    """{email} is not an e-mail address."""
    ITSELF = auto()
    """Nobody follows themselves."""
    SUCCESSOR_HELD = auto()
    """{name} cannot be written to either."""
    NO_TARGET = auto()
    """The campaign {slug} has no target {email}."""
    NO_SUCCESSOR = auto()
    """Nobody has been named who follows {name}."""
    ASKED = auto()
    """The first writers have been asked whether their letters to {name} may go to somebody else."""


class CannotDecide(Exception):
    """The target is not such that this can be done. The doors say why; `values` fill the places."""

    def __init__(self, objection: Objection, **values: str) -> None:
        super().__init__(objection.name)
        self.objection, self.values = objection, values


def stop(
    connection: Connection, target_id: int, why: Hold, now: datetime, words: str | None = None
) -> None:
    """Let nothing go to a target any more. `words` are the other side's own, if it said any.

    The first letters are held with it: :func:`carry_on` holds the rest, or the next sweep does.
    """
    found = mailbox.waiting(connection, [target_id], most=mailbox.PART)
    ids = found.get(target_id, [])
    # The office too, which a claim has locked: what it takes, it took before.
    office_id = office_of(connection, target_id)
    locks.take(connection, letters=ids, offices=[office_id], targets=[target_id])
    if mark_stopped(connection, target_id, why, now, words):
        apply(connection, [Happening(i, Cause.HOLD, now) for i in ids])


def mark_stopped(
    connection: Connection, target_id: int, why: Hold, now: datetime, words: str | None
) -> bool:
    """Let nothing go to a target, and tell whether that is new. The caller has its lock."""
    stopped = connection.execute(
        update(target)
        .where(target.c.id == target_id, target.c.hold_reason.is_(None))
        .values(hold_reason=str(why), hold_words=words, held_at=now, alarmed_at=None)
    )
    return stopped.rowcount > 0


def hold_by_hand(
    connection: Connection, slug: str, email: str, now: datetime, by: Actor = COMMAND_LINE
) -> None:
    """Let nothing go to a target until somebody says otherwise: an organiser asks for it.

    Raises UnknownCampaign, or CannotDecide where nothing goes to it anyway.
    """
    found = find(connection, slug, email)
    if not found.can_be_written_to(now):
        raise CannotDecide(Objection.NOTHING_GOES, name=found.target.name)
    stop(connection, found.id, Hold.BY_ORGANISER, now)
    # The organisers know: they did it.
    connection.execute(update(target).where(target.c.id == found.id).values(alarmed_at=now))
    _record(connection, Deed.HELD, found, now, by, found.target.email)


def release(
    connection: Connection, slug: str, email: str, now: datetime, by: Actor = COMMAND_LINE
) -> int:
    """Let sending to a target go on; return how many letters are queued again.

    Raises UnknownCampaign, or CannotDecide where its time is over or it has been withdrawn; or
    where sending to its office has stopped for every campaign and this one has not begun: whoever
    makes a draft is not one of those who were asked for no more.
    """
    found = find(connection, slug, email)
    _can_be_released(found, now)
    of = mailbox.find(connection, found.target.email)
    is_draft = store.find(connection, slug).campaign.status is Status.DRAFT
    if of.hold is not None and is_draft and by.door is Door.DESK:
        raise CannotDecide(Objection.DRAFT, name=found.target.name)
    queued = _release(connection, found.id, now)
    own = _record(connection, Deed.RELEASED, found, now, by, found.target.email)
    if of.hold is not None:  # that was every campaign's
        mailbox.note(connection, Deed.RELEASED, of, now, by, but=own)
    return queued


def _can_be_released(found: StoredTarget, now: datetime) -> None:
    if found.withdrawn:
        raise CannotDecide(Objection.WITHDRAWN, name=found.target.name)
    if found.valid_before is not None and found.valid_before <= now:
        raise CannotDecide(
            Objection.TERM_OVER, name=found.target.name, day=str(found.target.valid_until)
        )


def carry_on(
    database: Database,
    slug: str,
    email: str,
    cause: Cause,
    now: datetime,
    *,
    is_offices: bool = False,
) -> int:
    """Hold or release the rest of a target's letters, part after part; return how many of them.

    What is done to its office is done to everybody there. Raises UnknownCampaign and CannotDecide.
    """
    with database.read() as connection:
        found = find(connection, slug, email)
        ids = [found.id]
        if is_offices:
            ids = [*mailbox.targets_at(connection, [office_of(connection, found.id)])]
    changes = mailbox.carry_on(database, ids, cause, now)
    return sum(change.target_id == found.id for change in changes)


def change_address(
    connection: Connection,
    slug: str,
    email: str,
    new_email: str,
    now: datetime,
    by: Actor = COMMAND_LINE,
) -> int:
    """Give a target its right address and let sending go on; return how many letters are queued.

    Raises UnknownCampaign, or CannotDecide where the address is none.
    """
    found = find(connection, slug, email)
    better = address_in(new_email)
    if better is None:
        raise CannotDecide(Objection.NO_ADDRESS, email=new_email)
    new_email = better
    kept = seats.target_definition(replace(found.target, email=new_email))
    before = office_of(connection, found.id)
    # The letters, before anything else: they wait for the new office, and may leave at once.
    letters = mailbox.waiting(connection, [found.id], State.HELD, mailbox.PART).get(found.id, [])
    locks.take(connection, letters=letters)
    (office_id, next_slot_at) = mailbox.offices_for(connection, [new_email], now)[new_email]
    locks.take(connection, offices={before, office_id}, targets=[found.id])
    connection.execute(
        update(target)
        .where(target.c.id == found.id)
        .values(email=new_email, definition=kept, office_id=office_id, next_slot_at=next_slot_at)
    )
    _record(connection, Deed.TARGET, found, now, by, f"{found.target.email} → {new_email}")
    _can_be_released(found, now)
    _clear(connection, found.id)
    return len(_queued(connection, letters, now))


def _release(connection: Connection, target_id: int, now: datetime) -> int:
    """Forget what holds a target, and what holds its office over all campaigns."""
    office_id = office_of(connection, target_id)
    sitting = mailbox.targets_at(connection, [office_id])
    held = mailbox.waiting(connection, sitting, State.HELD, mailbox.PART)
    letters = [i for ids in held.values() for i in ids]
    locks.take(connection, letters=letters, offices=[office_id], targets=sitting)
    _clear(connection, target_id)
    mailbox.clear(connection, office_id, now)
    changes = _queued(connection, letters, now)
    return sum(change.target_id == target_id for change in changes)


def _queued(connection: Connection, letters: Sequence[str], now: datetime) -> list[Change]:
    """Queue those of some held letters that nothing holds any more."""
    free = connection.execute(
        select(letter.c.id)
        .select_from(letter.join(target))
        .where(letter.c.id.in_(letters), writable(now))
    ).scalars()
    return apply(connection, [Happening(i, Cause.RELEASE, now) for i in free])


def _clear(connection: Connection, target_id: int) -> None:
    connection.execute(
        update(target)
        .where(target.c.id == target_id)
        .values(hold_reason=None, hold_words=None, held_at=None, alarmed_at=None)
    )


def office_of(connection: Connection, target_id: int) -> int:
    """Return the id of a target's office."""
    found: int = connection.execute(
        select(target.c.office_id).where(target.c.id == target_id)
    ).scalar_one()
    return found


def name_successor(
    connection: Connection,
    slug: str,
    email: str,
    successor_email: str,
    now: datetime,
    by: Actor = COMMAND_LINE,
) -> None:
    """Name who follows a target; each writer whose letter waits is asked, and nothing moves.

    The successor has to be a target of the campaign already. Raises UnknownCampaign or
    CannotDecide.
    """
    stored = store.find(connection, slug)
    left, follows = _of(stored, email), _of(stored, successor_email)
    if left.id == follows.id:
        raise CannotDecide(Objection.ITSELF)
    if not follows.can_be_written_to(now):
        raise CannotDecide(Objection.SUCCESSOR_HELD, name=follows.target.name)
    stop(connection, left.id, Hold.SUCCEEDED, now)
    changed = connection.execute(
        update(successor)
        .where(successor.c.target_id == left.id)
        .values(successor_id=follows.id, named_at=now)
    )
    if not changed.rowcount:
        connection.execute(
            insert(successor).values(target_id=left.id, successor_id=follows.id, named_at=now)
        )
    # The organisers know: they did it.
    connection.execute(update(target).where(target.c.id == left.id).values(alarmed_at=now))
    detail = f"{left.target.email} → {follows.target.email}"
    _record(connection, Deed.SUCCEEDED, left, now, by, detail)


def forget_successor(
    connection: Connection, left: StoredTarget, now: datetime, by: Actor = COMMAND_LINE
) -> int:
    """Let nobody follow a target any more; return how many letters are queued again.

    What held it before somebody was named holds it still. The caller has its lock, its office's
    and those of its first held letters.
    """
    held = mailbox.waiting(connection, [left.id], State.HELD, mailbox.PART).get(left.id, [])
    connection.execute(delete(successor).where(successor.c.target_id == left.id))
    if left.hold is Hold.SUCCEEDED:
        _clear(connection, left.id)
    _record(connection, Deed.SUCCESSOR_UNDONE, left, now, by, left.target.email)
    return len(_queued(connection, held, now))


def _record(
    connection: Connection, deed: Deed, of: StoredTarget, now: datetime, by: Actor, detail: str
) -> int:
    """Add a line to the record of a target's campaign, and return the campaign's id."""
    campaign_id: int = connection.execute(
        select(target.c.campaign_id).where(target.c.id == of.id)
    ).scalar_one()
    record(connection, deed, now, by=by, campaign_id=campaign_id, detail=detail)
    return campaign_id


def find(connection: Connection, slug: str, email: str) -> StoredTarget:
    """Return a campaign's target by its address; raise UnknownCampaign or CannotDecide.

    Two may sit at one mailbox. Who means one of them gives that one's id in the address's place; of
    an address it is the first who has not left.
    """
    return _of(store.find(connection, slug), email)


def _of(campaign: StoredCampaign, email: str) -> StoredTarget:
    wanted = (address_in(email) or email.strip()).lower()
    for stored in campaign.targets:  # the withdrawn ones come last
        if wanted in {str(stored.id), stored.target.email.lower()}:
            return stored
    raise CannotDecide(Objection.NO_TARGET, slug=campaign.campaign.slug, email=email)


def successors(connection: Connection, stored: StoredCampaign) -> dict[int, StoredTarget]:
    """Return who follows whom in a campaign, by the id of who left."""
    targets = {t.id: t for t in stored.targets}
    rows = connection.execute(
        select(successor.c.target_id, successor.c.successor_id).where(
            successor.c.target_id.in_(select(target.c.id).where(target.c.campaign_id == stored.id))
        )
    )
    return {row.target_id: targets[row.successor_id] for row in rows}


def left_office(connection: Connection, now: datetime) -> list[int]:
    """Return targets that cannot be written to any more while letters wait for them."""
    return list(connection.execute(select(target.c.id).where(HAS_QUEUED, ~writable(now))).scalars())
