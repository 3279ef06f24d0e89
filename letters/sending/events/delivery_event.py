"""One thing that SendGrid says of one attempt, in our own words. Pure."""

from dataclasses import dataclass
from datetime import datetime

from letters.reasons import Hold, Reason
from letters.states import Cause


@dataclass(frozen=True, slots=True)
class DeliveryEvent:
    """One thing that is said of one attempt."""

    event_id: str
    """The same for every copy of the event."""
    attempt_id: str
    letter_id: str | None
    """The letter, or notice, as the event itself names it; None: it names none."""
    cause: Cause
    happened_at: datetime
    detail: str | None
    """The receiving server's own words."""
    ends_with: Hold | None = None
    """Why the target must not be written to again: its address takes no mail, or it complained."""
    reason: Reason | None = None
    """Why it did not arrive, where the other side's words tell."""
    is_unwanted: bool = False
    """Whoever got it called it spam, or wants no more of it."""
