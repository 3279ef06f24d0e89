"""Move offices' next slots: to what a claim reserves, and then to the true time of leaving."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, update

from letters.books import locks
from letters.offices import mailbox
from letters.sending.claiming.claimed import Slot
from letters.sending.claiming.turns import Due
from letters.storage.batch import (
    given,
    integer_at,
    moment_at,
    moment_of,
    run,
    run_with,
    written,
)
from letters.storage.schema import (
    office,
    target,
)

_LOOK_LATER: Final = (
    update(target).where(target.c.id == integer_at(0)).values(next_slot_at=moment_at(1))
)
_SERVED: Final = (
    update(target).where(target.c.id == integer_at(0)).values(served_at=moment_of("now"))
)
_PACE: Final = (
    update(office)
    .where(office.c.id == integer_at(0))
    .values(next_slot_at=moment_at(1), paced_by=integer_at(2))
)
# Everybody who sits there waits with it; where a window is shut, longer.
_PACE_SEATS: Final = (
    update(target)
    .where(target.c.office_id == integer_at(0), target.c.next_slot_at < moment_at(1))
    .values(next_slot_at=moment_at(1))
)
_SETTLE: Final = (
    update(office)
    .where(office.c.id == integer_at(0), office.c.next_slot_at == moment_at(2))
    .values(next_slot_at=moment_at(1))
)
_SETTLE_SEATS: Final = (
    update(target)
    .where(target.c.office_id == integer_at(0), target.c.next_slot_at == moment_at(2))
    .values(next_slot_at=moment_at(1))
)


def move_slots(
    connection: Connection,
    slots: Sequence[tuple[Due, datetime]],
    later: Sequence[tuple[int, datetime]],
    now: datetime,
) -> None:
    """Let offices wait for their next slots, and targets for what is only their own."""
    sitting = mailbox.targets_at(connection, [d.office_id for d, _ in slots])
    locks.take(connection, targets={*sitting, *(target_id for target_id, _ in later)})
    if slots:
        paced = given((d.office_id, slot, d.campaign_id) for d, slot in slots)
        run_with(connection, _PACE, paced)
        run_with(connection, _PACE_SEATS, paced)
        served = given((d.id,) for d, _ in slots)
        run_with(connection, _SERVED, {**served, "now": written(now)})
    if later:
        run(connection, _LOOK_LATER, later)


def settle_slots(connection: Connection, left: Iterable[tuple[Slot, datetime]]) -> None:
    """Move offices' next slots from what their claims reserved to the true time of leaving.

    The caller has the locks of the offices and of who sits there.
    """
    moves = [
        (slot.office_id, left_at + slot.interval, slot.reserved_until)
        for slot, left_at in left
        if left_at + slot.interval < slot.reserved_until
    ]
    if moves:
        run(connection, _SETTLE, moves)
        run(connection, _SETTLE_SEATS, moves)
