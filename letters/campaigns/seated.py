"""Read a campaign's targets as they are stored, with their offices: all by one statement.

A campaign may have twenty thousand, and every page of it asks for them. So they come in lots, each
a text, and a lot that this process has read already is not read again. It is known by its text:
what changes is read anew, at once and in every process.
"""

import json
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Final, NamedTuple

from sqlalchemy import Integer, Text, cast, func, literal_column, select
from sqlalchemy.sql.functions import aggregate_strings

from letters.campaign import Target
from letters.campaigns.kept import target_of
from letters.campaigns.stored import StoredTarget
from letters.pacing.bundles import How
from letters.reasons import Hold
from letters.storage.batch import Written, packed
from letters.storage.schema import campaign, office, target

_IN_A_LOT: Final = 128
_BETWEEN: Final = "\x1e"
"""Stands between lots: JSON writes this character with an escape, so it is in none."""


class _Seat(NamedTuple):
    """What a target is made of, as :data:`LOTS` packs it."""

    withdrawn: bool
    position: int
    id: int
    definition: str
    next_slot_at: str
    valid_before: str | None
    queued: int
    gathered: int
    hold_reason: str | None
    hold_words: str | None
    office_hold: str | None
    office_words: str | None
    how: str | None


_LOT: Final = (
    select(
        packed(
            target.c.withdrawn,
            target.c.position,
            target.c.id,
            cast(target.c.definition, Text),
            Written(target.c.next_slot_at),
            Written(target.c.valid_before),
            target.c.queued,
            target.c.gathered,
            target.c.hold_reason,
            target.c.hold_words,
            office.c.hold_reason,
            office.c.hold_words,
            office.c.how,
        ).label("text")
    )
    .select_from(target.outerjoin(office, office.c.id == target.c.office_id))
    .where(target.c.campaign_id == campaign.c.id)
    .group_by(target.c.id // literal_column(str(_IN_A_LOT), Integer))
    .correlate(campaign)
    .subquery("lot")
)
LOTS: Final = select(func.coalesce(aggregate_strings(_LOT.c.text, _BETWEEN), "")).scalar_subquery()
"""All targets of a statement's campaign, as :func:`seated` reads them."""


def seated(lots: str) -> tuple[StoredTarget, ...]:
    """Return a campaign's targets in their order, the withdrawn ones last."""
    found = [one for lot in lots.split(_BETWEEN) if lot for one in _read(lot)]
    found.sort(key=itemgetter(0))
    return tuple([stored for _, stored in found])


_Placed = tuple[tuple[bool, int, int], StoredTarget]


@lru_cache(maxsize=256)
def _read(lot: str) -> list[_Placed]:
    seats = [_Seat(*each) for each in json.loads(lot)]
    return sorted(
        [((bool(seat.withdrawn), seat.position, seat.id), _seated(seat)) for seat in seats],
        key=itemgetter(0),
    )


# What a target without a wish of its own has.
_EACH: Final = frozenset({None, str(How.EACH)})


def _seated(seat: _Seat) -> StoredTarget:
    return StoredTarget(
        seat.id,
        _kept_target(seat.definition),
        datetime.fromisoformat(seat.next_slot_at),
        *_hold(seat),
        bool(seat.withdrawn),
        None if seat.valid_before is None else datetime.fromisoformat(seat.valid_before),
        _mails(seat),
        How(seat.how) if seat.how else How.EACH,
    )


def _mails(seat: _Seat) -> int:
    """Return how many mails wait for a target.

    As :func:`letters.sending.claiming.digests.mails_waiting`.
    """
    if seat.how not in _EACH:
        return 1 if seat.queued else 0
    return seat.queued - seat.gathered + (1 if seat.gathered else 0)


def _hold(seat: _Seat) -> tuple[Hold | None, str | None]:
    """Return why nothing goes to a target: its campaign's own reason, or its office's."""
    if seat.hold_reason is not None:
        return Hold(seat.hold_reason), seat.hold_words
    return (None if seat.office_hold is None else Hold(seat.office_hold)), seat.office_words


# Of a lot that changed, most is as it was.
@lru_cache(maxsize=32_768)
def _kept_target(definition: str) -> Target:
    return target_of(json.loads(definition))
