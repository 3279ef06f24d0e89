"""Which targets are due, and whose turn it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any, Final

from sqlalchemy import bindparam, or_, select

from letters.books.writable import sends, writable
from letters.campaign import Campaign, Pacing
from letters.pacing.bundles import How
from letters.sending.claiming import digests
from letters.sending.claiming.bundles import Foresight
from letters.storage.schema import (
    HAS_QUEUED,
    campaign,
    office,
    target,
)

_LOOK_AGAIN: Final = timedelta(minutes=1)
"""What is put off is looked at again so often: letters that come meanwhile leave singly."""
FAST: Final = timedelta(milliseconds=50)
_FAST_AHEAD: Final = timedelta(milliseconds=500)


# Targets that are due, longest due first; then who waits longest. Made once: that takes longer
# than to run it.
DUE: Final = (
    select(
        target.c.id,
        target.c.definition,
        target.c.queued - target.c.gathered,
        target.c.gathered,
        (target.c.gathered > 0) & digests.may_leave(),
        target.c.digest_after,
        office.c.how,
        target.c.campaign_id,
        target.c.office_id,
        target.c.served_at,
    )
    .select_from(
        target.join(office, office.c.id == target.c.office_id).join(
            campaign, campaign.c.id == target.c.campaign_id
        )
    )
    .where(
        HAS_QUEUED,
        office.c.next_slot_at <= digests.NOW,
        or_(
            ~digests.goes_together() & (target.c.queued > target.c.gathered),
            digests.may_leave(),
        ),
        target.c.next_slot_at <= digests.NOW,
        writable(digests.NOW),
        sends(digests.NOW),
    )
    .order_by(target.c.next_slot_at, target.c.served_at.nulls_first(), target.c.id)
    .limit(bindparam("most"))
    .with_for_update(of=office, skip_locked=True, key_share=True)
)


@dataclass(frozen=True, slots=True)
class Due:
    """A target that a letter may leave for now."""

    id: int
    definition: dict[str, Any]
    queued: int
    """Those that go singly."""
    gathered: int
    """Those that go together."""
    has_digest: bool
    digest_after: datetime | None
    how: How
    """Its office's own wish."""
    campaign_id: int
    office_id: int
    served_at: datetime | None
    campaign: Campaign
    organisation_id: int | None
    begins: bool = False
    """A bundle begins: all that wait for it go together from now on."""

    @property
    def pacing(self) -> Pacing:
        """Return its campaign's."""
        return self.campaign.pacing

    @property
    def may_bundle(self) -> bool:
        """Tell whether letters to it may go in a bundle, now or later."""
        return self.how is not How.EACH or self.campaign.matters_at is not None

    @property
    def is_rest(self) -> bool:
        """Tell whether what goes together did not fit into the mail before."""
        return self.gathered > 0 and self.digest_after is None

    @property
    def room(self) -> int:
        """Return how many mails one claim may take for it."""
        # A digest goes alone, and first.
        return 1 if self.has_digest else min(self.queued, _at_once(self.pacing))


def with_bundles(
    due: Sequence[Due], now: datetime, had_one: Mapping[int, datetime]
) -> tuple[list[Due], list[tuple[int, datetime]]]:
    """Return what is due, with the bundles that begin now, and until when the rest is put off.

    Where a moment comes that letters have to leave before, what goes together waits for the last
    mail before it. An office that `had_one`, of whatever campaign, gets none until then; but what
    did not fit into that one still follows.
    """
    found: list[Due] = []
    put_off: list[tuple[int, datetime]] = []
    for d in due:
        wishes = d.how is not How.EACH
        enough = had_one.get(d.office_id)
        if wishes and enough is not None and not d.is_rest:
            put_off.append((d.id, min(enough, now + _LOOK_AGAIN)))
            continue
        if d.campaign.matters_at is None:
            found.append(replace(d, has_digest=True, begins=True) if wishes else d)
            continue
        zone, waiting = d.definition["timezone"], d.queued + d.gathered
        ahead = Foresight(d.campaign, zone, now, waiting, d.gathered, d.digest_after, d.how)
        until = ahead.waits_until()
        if until is not None and wishes:
            put_off.append((d.id, min(until, now + _LOOK_AGAIN)))
        elif wishes or (enough is None and ahead.begins()):
            found.append(replace(d, has_digest=True, begins=True))
        elif not d.has_digest or until is None:
            found.append(d)
        elif d.queued:
            found.append(replace(d, has_digest=False))
        else:
            put_off.append((d.id, min(until, now + _LOOK_AGAIN)))
    return found, put_off


def in_turn(due: Sequence[Due]) -> list[Due]:
    """Return one target of each office: of the campaign, and there of the one, longest unserved."""
    never = datetime.min.replace(tzinfo=UTC)
    latest: dict[tuple[int, int], datetime] = {}
    for d in due:
        served = latest.get((d.office_id, d.campaign_id), never)
        latest[d.office_id, d.campaign_id] = max(served, d.served_at or never)
    chosen: dict[int, Due] = {}
    for d in sorted(
        due, key=lambda d: (latest[d.office_id, d.campaign_id], d.served_at or never, d.id)
    ):
        chosen.setdefault(d.office_id, d)
    return [d for d in due if chosen[d.office_id] is d]


def _at_once(pacing: Pacing) -> int:
    # A target that takes twenty a second or more gets several letters in one claim, each with its
    # own time to leave. A slower one gets one, and its next slot waits for the true time.
    return ceil(_FAST_AHEAD / pacing.interval) if pacing.interval < FAST else 1
