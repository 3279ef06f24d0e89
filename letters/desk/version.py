"""Tell in a few small sums whether anything has changed that a campaign's desk shows."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from letters.books import ledger
from letters.campaigns.store import UnknownCampaign
from letters.desk import trouble
from letters.sending import gate as account
from letters.states import State
from letters.storage.batch import Written, packed
from letters.storage.schema import campaign, figure, office, successor, tally, target


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
    each = (
        select(
            target.c.id,
            target.c.email,
            target.c.hold_reason,
            office.c.hold_reason.label("office_reason"),
            office.c.hold_words.label("office_words"),
            target.c.withdrawn,
            Written(target.c.next_slot_at).label("next_slot_at"),
            (target.c.valid_before <= now).label("has_left"),
            Written(target.c.alarmed_at).label("alarmed_at"),
            successor.c.successor_id,
        )
        .select_from(
            target.outerjoin(successor, successor.c.target_id == target.c.id).outerjoin(
                office, office.c.id == target.c.office_id
            )
        )
        .where(target.c.campaign_id == row.id)
        .order_by(target.c.id)
        .subquery()
    )
    # There may be tens of thousands, so they come as one text that nobody reads.
    targets = connection.execute(select(packed(*each.c))).scalar_one()
    drawn = connection.execute(
        select(func.count(), func.sum(figure.c.letters)).where(figure.c.campaign_id == row.id)
    ).one()
    gate = account.look(connection)
    told = [
        *row,
        *(tuple(state) for state in states),
        targets,
        *drawn,
        gate.behind_since,
        gate.hears_strange_news(now),
        gate.refused,
        (gate.reason, gate.trouble) if gate.is_in_trouble(now) else None,
        trouble.overdue(connection, row.id, now, grace_seconds),
    ]
    return Pulse(
        row.id,
        hashlib.blake2b(repr(told).encode(), digest_size=8).hexdigest(),
        ledger.Books({State(state): int(letters) for state, letters, _ in states if letters}),
    )
