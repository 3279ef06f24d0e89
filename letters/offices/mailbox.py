"""Keep offices: one mailbox each, known by its canonical address over all campaigns.

Its pace, its bounces and complaints, and what stops sending to it are its own, whoever writes. A
hold by one campaign's organiser is not: that is the target's.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    bindparam,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from letters.books import locks
from letters.books.changes import apply
from letters.books.happenings import Change, Happening
from letters.books.writable import writable, writable_among
from letters.reasons import Hold
from letters.record import COMMAND_LINE, Actor, Deed, record
from letters.states import Cause, State
from letters.storage.batch import GIVEN, fetch, given, integer_at
from letters.storage.database import Database
from letters.storage.schema import campaign, is_in, letter, office, target
from letters.text.addresses import address_in, canonical

PART: Final = 100
"""So many letters are held or released in one transaction: a tenth of what a lock may last."""
_SITTING: Final = select(target.c.id, target.c.office_id).where(
    target.c.office_id.in_(select(integer_at(0)))
)
_ALL: Final = 2**31 - 1  # the largest whole number that a limit is given as
_here: Final = bindparam("most", type_=Integer)


def _first(*of: ColumnElement[bool]) -> dict[str, Select[int, str]]:
    """Return what finds the first letters of each target given, by the kind of database.

    Target by target on PostgreSQL: for all of them at once it would rather read every letter of
    every campaign until it has met enough, and do so again for each part of a hold.
    """
    each = select(letter.c.id).where(letter.c.target_id == integer_at(0), *of).limit(_here)
    found = each.lateral()
    return {
        "postgresql": select(integer_at(0), found.c.id)
        .select_from(GIVEN)
        .join(found, true())
        .limit(_here),
        # SQLite knows no LATERAL, and goes by the targets anyway.
        "sqlite": select(letter.c.target_id, letter.c.id)
        .where(letter.c.target_id.in_(select(integer_at(0))), *of)
        .limit(_here),
    }


_FIRST: Final = {state: _first(is_in(state)) for state in (State.QUEUED, State.HELD)}


class UnknownOffice(Exception):
    """No target of any campaign has this address."""


@dataclass(frozen=True, slots=True)
class Office:
    """One mailbox."""

    id: int
    address: str
    """Canonical."""
    next_slot_at: datetime
    """No letter leaves for it before."""
    hold: Hold | None
    """Why nothing goes to it; None: nothing stands in the way here."""
    hold_words: str | None
    """The other side's own, or a person's."""
    held_at: datetime | None
    soft_failures: int
    """Letters in a row, up to now, that came back or were dropped."""
    how: str
    """How letters come to it: see :class:`letters.offices.wishes.How`."""


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody whom one campaign writes to at an office."""

    target_id: int
    slug: str
    name: str
    email: str
    hold: Hold | None
    """Its campaign's own."""
    queued: int
    held: int


def find(connection: Connection, email: str) -> Office:
    """Return the office with an address, in whatever spelling; raise UnknownOffice."""
    row = connection.execute(
        select(office).where(office.c.address == canonical(address_in(email) or email.strip()))
    ).first()
    if row is None:
        raise UnknownOffice(email)
    return Office(
        row.id,
        row.address,
        row.next_slot_at,
        None if row.hold_reason is None else Hold(row.hold_reason),
        row.hold_words,
        row.held_at,
        row.soft_failures,
        row.how,
    )


def seats(connection: Connection, office_id: int) -> list[Seat]:
    """Return whom campaigns write to at an office, by campaign."""
    rows = connection.execute(
        select(target, campaign.c.slug)
        .select_from(target.join(campaign))
        .where(target.c.office_id == office_id, ~target.c.withdrawn)
        .order_by(campaign.c.slug, target.c.position)
    ).all()
    held = waiting(connection, [row.id for row in rows], State.HELD)
    return [
        Seat(
            row.id,
            row.slug,
            row.definition["name"],
            row.email,
            None if row.hold_reason is None else Hold(row.hold_reason),
            row.queued,
            len(held.get(row.id, ())),
        )
        for row in rows
    ]


def offices_for(
    connection: Connection, emails: Iterable[str], now: datetime
) -> dict[str, tuple[int, datetime]]:
    """Return the id and the next slot of each address's office, by the address; add new ones.

    Two who add the same office at once wait for each other, in one order: by address.
    """
    addresses = {email: canonical(email) for email in emails}
    wanted = sorted(set(addresses.values()))
    known = _by_address(connection, wanted)
    _add(connection, [address for address in wanted if address not in known], now)
    known = _by_address(connection, wanted)
    return {email: known[address] for email, address in addresses.items()}


def _by_address(
    connection: Connection, addresses: Collection[str]
) -> dict[str, tuple[int, datetime]]:
    found: dict[str, tuple[int, datetime]] = {}
    every = list(addresses)
    for begin in range(0, len(every), 500):
        rows = connection.execute(
            select(office.c.address, office.c.id, office.c.next_slot_at).where(
                office.c.address.in_(every[begin : begin + 500])
            )
        )
        found.update({row.address: (row.id, row.next_slot_at) for row in rows})
    return found


def _add(connection: Connection, addresses: Sequence[str], now: datetime) -> None:
    if not addresses:
        return
    is_sqlite = connection.dialect.name == "sqlite"
    into = sqlite.insert(office) if is_sqlite else postgresql.insert(office)
    connection.execute(
        into.on_conflict_do_nothing(index_elements=[office.c.address]),
        [{"address": address, "next_slot_at": now} for address in addresses],
    )


def targets_at(connection: Connection, office_ids: Collection[int]) -> dict[int, int]:
    """Return the office of each target that sits at one of these, by the target's id."""
    rows = fetch(connection, _SITTING, given([i] for i in office_ids)) if office_ids else []
    return {row[0]: row[1] for row in rows}


def seated(connection: Connection, email: str) -> list[int]:
    """Return the targets at the office with an address; raise UnknownOffice."""
    return [*targets_at(connection, [find(connection, email).id])]


def waiting(
    connection: Connection,
    target_ids: Collection[int],
    state: State = State.QUEUED,
    most: int | None = None,
) -> dict[int, list[str]]:
    """Return the letters that wait for targets, by the target's id; or those held for them.

    All of them, or `most`.
    """
    found: dict[int, list[str]] = {}
    if target_ids:
        wanted = _FIRST[state][connection.dialect.name]
        chosen = {**given([i] for i in set(target_ids)), "most": _ALL if most is None else most}
        for target_id, letter_id in fetch(connection, wanted, chosen):
            found.setdefault(target_id, []).append(letter_id)
    return found


def held_among(connection: Connection, office_ids: Collection[int]) -> set[int]:
    """Return those of some offices to which nothing goes."""
    if not office_ids:
        return set()
    return set(
        connection.execute(
            select(office.c.id).where(
                office.c.id.in_(office_ids), office.c.hold_reason.is_not(None)
            )
        ).scalars()
    )


def mark_stopped(
    connection: Connection,
    office_id: int,
    why: Hold,
    now: datetime,
    words: str | None,
    happened_at: datetime | None = None,
) -> bool:
    """Let nothing go to an office, and tell whether that is new. The caller has its lock.

    What `happened_at` a time before the office was released stops it no more. The organisers of
    every campaign that writes to it are told.
    """
    at = happened_at or now
    stopped = connection.execute(
        update(office)
        .where(
            office.c.id == office_id,
            office.c.hold_reason.is_(None),
            office.c.released_at.is_(None) | (office.c.released_at < at),
        )
        .values(hold_reason=str(why), hold_words=words, held_at=now)
    )
    if stopped.rowcount:
        connection.execute(
            update(target).where(target.c.office_id == office_id).values(alarmed_at=None)
        )
    return stopped.rowcount > 0


def carry_on(
    database: Database, target_ids: Collection[int], cause: Cause, now: datetime
) -> list[Change]:
    """Hold, or release, what the beginning has left of the letters to some targets.

    A hold or a release changes what stands in the way and the first :data:`PART` letters in one
    transaction, and here the rest in others: nobody waits for long. A claim takes no letter to
    whom is held, changed or not. Whoever is released or held meanwhile is left as they are.
    """
    changes: list[Change] = []
    while True:
        with database.write() as connection:
            part = next_part(connection, target_ids, cause, now)
        changes += part
        if not part:
            return changes


def next_part(
    connection: Connection, target_ids: Collection[int], cause: Cause, now: datetime
) -> list[Change]:
    """Hold, or release, the next :data:`PART` letters to some targets, as far as they are so."""
    state = State.QUEUED if cause is Cause.HOLD else State.HELD

    def meant() -> set[int]:
        free = writable_among(connection, target_ids, now)
        return free if cause is Cause.RELEASE else set(target_ids) - free

    # Of these alone: letters that stay as they are could fill a part, and it would be the last.
    found = waiting(connection, meant(), state, PART)
    locks.take(connection, letters=chain.from_iterable(found.values()), targets=target_ids)
    chosen = meant()  # now that nobody can change it
    letters = [i for target_id, ids in found.items() if target_id in chosen for i in ids]
    return apply(connection, [Happening(i, cause, now) for i in letters])


def hold(
    connection: Connection,
    email: str,
    words: str,
    now: datetime,
    by: Actor = COMMAND_LINE,
    why: Hold = Hold.BY_ORGANISER,
) -> int:
    """Let nothing go to an office, since a person says so; return how many letters are held.

    They are the first :data:`PART`: :func:`carry_on` holds the rest, or the next sweep does.
    `words` are that person's. Raises UnknownOffice.
    """
    found = find(connection, email)
    letters = _lock(connection, found.id, State.QUEUED)
    held = 0
    if mark_stopped(connection, found.id, why, now, words or None):
        held = len(apply(connection, [Happening(i, Cause.HOLD, now) for i in letters]))
        if why is Hold.BY_ORGANISER:  # they know: one of them did it
            connection.execute(
                update(target).where(target.c.office_id == found.id).values(alarmed_at=now)
            )
    note(connection, Deed.HELD, found, now, by, f": {words}" if words else "")
    return held


def release(connection: Connection, email: str, now: datetime, by: Actor = COMMAND_LINE) -> int:
    """Let sending to an office go on; return how many letters are queued again.

    They are the first :data:`PART`: :func:`carry_on` queues the rest. What its campaigns' own
    organisers hold stays held. Raises UnknownOffice.
    """
    found = find(connection, email)
    queued = let_go(connection, found.id, now)
    note(connection, Deed.RELEASED, found, now, by)
    return queued


def note(
    connection: Connection,
    deed: Deed,
    of: Office,
    now: datetime,
    by: Actor,
    more: str = "",
    but: int | None = None,
) -> None:
    """Add a line to the record of each campaign that writes to an office, `but` for one."""
    campaigns = connection.execute(
        select(target.c.campaign_id)
        .where(target.c.office_id == of.id, ~target.c.withdrawn)
        .distinct()
        .order_by(target.c.campaign_id)
    ).scalars()
    for campaign_id in campaigns.all():
        if campaign_id == but:
            continue
        record(connection, deed, now, by=by, campaign_id=campaign_id, detail=of.address + more)


def let_go(connection: Connection, office_id: int, now: datetime) -> int:
    """Let sending to an office go on, and queue what was held for it alone."""
    letters = _lock(connection, office_id, State.HELD)
    clear(connection, office_id, now)
    free = connection.execute(
        select(letter.c.id)
        .select_from(letter.join(target))
        .where(letter.c.id.in_(letters), writable(now))
    ).scalars()
    return len(apply(connection, [Happening(i, Cause.RELEASE, now) for i in free]))


def clear(connection: Connection, office_id: int, now: datetime) -> None:
    """Forget why nothing went to an office. The caller has its lock."""
    connection.execute(
        update(office)
        .where(office.c.id == office_id)
        .values(hold_reason=None, hold_words=None, held_at=None, released_at=now, soft_failures=0)
    )


def _lock(connection: Connection, office_id: int, state: State) -> list[str]:
    """Lock an office, its targets, and the first letters in `state` for it: return these."""
    sitting = targets_at(connection, [office_id])
    letters = [i for ids in waiting(connection, sitting, state, PART).values() for i in ids]
    locks.take(connection, letters=letters, offices=[office_id], targets=sitting)
    return letters
