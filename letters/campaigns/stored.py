"""Describe a campaign and its targets as they are stored. Values only."""

from dataclasses import dataclass
from datetime import datetime

from letters.campaign import Campaign, Status, Target
from letters.organisation import Organisation
from letters.pacing.bundles import How
from letters.reasons import Hold


@dataclass(frozen=True, slots=True)
class StoredTarget:
    """A target with its place in the database."""

    id: int
    target: Target
    next_slot_at: datetime
    hold: Hold | None
    """Why its letters are held; None: it can be written to as far as that goes."""
    hold_words: str | None
    """The other side's own."""
    withdrawn: bool
    valid_before: datetime | None
    waiting: int = 0
    """Mails that wait for it: a digest is one."""

    how: How = How.EACH
    """How letters come to its office, by its own wish."""
    foot: str = ""
    """What stands below each letter to it, where its campaign gives offices a page."""

    def can_be_written_to(self, now: datetime) -> bool:
        """Tell whether a letter may leave for it, as :func:`letters.books.writable.writable`."""
        return not (
            self.withdrawn
            or self.hold is not None
            or (self.valid_before is not None and self.valid_before <= now)
        )


@dataclass(frozen=True, slots=True)
class StoredCampaign:
    """A campaign with its place in the database."""

    id: int
    campaign: Campaign
    targets: tuple[StoredTarget, ...]
    """In their order, the withdrawn ones last."""
    loaded_at: datetime
    """When it was last changed as a whole."""
    organisation: Organisation | None = None
    """Whose it is; None where there is no organisation."""
    archived_at: datetime | None = None
    """When it was put apart; None: it was not, or was taken back."""
    letters: int = 0
    """How many letters its page shows: confirmed, and neither withdrawn nor failed."""

    def is_archived(self, now: datetime) -> bool:
        """Tell whether it stands apart: put there by a person, and over still."""
        return self.archived_at is not None and self.is_over(now)

    def is_to_open(self, now: datetime) -> bool:
        """Tell whether it takes no letters yet."""
        opens_at = self.campaign.opens_at
        return opens_at is not None and now < opens_at

    def is_over(self, now: datetime) -> bool:
        """Tell whether it takes no more letters."""
        ends_at = self.campaign.ends_at
        return self.campaign.status is Status.CLOSED or (ends_at is not None and ends_at <= now)
