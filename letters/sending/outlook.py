"""Read what the foresight of readiness and plan start from: what has left and what waits.

And write into the record where somebody goes against it.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from letters.books import ledger
from letters.campaigns.stored import StoredCampaign
from letters.pacing.plan import Plan, plan
from letters.pacing.readiness import Reason, SoFar
from letters.record import COMMAND_LINE, Actor, Deed, record
from letters.sending.claiming.digests import mails_waiting
from letters.states import NOT_LEFT, UNCOUNTED
from letters.storage.schema import office, target

_NOT_LEFT: Final = UNCOUNTED | NOT_LEFT


def so_far(connection: Connection, stored: StoredCampaign) -> dict[str, SoFar]:
    """Return what has become of each target's letters, by its address."""
    states = ledger.by_target(connection, stored.id)
    found: dict[str, SoFar] = {}
    for each in stored.targets:
        of_target, email, mails = states.get(each.id), each.target.email, each.waiting
        left = 0
        if of_target:
            left = sum(n for state, n in of_target.items() if state not in _NOT_LEFT)
        at_it = found.get(email)
        if at_it is not None:  # two may share a mailbox
            mails, left = at_it.waiting + mails, at_it.left + left
        found[email] = SoFar(mails, left, each.next_slot_at)
    return found


def waiting(connection: Connection, campaign_id: int) -> dict[str, int]:
    """Return how many mails wait for each target, by its address."""
    rows = connection.execute(
        select(target.c.email, mails_waiting())
        .select_from(target.join(office, office.c.id == target.c.office_id))
        .where(target.c.campaign_id == campaign_id)
    )
    found: Counter[str] = Counter()
    for email, mails in rows:
        found[email] += mails
    return dict(found)


def foresee(
    stored: StoredCampaign, mails: dict[str, int], send_rate: float, now: datetime
) -> Plan[str]:
    """Return when the letters that wait will have left, at today's pacing.

    `mails` is by :func:`waiting`, `send_rate` in requests a second.
    """
    return plan(
        stored.campaign.pacing,
        waiting=mails,
        next_slot={t.target.email: t.next_slot_at for t in stored.targets},
        timezone={t.target.email: t.target.timezone for t in stored.targets},
        now=now,
        send_rate=send_rate,
        matters_at=stored.campaign.matters_at,
    )


def overrule(
    connection: Connection,
    campaign_id: int,
    reasons: Sequence[Reason],
    now: datetime,
    by: Actor = COMMAND_LINE,
) -> None:
    """Write into the record that a campaign is open against these reasons, if there are any."""
    if reasons:
        detail = ", ".join(str(reason.kind) for reason in reasons)
        record(connection, Deed.OVERRULED, now, by=by, campaign_id=campaign_id, detail=detail)
