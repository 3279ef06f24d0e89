"""See one office from the campaigns that an organiser may open, and decide about it in all of them.

What one organiser holds stays that of the campaigns that they work on. A release opens the office
itself, for everybody who writes there.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, Select, exists, func, select

from letters.campaign import Status
from letters.campaigns import targets
from letters.campaigns.targets import CannotDecide
from letters.offices import mailbox
from letters.offices.mailbox import Office, Seat
from letters.record import Actor, Deed, Entry, of_address
from letters.sending import settling
from letters.states import Cause, State
from letters.storage.database import Database
from letters.storage.schema import campaign, campaign_organiser, history, letter, target, writing

_MOST: Final = 10
_BAD: Final = tuple(map(str, (State.BOUNCED, State.DROPPED, State.FAILED, State.DEFERRED)))
_DEEDS: Final = (
    Deed.HELD,
    Deed.RELEASED,
    Deed.TARGET,
    Deed.SUCCEEDED,
    Deed.SUCCESSOR_UNDONE,
    Deed.SUGGESTED,
    Deed.OFFERED,
    Deed.WISHED,
    Deed.DECIDED,
)


class Word(StrEnum):
    """What an organiser decides about an office."""

    HOLD = "hold"
    RELEASE = "release"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Told:
    """What the other side said of one letter."""

    letter_id: str
    slug: str
    state: State
    at: datetime
    words: str


@dataclass(frozen=True, slots=True)
class View:
    """An office, as somebody at the desk may see it."""

    office: Office
    seats: tuple[Seat, ...]
    """In the campaigns that they may open."""
    states: Counter[State]
    again: int
    """Letters that can be queued once more: what has been erased is not among them."""
    told: tuple[Told, ...]
    entries: tuple[Entry, ...]

    @property
    def is_open(self) -> bool:
        """Tell whether anything goes to it in one of these campaigns."""
        return self.office.hold is None and any(seat.hold is None for seat in self.seats)


def view(connection: Connection, target_id: int, only_given: int | None) -> View:
    """Return the office that a target sits at; `only_given` limits whose campaigns are seen."""
    email = connection.execute(select(target.c.email).where(target.c.id == target_id)).scalar_one()
    office = mailbox.find(connection, email)
    seats = _seen(connection, office, only_given)
    ids = [seat.target_id for seat in seats]
    states: Counter[State] = Counter()
    for state, number in connection.execute(
        select(letter.c.state, func.count())
        .where(letter.c.campaign_id.in_(_campaigns(ids)), letter.c.target_id.in_(ids))
        .group_by(letter.c.state)
    ):
        states[State(state)] = number
    again = connection.execute(
        select(func.count())
        .select_from(letter.join(writing))
        .where(
            letter.c.campaign_id.in_(_campaigns(ids)),
            letter.c.target_id.in_(ids),
            letter.c.state.in_([str(state) for state in settling.AGAIN_FROM]),
            writing.c.body.is_not(None),
        )
    ).scalar_one()
    emails = {seat.email for seat in seats} | {office.address}
    slugs = {seat.slug for seat in seats}
    if only_given is not None and not _have_begun(connection, slugs):
        office = replace(office, hold_words=None)  # said to those who wrote to it
    entries = tuple(of_address(connection, sorted(emails), _DEEDS, sorted(slugs)))
    return View(office, tuple(seats), states, again, _told(connection, ids), entries)


def decide(database: Database, seen: View, word: Word, now: datetime, by: Actor) -> int:
    """Do what an organiser decides in each campaign that they see; return how many letters moved.

    Each campaign by itself: where one cannot be decided about, the others are.
    """
    moved = 0
    for seat in seen.seats:
        whom = str(seat.target_id)
        with database.write() as connection:
            try:
                match word:
                    case Word.HOLD:
                        targets.hold_by_hand(connection, seat.slug, whom, now, by)
                        moved += seat.queued
                    case Word.RELEASE:
                        targets.release(connection, seat.slug, whom, now, by)
                    case Word.AGAIN:
                        moved += settling.again_to(connection, seat.slug, whom, now, by)
            except CannotDecide:
                continue
    if word is Word.AGAIN:
        return moved
    cause = Cause.HOLD if word is Word.HOLD else Cause.RELEASE
    with database.read() as connection:
        sitting = mailbox.targets_at(connection, [seen.office.id])
    # Whoever's they are: what is done to an office is done to everybody there.
    mailbox.carry_on(database, sitting, cause, now)
    if word is Word.HOLD:
        return moved
    with database.read() as connection:
        held = mailbox.waiting(connection, [seat.target_id for seat in seen.seats], State.HELD)
    return sum(seat.held - len(held.get(seat.target_id, ())) for seat in seen.seats)


def _seen(connection: Connection, office: Office, only_given: int | None) -> list[Seat]:
    seats = mailbox.seats(connection, office.id)
    if only_given is None:
        return seats
    given = connection.execute(
        select(campaign.c.slug)
        .select_from(
            campaign.join(campaign_organiser, campaign_organiser.c.campaign_id == campaign.c.id)
        )
        .where(campaign_organiser.c.organiser_id == only_given)
    ).scalars()
    slugs = set(given)
    return [seat for seat in seats if seat.slug in slugs]


def _have_begun(connection: Connection, slugs: Collection[str]) -> bool:
    begun = exists().where(campaign.c.slug.in_(slugs), campaign.c.status != str(Status.DRAFT))
    return bool(connection.execute(select(begun)).scalar())


def _campaigns(target_ids: Sequence[int]) -> Select[int]:
    return select(target.c.campaign_id).where(target.c.id.in_(target_ids))


def _told(connection: Connection, target_ids: Sequence[int]) -> tuple[Told, ...]:
    """Return the latest letters that did not arrive, with what the other side said."""
    rows = connection.execute(
        select(letter.c.id, campaign.c.slug, letter.c.state, letter.c.state_at)
        .select_from(letter.join(campaign, campaign.c.id == letter.c.campaign_id))
        .where(letter.c.campaign_id.in_(_campaigns(target_ids)))
        .where(letter.c.target_id.in_(target_ids), letter.c.state.in_(_BAD))
        .order_by(letter.c.state_at.desc())
        .limit(_MOST)
    ).all()
    said: dict[str, str] = {}
    for step in connection.execute(
        select(history.c.letter_id, history.c.detail)
        .where(history.c.letter_id.in_([row.id for row in rows]), history.c.detail.is_not(None))
        .order_by(history.c.id)
    ):
        said[step.letter_id] = step.detail
    return tuple(
        Told(row.id, row.slug, State(row.state), row.state_at, said.get(row.id, "")) for row in rows
    )
