"""What happens to letters, and what came of it. Values only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from letters.reasons import Reason
from letters.states import Cause, State

# These speak of an attempt, and so of every letter that goes with it.
OF_ATTEMPT: Final = frozenset(
    {
        Cause.TAKEN,
        Cause.NOT_TAKEN,
        Cause.REFUSED,
        Cause.LOST,
        Cause.DEFER,
        Cause.DELIVER,
        Cause.SUPPRESS,
        Cause.DROP,
        Cause.BOUNCE,
        Cause.AGAIN,
        Cause.GIVE_UP,
    }
)


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened to one letter."""

    letter_id: str
    cause: Cause
    at: datetime
    attempt_id: str | None = None
    detail: str | None = None
    """The other side's own words."""
    reason: Reason | None = None
    is_alone: bool = False
    """Its letter went with no others a moment ago, so none are looked for: see books.together."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of state that a happening brought about."""

    letter_id: str
    kind: str
    target_id: int | None
    before: State
    after: State
    cause: Cause


@dataclass(slots=True)
class Row:
    """A letter as it stands while things happen to it."""

    kind: str
    target_id: int | None
    state: State
    attempt_id: str | None
    goes_together: bool
    is_erased: bool = False
    can_be_written_to: bool = True
