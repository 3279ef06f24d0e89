"""Name the reasons that the books keep: why nothing goes to somebody, why something happened.

What the other side said stands beside a reason, as its own words, and is never compared.
"""

from enum import StrEnum


class Hold(StrEnum):
    """Why nothing goes to a target."""

    BY_ORGANISER = "by-organiser"
    """An organiser holds its letters."""
    SUCCEEDED = "succeeded"
    """Somebody has taken over."""
    BOUNCED = "bounced"
    """Its mail server says that the address takes no mail."""
    COMPLAINED = "complained"
    """It reported a letter as unwanted."""
    SOFT_FAILURES = "soft-failures"
    """Too many letters in a row did not arrive."""
    SUPPRESSED = "suppressed"
    """SendGrid keeps the address on a list of those that it sends nothing to."""
    STOPPED_BY_OFFICE = "stopped-by-office"
    """The office itself asked for no more letters."""


class Reason(StrEnum):
    """Why something happened to a letter, or to all sending."""

    NAME_NOT_FOUND = "name-not-found"
    """SendGrid's name was not found."""
    NO_CONNECTION = "no-connection"
    """No connection to SendGrid could be made."""
    NOT_SECURE = "not-secure"
    """No secure connection to SendGrid could be made."""
    NO_ANSWER = "no-answer"
    """No answer came in time."""
    BROKEN = "broken"
    """The connection broke before an answer came."""
    OUT_OF_CREDITS = "out-of-credits"
    """The credits of our SendGrid account are used up."""
    UNFORESEEN = "unforeseen"
    """Something went wrong on our side that nobody foresaw; the words name its kind."""
    WORKER_STOPPED = "worker-stopped"
    """The worker that had claimed it stopped."""
    NO_NEWS = "no-news"
    """Events of later letters came, and none of this one."""
    PERSONS_WORD = "persons-word"
    """A person said so."""
    ROLLED_BACK = "rolled-back"
    """The database was put back to an earlier time, and it may have left since then."""
    SPAM_CONTENT = "spam-content"
    """SendGrid takes its text for unwanted mail, and did not try."""
    QUOTA = "quota"
    """What our SendGrid account may send is used up, so SendGrid did not try."""
    MAILBOX_FULL = "mailbox-full"
    """The office's mailbox takes nothing more for now."""
    GAVE_UP = "gave-up"
    """SendGrid tried for days, and the office's server did not take it."""
    NO_SUCH_PERSON = "no-such-person"
    """The office's server knows nobody at this address."""
