"""Sweep: find in the database what a crash, a lost wake-up or the calendar left behind."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from letters.campaigns import targets
from letters.intake import limits
from letters.notices import alarms, reminders, undelivered
from letters.notices.links import Links
from letters.offices import mailbox
from letters.receipts import erasure, expiry, successors
from letters.sending import gate as account
from letters.sending import lost
from letters.sending.claiming.due import next_due
from letters.settings import Settings
from letters.states import Cause
from letters.storage.database import Database
from letters.tokens import Tokens
from letters.updates import deliver

_MOST: Final = 1_000
_MOST_ERASED: Final = 200
# A sweep a second at most: twice what an hour needs for a million. More takes from sending.
_ERASURES: Final = 3
_MOST_NOTICES: Final = 500
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found."""

    due_at: datetime | None
    """When the next letter may leave, or the next campaign is over; None: never."""
    found: int
    """How many letters changed their state."""


def sweep(database: Database, settings: Settings, now: datetime) -> Swept:
    """Put right what nobody else will. Raises StorageUnavailable.

    What there is to do is found without a lock, and each kind of it is done in a transaction of its
    own, which looks again.
    """
    with database.read() as connection:
        if account.look(connection).behind_since is not None:
            # Older than what was sent: what seems due may be done already, and told as well.
            return Swept(None, 0)
        happenings = lost.find(connection, settings, now)
        expired = expiry.due(connection, timedelta(days=settings.retention_days), now)
        left_office = targets.left_office(connection, now)
        moments = (next_due(connection, now), expiry.next_end(connection, now))
        due_at = min((at for at in moments if at is not None), default=None)
    found = 0
    if happenings:
        with database.write() as connection:
            found += lost.settle(connection, happenings)
    if expired:
        with database.write() as connection:
            found += expiry.expire(connection, expired, now)
    if left_office:
        mailbox.carry_on(database, left_office, Cause.HOLD, now)
    if found:
        _log.info("swept %d letters", found)
    has_more = _forget(database, settings, now)
    told = _notify(database, settings, now)
    return Swept(now if found or left_office or has_more or told else due_at, found)


def _forget(database: Database, settings: Settings, now: datetime) -> bool:
    """Erase what has been kept long enough, some of it; tell whether there is more.

    In several transactions: what writes meanwhile waits for none of them for long.
    """
    keep = timedelta(days=settings.retention_days)
    with database.read() as connection:
        old = erasure.due(connection, now - keep, _MOST_ERASED * _ERASURES)
        old_notices = erasure.due_notices(connection, now, keep, _MOST)
        is_stale = limits.is_stale(connection, now)
    if not (old or old_notices or is_stale):
        return False
    for begin in range(0, len(old), _MOST_ERASED):
        with database.write() as connection:
            erasure.erase_all(connection, old[begin : begin + _MOST_ERASED], now, is_wish=False)
    with database.write() as connection:
        erasure.erase_notices(connection, old_notices)
        limits.forget(connection, now)
    erasure.forget_pages(database)
    if old:
        _log.info("erased %d submissions whose time to be kept was over", len(old))
    return len(old) == _MOST_ERASED * _ERASURES or len(old_notices) == _MOST


def _notify(database: Database, settings: Settings, now: datetime) -> bool:
    """Queue the notices that are due and tell whether any was.

    Each looks again inside the transaction, so two workers do not mail the same news.
    """
    links = Links(settings.public_url, Tokens(settings.secret_keys))
    with database.read() as connection:
        to_remind = reminders.due(connection, now, _MOST_NOTICES)
        to_tell = undelivered.due(connection, now, _MOST_NOTICES)
        to_ask = successors.unasked(connection, _MOST_NOTICES)
        alarm = alarms.is_due(connection, settings.unknown_grace_seconds, now)
        to_deliver = deliver.due(connection, now)
    if not (to_remind or to_tell or to_ask or alarm or to_deliver):
        return False
    for mailing_id in to_deliver:
        deliver.deliver(database, links, mailing_id, now)
    if alarm:
        with database.write() as connection:
            alarms.sound(connection, links, settings.unknown_grace_seconds, now)
    if to_tell:
        with database.write() as connection:
            undelivered.tell(connection, links, to_tell, now)
    if to_ask:
        with database.write() as connection:
            successors.ask(connection, links, to_ask, now)
    if to_remind:
        with database.write() as connection:
            reminders.remind(connection, links, to_remind, now)
    return True
