"""Keep who changed what, and when.

The log is only ever added to, and holds nothing of a supporter.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, insert, select

from letters.storage.schema import audit, campaign, campaign_organiser

MOST_SHOWN: Final = 200


class Deed(StrEnum):
    """What somebody did."""

    CREATED = "created"
    CHANGED = "changed"
    STATUS = "status"
    PACED = "paced"
    TESTED = "tested"
    DECIDED = "decided"
    TARGET = "target"
    AREAS = "areas"
    GIVEN = "given"
    TAKEN = "taken"
    INVITED = "invited"
    REMOVED = "removed"
    SIGNED_IN = "signed-in"
    SESSION_ENDED = "session-ended"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log."""

    at: datetime
    by: str | None
    """An organiser's address; None: the command line."""
    slug: str | None
    """None: it was about no campaign."""
    deed: Deed
    detail: str

    def as_json(self) -> dict[str, str | None]:
        """Return the form that `postbag audit --json` prints."""
        return {
            "at": self.at.isoformat(),
            "by": self.by,
            "campaign": self.slug,
            "deed": str(self.deed),
            "detail": self.detail,
        }


def record(
    connection: Connection,
    deed: Deed,
    now: datetime,
    *,
    by: str | None,
    campaign_id: int | None = None,
    detail: str = "",
) -> None:
    """Add a line, in the transaction of what it tells of."""
    connection.execute(
        insert(audit).values(
            at=now, actor=by, campaign_id=campaign_id, deed=str(deed), detail=detail
        )
    )


def entries(
    connection: Connection,
    *,
    campaign_id: int | None = None,
    given_to: int | None = None,
    most: int = MOST_SHOWN,
) -> list[Entry]:
    """Return the latest lines, newest first: of one campaign, or of all.

    `given_to`, an organiser's id, leaves out all but that organiser's campaigns.
    """
    wanted = (
        select(audit, campaign.c.slug)
        .select_from(audit.outerjoin(campaign))
        .order_by(audit.c.id.desc())
        .limit(most)
    )
    if campaign_id is not None:
        wanted = wanted.where(audit.c.campaign_id == campaign_id)
    if given_to is not None:
        wanted = wanted.where(
            audit.c.campaign_id.in_(
                select(campaign_organiser.c.campaign_id).where(
                    campaign_organiser.c.organiser_id == given_to
                )
            )
        )
    return [
        Entry(row.at, row.actor, row.slug, Deed(row.deed), row.detail)
        for row in connection.execute(wanted)
    ]
