"""See who else sits at an office that gets a bundle: all that goes to it that day goes in one.

An office is one mailbox over all campaigns, and gets a bundle a day at most. So the bundle takes
along what other campaigns would have to put into one within the day.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from letters.books.writable import sends, writable
from letters.campaign import Campaign, Identical
from letters.campaigns.kept import campaign_of
from letters.pacing.bundles import AHEAD, How
from letters.sending.claiming import digests
from letters.sending.claiming.bundles import Foresight
from letters.sending.claiming.turns import Due
from letters.storage.batch import given, integer_at
from letters.storage.schema import campaign, office, target

_SEATS: Final = (
    select(
        target.c.id,
        target.c.definition,
        target.c.queued,
        target.c.gathered,
        target.c.digest_after,
        target.c.office_id,
        target.c.campaign_id,
        office.c.how,
        campaign.c.definition.label("file"),
        campaign.c.slug,
        campaign.c.organisation_id,
        (writable(digests.NOW) & sends(digests.NOW)).label("is_free"),
    )
    .select_from(
        target.join(office, office.c.id == target.c.office_id).join(
            campaign, campaign.c.id == target.c.campaign_id
        )
    )
    .where(target.c.office_id.in_(select(integer_at(0))))
    .order_by(target.c.id)
)


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody at an office, in one campaign."""

    id: int
    definition: dict[str, object]
    queued: int
    """All that wait."""
    gathered: int
    """Those of them that go together."""
    digest_after: datetime | None
    how: How
    campaign: Campaign
    slug: str
    organisation_id: int | None
    is_free: bool
    """A letter may leave for it, at its campaign's hours or not: the mail leaves anyway."""

    def had_one_until(self, now: datetime) -> datetime | None:
        """Return until when it needs no other bundle, since it has had one; None: it may."""
        bundles = self.how is not How.EACH or (
            self.campaign.matters_at is not None and self.campaign.identical is not Identical.DIGEST
        )
        is_later = self.digest_after is not None and self.digest_after > now
        return self.digest_after if bundles and is_later else None

    def joins(self, now: datetime) -> bool:
        """Tell whether its letters go along with a bundle that leaves now."""
        if not (self.is_free and self.queued):
            return False
        if self.how is not How.EACH:
            return True
        by = self.campaign.matters_at
        if by is None or now >= by:
            return False
        if self.gathered and by - AHEAD - self.how.every <= now:
            return True
        zone = str(self.definition["timezone"])
        ahead = Foresight(self.campaign, zone, now, self.queued, self.gathered, None, self.how)
        shared = ahead.shared()
        return shared is not None and shared.begins_at < now + self.how.every


def look(connection: Connection, due: Sequence[Due], now: datetime) -> dict[int, list[Seat]]:
    """Return who sits at the offices of targets that may get a bundle, by office."""
    offices = {d.office_id for d in due if d.may_bundle}
    found: dict[int, list[Seat]] = {office_id: [] for office_id in offices}
    if not offices:
        return found
    for row in connection.execute(_SEATS, {**given([i] for i in offices), "now": now}):
        found[row.office_id].append(
            Seat(
                row.id,
                row.definition,
                row.queued,
                row.gathered,
                row.digest_after,
                How(row.how),
                campaign_of(row.file),
                row.slug,
                row.organisation_id,
                bool(row.is_free),
            )
        )
    return found


def had_one(seats: Mapping[int, Sequence[Seat]], now: datetime) -> dict[int, datetime]:
    """Return the offices that have had a bundle today, each until when it needs no other."""
    until = {
        office_id: [at for seat in sitting if (at := seat.had_one_until(now)) is not None]
        for office_id, sitting in seats.items()
    }
    return {office_id: max(found) for office_id, found in until.items() if found}
