"""Decide what happens to a letter: its states, and the one table of transitions between them.

Pure: nothing here touches a database, a clock or the network. The worker's answers, SendGrid's
events, a supporter's and an organiser's wishes all pass through :func:`advance`.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class State(StrEnum):
    """Where a letter is. Every letter is in exactly one state."""

    UNCONFIRMED = "unconfirmed"
    """Its writer has not yet confirmed the address."""
    QUEUED = "queued"
    """Waiting for its turn, also while its campaign is paused."""
    HELD = "held"
    """Its target cannot be written to now; a person decides."""
    SENDING = "sending"
    """Claimed by one worker, whose request is under way."""
    UNKNOWN = "unknown"
    """SendGrid may or may not have it. Never sent again blindly."""
    ACCEPTED = "accepted"
    """SendGrid has it."""
    DEFERRED = "deferred"
    """The receiving server asked SendGrid to come back later."""
    DELIVERED = "delivered"
    """The receiving server took it."""
    BOUNCED = "bounced"
    """The receiving server refused it."""
    DROPPED = "dropped"
    """SendGrid did not try: it took it for spam, say, or a quota was used up. So does a notice end,
    or what is erased, whose address SendGrid sends nothing to; other letters are held then."""
    FAILED = "failed"
    """SendGrid refused the request for good, or proven re-sends ran out."""
    CANCELLED = "cancelled"
    """Withdrawn by its writer before it left."""
    EXPIRED = "expired"
    """Not confirmed in time, or not sent before its campaign's end."""


class Cause(StrEnum):
    """What can happen to a letter."""

    WRITTEN = "written"
    """It was handed in: its history begins with this, and nothing comes to it so."""
    CONFIRM = "confirm"
    """Its writer confirmed the address."""
    CLAIM = "claim"
    """A worker won it and is about to send."""
    TAKEN = "taken"
    """SendGrid said 202, or an event proves that it has the letter."""
    NOT_TAKEN = "not_taken"
    """The request certainly was not taken: it never left, or the answer was 401, 403 or 429."""
    REFUSED = "refused"
    """SendGrid refused this request for good."""
    LOST = "lost"
    """The answer is not known, or the worker died with the claim open."""
    DEFER = "defer"
    DELIVER = "deliver"
    SUPPRESS = "suppress"
    """SendGrid did not send it, since it keeps the address on a list of those it sends nothing to:
    it can be sent once the address is off that list."""
    DROP = "drop"
    BOUNCE = "bounce"
    HOLD = "hold"
    """Its target cannot be written to now."""
    RELEASE = "release"
    """Its target can be written to again, or a person chose another."""
    CANCEL = "cancel"
    EXPIRE = "expire"
    AGAIN = "again"
    """Queue it once more: a person's word, or proof that the earlier attempt was not taken."""
    GIVE_UP = "give_up"
    """A person's word, or no proven re-send is left: it was not sent."""
    ROLLED_BACK = "rolled_back"
    """The books were put back to an earlier time, and it may have left since then."""


FINAL: Final = frozenset(
    {
        State.DELIVERED,
        State.BOUNCED,
        State.DROPPED,
        State.FAILED,
        State.CANCELLED,
        State.EXPIRED,
    }
)
"""States that end a letter's journey. An event can still correct one; see :func:`advance`."""

NOT_LEFT: Final = frozenset({State.UNCONFIRMED, State.QUEUED, State.HELD})
"""States in which the letter is still with us: it can be edited, cancelled or expire."""

NOT_ARRIVED: Final = frozenset(
    {State.CANCELLED, State.EXPIRED, State.FAILED, State.DROPPED, State.BOUNCED}
)
"""States that end a letter's journey before its office has it: its writer may write anew."""

UNCOUNTED: Final = frozenset({State.UNCONFIRMED, State.CANCELLED, State.EXPIRED, State.FAILED})
"""States that the public count leaves out."""

# What SendGrid's events say, weakest first. The highest that was ever said is the state, so the
# order and the number of the events do not matter.
_PROVEN: Final = MappingProxyType(
    {
        State.ACCEPTED: 1,
        State.DEFERRED: 2,
        State.DELIVERED: 3,
        State.DROPPED: 4,
        State.BOUNCED: 5,
    }
)
_PROOF: Final = MappingProxyType(
    {
        Cause.TAKEN: State.ACCEPTED,
        Cause.DEFER: State.DEFERRED,
        Cause.DELIVER: State.DELIVERED,
        Cause.DROP: State.DROPPED,
        Cause.BOUNCE: State.BOUNCED,
    }
)
RULES_OUT: Final = frozenset({Cause.SUPPRESS, Cause.DROP, Cause.BOUNCE})
"""What says of an attempt that it was not sent or did not arrive."""
_STEPS: Final = MappingProxyType(
    {
        (State.UNCONFIRMED, Cause.CONFIRM): State.QUEUED,
        (State.UNCONFIRMED, Cause.CANCEL): State.CANCELLED,
        (State.UNCONFIRMED, Cause.EXPIRE): State.EXPIRED,
        (State.QUEUED, Cause.CLAIM): State.SENDING,
        (State.QUEUED, Cause.HOLD): State.HELD,
        (State.QUEUED, Cause.CANCEL): State.CANCELLED,
        (State.QUEUED, Cause.EXPIRE): State.EXPIRED,
        (State.HELD, Cause.RELEASE): State.QUEUED,
        (State.HELD, Cause.CANCEL): State.CANCELLED,
        (State.HELD, Cause.EXPIRE): State.EXPIRED,
        (State.SENDING, Cause.NOT_TAKEN): State.QUEUED,
        (State.SENDING, Cause.REFUSED): State.FAILED,
        (State.SENDING, Cause.LOST): State.UNKNOWN,
        # A worker that was presumed dead can still bring its answer.
        (State.UNKNOWN, Cause.NOT_TAKEN): State.QUEUED,
        (State.UNKNOWN, Cause.REFUSED): State.FAILED,
        (State.UNKNOWN, Cause.AGAIN): State.QUEUED,
        (State.UNKNOWN, Cause.GIVE_UP): State.FAILED,
        (State.FAILED, Cause.AGAIN): State.QUEUED,
        (State.DROPPED, Cause.AGAIN): State.QUEUED,
        (State.BOUNCED, Cause.AGAIN): State.QUEUED,
        # Not sent for certain. Among what events say it ranks above deferred, below delivered.
        (State.QUEUED, Cause.SUPPRESS): State.HELD,
        (State.SENDING, Cause.SUPPRESS): State.HELD,
        (State.UNKNOWN, Cause.SUPPRESS): State.HELD,
        (State.FAILED, Cause.SUPPRESS): State.HELD,
        (State.ACCEPTED, Cause.SUPPRESS): State.HELD,
        (State.DEFERRED, Cause.SUPPRESS): State.HELD,
        (State.UNCONFIRMED, Cause.ROLLED_BACK): State.UNKNOWN,
        (State.QUEUED, Cause.ROLLED_BACK): State.UNKNOWN,
        (State.HELD, Cause.ROLLED_BACK): State.UNKNOWN,
        (State.SENDING, Cause.ROLLED_BACK): State.UNKNOWN,
    }
)


def is_news(cause: Cause, *, is_ruled_out: bool, is_earlier: bool) -> bool:
    """Tell whether what is said of an attempt may change its letter.

    `is_ruled_out`: that attempt is known not to have been sent or not to have arrived.
    `is_earlier`: the letter has been queued anew since, by a person or a release, or has a later
    attempt. A delivery counts whatever else is known.
    """
    if cause in {Cause.TAKEN, Cause.DEFER}:
        return not is_ruled_out
    return cause not in RULES_OUT or not is_earlier


def advance(state: State, cause: Cause) -> State | None:
    """Return the state that `cause` leads to, or None to stay.

    Total: every pair has an answer, and what is stale or repeated stays. Proof that SendGrid has
    the letter wins over every state that does not know it, and among proofs the highest wins:
    accepted < deferred < delivered < dropped < bounced.

    The caller makes sure that NOT_TAKEN, REFUSED and LOST speak of the letter's latest attempt.
    """
    if cause in _PROOF:
        proven = _PROOF[cause]
        return proven if _PROVEN[proven] > _PROVEN.get(state, 0) else None
    return _STEPS.get((state, cause))
