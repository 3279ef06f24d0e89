"""Tell in a few small sums whether anything has changed that a campaign's desk shows."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, case, func, select

from letters import attention, ledger
from letters.states import State
from letters.storage import account
from letters.storage.campaigns import UnknownCampaign
from letters.storage.schema import campaign, figure, tally, target


@dataclass(frozen=True, slots=True)
class Pulse:
    """How a campaign's desk stands at a moment."""

    campaign_id: int
    version: str
    """Another one whenever something else is to be shown."""
    books: ledger.Books


def feel(connection: Connection, slug: str, now: datetime, grace_seconds: float) -> Pulse:
    """Return a campaign's pulse; raise UnknownCampaign. It costs the same at any size."""
    row = connection.execute(
        select(campaign.c.id, campaign.c.status, campaign.c.loaded_at).where(
            campaign.c.slug == slug
        )
    ).first()
    if row is None:
        raise UnknownCampaign(slug)
    states = connection.execute(
        select(
            tally.c.state,
            func.sum(tally.c.letters),
            func.sum(tally.c.letters * tally.c.target_id),
        )
        .select_from(tally.join(target))
        .where(target.c.campaign_id == row.id)
        .group_by(tally.c.state)
        .order_by(tally.c.state)
    ).all()
    targets = connection.execute(
        select(
            func.count(),
            func.count(target.c.held_reason),
            func.sum(case((target.c.withdrawn, 1), else_=0)),
            func.max(target.c.next_slot_at),
            func.max(target.c.alarmed_at),
        ).where(target.c.campaign_id == row.id)
    ).one()
    drawn = connection.execute(
        select(func.count(), func.sum(figure.c.letters)).where(figure.c.campaign_id == row.id)
    ).one()
    gate = account.look(connection)
    is_away = gate.since is not None and now - gate.since > account.ALARM_AFTER
    told = [
        *row,
        *(tuple(state) for state in states),
        *targets,
        *drawn,
        gate.refused,
        gate.trouble if gate.refused or is_away else None,
        attention.overdue(connection, row.id, now, grace_seconds),
    ]
    return Pulse(
        row.id,
        hashlib.blake2b(repr(told).encode(), digest_size=8).hexdigest(),
        ledger.Books({State(state): int(letters) for state, letters, _ in states if letters}),
    )
