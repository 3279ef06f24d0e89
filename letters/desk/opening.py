"""The check before a campaign is open: one rule for every door that lets letters out.

Publish, save, a change of pace, resume, reopen, a campaign file and the command line ask here when
to look, and what is against it. What a door does about it is its own: the desk refuses, unless an
admin overrules what can be overruled; the command line warns. Both are in the record.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from letters.campaign import Campaign, Status
from letters.campaigns.stored import StoredCampaign
from letters.pacing import readiness
from letters.pacing.readiness import Readiness, Reason, SoFar
from letters.sending import outlook

OPEN = frozenset({Status.LIVE, Status.PAUSED})
"""It takes letters, or will send those that wait once it is resumed."""


def opens(before: Status, after: Status) -> bool:
    """Tell whether letters could be taken or sent that now are not."""
    return after is not before and (
        after is Status.LIVE or (after is Status.PAUSED and before not in OPEN)
    )


def must_be_looked_at(before: Campaign | None, after: Campaign) -> bool:
    """Tell whether a campaign that is stored so, and would then be so, has to be checked."""
    if after.status not in OPEN:
        return False
    if before is None or opens(before.status, after.status):
        return True
    return _foreseen_by(before) != _foreseen_by(after)


def _foreseen_by(campaign: Campaign) -> tuple[object, ...]:
    """Return all of a campaign that the foresight rests on."""
    return (
        *(campaign.pacing, campaign.goal, campaign.timezone),
        *(campaign.opens_at, campaign.matters_at, campaign.ends),
        # How many there are, and where: who they are makes no difference.
        sorted(target.timezone for target in campaign.targets),
    )


def look(
    connection: Connection,
    stored: StoredCampaign | None,
    campaign: Campaign,
    *,
    now: datetime,
    send_rate: float,
) -> Readiness:
    """Return what can be foreseen of a campaign that is stored so or would be."""
    so_far: dict[str, SoFar] = {} if stored is None else outlook.so_far(connection, stored)
    return readiness.check(campaign, so_far, now=now, send_rate=send_rate)


def may_be_overruled(reasons: Sequence[Reason]) -> bool:
    """Tell whether an admin may let it be open against all of these."""
    return all(reason.can_be_overruled for reason in reasons)
