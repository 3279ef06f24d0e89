"""Tell people what they have to know: queue the notices that the sweep finds due."""

from datetime import datetime
from typing import Final

from letters import addressees, alarms, bad_news, reminders
from letters.settings import Settings
from letters.storage.database import Database
from letters.tokens import Tokens

_MOST: Final = 500


def notify(database: Database, settings: Settings, now: datetime) -> bool:
    """Queue what is due and tell whether anything was. Raises StorageUnavailable.

    What is due is found without a lock; each function looks again inside the transaction, so two
    workers do not mail the same news.
    """
    tokens, url = Tokens(settings.secret_keys), settings.public_url
    with database.read() as connection:
        to_remind = reminders.due(connection, now, _MOST)
        to_tell = bad_news.due(connection, now, _MOST)
        to_ask = addressees.unasked(connection, _MOST)
        alarm = alarms.is_due(connection, settings.unknown_grace_seconds, now)
    if not (to_remind or to_tell or to_ask or alarm):
        return False
    with database.write() as connection:
        if alarm:
            alarms.sound(connection, tokens, url, settings.unknown_grace_seconds, now)
        for submission_id in to_tell:
            bad_news.tell(connection, tokens, url, submission_id, now)
        for submission_id in to_ask:
            addressees.ask(connection, tokens, url, submission_id, now)
        for submission_id in to_remind:
            reminders.remind(connection, tokens, url, submission_id, now)
    return True
