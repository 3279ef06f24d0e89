"""Keep lists of people, loaded once and used by any number of campaigns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from letters.campaign import Campaign, Target
from letters.campaigns.kept import target_of
from letters.storage.schema import people
from letters.text.versions import attributes_of, fits


class UnknownList(Exception):
    """There is no list of this name."""


class NobodyToWriteTo(Exception):
    """A campaign would have no target; its slug is the argument."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What loading a list again changes."""

    new: tuple[Target, ...]
    changed: tuple[Target, ...]
    """As they are now."""
    gone: tuple[Target, ...]

    @property
    def successors(self) -> list[tuple[Target, Target]]:
        """Return who is gone with the new person on the same seat: the same areas and role."""
        seats = {_seat(person): person for person in self.new if any(_seat(person))}
        return [(left, seats[_seat(left)]) for left in self.gone if _seat(left) in seats]


def _seat(person: Target) -> tuple[tuple[str, ...], str]:
    return tuple(sorted(area.casefold() for area in person.areas)), person.role.casefold()


def compare(before: Sequence[Target], after: Sequence[Target]) -> Comparison:
    """Return what is different between two states of a list.

    Somebody is the same person with the same address and name, or else with one of the two. Pure.
    """
    left = list(before)
    new: list[Target] = []
    changed: list[Target] = []
    rest = list(after)
    for same in (_is_unchanged_person, _has_same_address, _has_same_name):
        known = {same(person): person for person in left}
        still: list[Target] = []
        for person in rest:
            match = known.pop(same(person), None)
            if match is None:
                still.append(person)
                continue
            left.remove(match)
            if match != person:
                changed.append(person)
        rest = still
    new += rest
    return Comparison(tuple(new), tuple(changed), tuple(left))


def _is_unchanged_person(person: Target) -> tuple[str, str]:
    return person.email.lower(), person.name


def _has_same_address(person: Target) -> tuple[str, str]:
    return person.email.lower(), ""


def _has_same_name(person: Target) -> tuple[object, str]:
    return _seat(person), person.name


def find(connection: Connection, name: str) -> tuple[Target, ...]:
    """Return the people of a list, in their order; raise UnknownList."""
    kept = connection.execute(select(people.c.content).where(people.c.name == name)).scalar()
    if kept is None:
        raise UnknownList(name)
    return tuple(target_of(one) for one in kept)


def names(connection: Connection) -> list[tuple[str, int, datetime]]:
    """Return every list: its name, how many people it has, and when it was loaded."""
    rows = connection.execute(
        select(people.c.name, people.c.number, people.c.loaded_at).order_by(people.c.name)
    )
    return [(row.name, row.number, row.loaded_at) for row in rows]


def keep(connection: Connection, name: str, content: Sequence[Target], now: datetime) -> None:
    """Keep a list, in the place of what it was."""
    values = {
        "content": [definition(person) for person in content],
        "number": len(content),
        "loaded_at": now,
    }
    changed = connection.execute(update(people).where(people.c.name == name).values(**values))
    if not changed.rowcount:
        connection.execute(insert(people).values(name=name, **values))


def with_followed(connection: Connection, of: Campaign) -> tuple[Target, ...]:
    """Return a campaign's own targets, and the people of the lists that it follows.

    A list that is not there brings nobody. Who is a target already, by address and name, is not one
    twice.
    """
    targets = [target for target in of.targets if not target.of_list]
    taken = {(target.email.lower(), target.name) for target in targets}
    for followed in of.follows:
        try:
            content = find(connection, followed.of_list)
        except UnknownList:
            continue
        for person in content:
            key = person.email.lower(), person.name
            if key not in taken and fits(followed.only, attributes_of(person)):
                taken.add(key)
                targets.append(replace(person, of_list=followed.of_list))
    return tuple(targets)


def definition(of: Target) -> dict[str, object]:
    """Return what is kept of a person."""
    return {
        "name": of.name,
        "email": of.email,
        "salutation": of.salutation,
        "role": of.role,
        "address": of.address,
        "timezone": of.timezone,
        "areas": list(of.areas),
        "valid_until": None if of.valid_until is None else of.valid_until.isoformat(),
        "attributes": dict(of.attributes),
    }
