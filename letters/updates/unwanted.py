"""Take a report of our mail as spam for what it says: this writer wants no more updates.

It counts whichever of our mails was reported, an answer that was passed on too. Answers go on being
passed on: somebody wrote those to them, and where SendGrid sends nothing to an address any more,
the books show it. A letter is its office's: see :mod:`letters.sending.events.record`.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, select, update

from letters.record import Deed
from letters.sending.events.delivery_event import DeliveryEvent
from letters.storage.batch import fetch, given, text_at
from letters.storage.database import Database
from letters.storage.schema import attempt, letter, submission
from letters.tokens import Tokens
from letters.updates import unsubscribe


def _writers(is_named: ColumnElement[bool]) -> Select[str]:
    return (
        select(letter.c.submission_id)
        .where(is_named, letter.c.kind == "notice", letter.c.submission_id.is_not(None))
        .distinct()
    )


_BY_ATTEMPT: Final = _writers(
    letter.c.id.in_(select(attempt.c.letter_id).where(attempt.c.id.in_(select(text_at(0)))))
)
_BY_NOTICE: Final = _writers(letter.c.id.in_(select(text_at(0))))


def heed(
    database: Database, tokens: Tokens, reports: Sequence[DeliveryEvent], now: datetime
) -> None:
    """End updates for the writers of whose mail these events speak.

    Each in a transaction of its own: what is said twice changes nothing. Nobody is reminded either
    of letters that they have not confirmed.
    """
    with database.read() as connection:
        found = fetch(connection, _BY_ATTEMPT, given([each.attempt_id] for each in reports))
        named = given([each.letter_id] for each in reports)
        found += fetch(connection, _BY_NOTICE, named)
    for submission_id in sorted({row[0] for row in found}):
        with database.write() as connection:
            unsubscribe.stop(connection, tokens, submission_id, now, Deed.UPDATES_REPORTED)
            connection.execute(
                update(submission)
                .where(submission.c.id == submission_id, submission.c.remind_at.is_not(None))
                .values(remind_at=None)
            )
