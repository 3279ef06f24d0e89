"""Keep the state of our SendGrid account: whether anybody may send, and if not, why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, select, update

from letters.books import locks
from letters.books.locks import Rank
from letters.reasons import Reason
from letters.storage.schema import account

PROBE_EVERY: Final = timedelta(minutes=1)
LONGEST_BACK_OFF: Final = timedelta(minutes=5)
ALARM_AFTER: Final = timedelta(minutes=10)
STRANGE_FOR: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether anybody may send."""

    not_before: datetime | None
    since: datetime | None
    """When the trouble began; None: there is none."""
    reason: Reason | None
    """Why SendGrid cannot be reached."""
    trouble: str | None
    """What SendGrid said."""
    refused: bool
    """SendGrid refuses our key (401 or 403)."""
    behind_since: datetime | None = None
    """When these books were found to be older than what was sent; None: they are not."""
    strange_news_at: datetime | None = None
    """When news last came of an attempt that these books do not know; None: none came."""

    def is_shut(self, now: datetime) -> bool:
        """Tell whether nobody may send now."""
        waits = self.not_before is not None and self.not_before > now
        return waits or self.behind_since is not None

    def hears_strange_news(self, now: datetime) -> bool:
        """Tell whether news has come lately of attempts that these books do not know."""
        came_at = self.strange_news_at
        return came_at is not None and now - came_at < STRANGE_FOR

    @property
    def probes(self) -> bool:
        """Tell whether only one letter may go, to see if SendGrid answers again."""
        return self.since is not None

    def is_in_trouble(self, now: datetime) -> bool:
        """Tell whether a person should know: our key is refused, or nothing left for a while."""
        return self.since is not None and (self.refused or now - self.since > ALARM_AFTER)


class IsShut(Exception):
    """Another worker probes already whether SendGrid answers."""


_LOOK: Final = select(account)


def look(connection: Connection) -> Gate:
    """Return the gate as it stands."""
    row = connection.execute(_LOOK).one()
    return Gate(
        row.not_before,
        row.since,
        None if row.reason is None else Reason(row.reason),
        row.trouble,
        row.refused,
        row.behind_since,
        row.strange_news_at,
    )


def pass_through(connection: Connection, gate: Gate, now: datetime) -> None:
    """Let a claim through that was made by `gate`, as the last thing in its transaction.

    Where only a probe may go, one worker in a while may send it: raises IsShut for any other, and
    nothing of its claim must be kept.
    """
    if gate.probes:
        _note(connection)
        # Two workers may come here at once: the update lets one of them through.
        won = connection.execute(
            update(account)
            .where(account.c.not_before == gate.not_before)
            .values(not_before=now + PROBE_EVERY)
        )
        if won.rowcount == 0:
            raise IsShut


def _note(connection: Connection) -> None:
    """Remember that the account's row, the last of all, is about to be locked."""
    locks.note(connection, Rank.ACCOUNT, (0,))


def wait_until(connection: Connection, until: datetime) -> None:
    """Let nobody send until then: SendGrid asked us to slow down."""
    _note(connection)
    connection.execute(
        update(account)
        .where(account.c.not_before.is_(None) | (account.c.not_before < until))
        .values(not_before=until)
    )


def refuse(
    connection: Connection, trouble: str, now: datetime, reason: Reason | None = None
) -> None:
    """Stop all sending: SendGrid refuses our key, or our account. One probe a minute goes on."""
    _note(connection)
    _begin(connection, now)
    connection.execute(
        update(account).values(
            refused=True, reason=reason, trouble=trouble, not_before=now + PROBE_EVERY
        )
    )


def back_off(
    connection: Connection, reason: Reason, now: datetime, *, probe: bool, jitter: float
) -> None:
    """Wait longer, up to five minutes: SendGrid cannot be reached. `jitter` is from 0 to 1.

    Many requests fail together. The first of them shuts the gate; after that only a probe that
    fails makes the wait longer.
    """
    _note(connection)
    row = connection.execute(select(account).with_for_update()).one()
    if row.since is not None and not probe:
        return
    failures = min(row.failures + 1, 20)
    seconds = min(LONGEST_BACK_OFF.total_seconds(), 2.0**failures)
    _begin(connection, now)
    connection.execute(
        update(account).values(
            failures=failures,
            reason=str(reason),
            trouble=None,
            not_before=now + timedelta(seconds=seconds * (0.5 + jitter / 2)),
        )
    )


def _begin(connection: Connection, now: datetime) -> None:
    connection.execute(update(account).where(account.c.since.is_(None)).values(since=now))


def recover(connection: Connection) -> None:
    """Open the gate: SendGrid took a letter."""
    _note(connection)
    connection.execute(
        update(account)
        .where(account.c.since.is_not(None))
        .values(
            since=None,
            reason=None,
            trouble=None,
            refused=False,
            failures=0,
            not_before=None,
            alarmed_at=None,
        )
    )
