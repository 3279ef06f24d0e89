"""Remind a writer, once, of a letter that waits for its confirmation."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, exists, select, update

from letters.books import locks
from letters.campaigns import store
from letters.notices.links import Links
from letters.notices.post import NOTICE_EVERY, Purpose, may_be_mailed, post
from letters.notices.to_writers import first_notice, reminder
from letters.states import State
from letters.storage.schema import campaign, is_in, letter, notice, submission

REMIND_AFTER: Final = timedelta(days=3)
"""A writer who has not confirmed by then is reminded, once."""


def due(connection: Connection, now: datetime, most: int) -> list[str]:
    """Return submissions whose writer may have to be reminded."""
    return list(
        connection.execute(
            select(submission.c.id)
            .where(submission.c.remind_at <= now)
            .order_by(submission.c.remind_at)
            .limit(most)
        ).scalars()
    )


def remind(
    connection: Connection, links: Links, submission_ids: Sequence[str], now: datetime
) -> None:
    """Mail the writers of submissions of which a letter still waits for a yes.

    Where no mail could go when one was handed in, this is the first, and a reminder may follow.
    """
    locks.take(connection, submissions=submission_ids)
    for submission_id in submission_ids:
        _remind(connection, links, submission_id, now)


def _remind(connection: Connection, links: Links, submission_id: str, now: datetime) -> None:
    row = connection.execute(
        select(submission.c.campaign_id, submission.c.email, campaign.c.slug)
        .select_from(submission.join(campaign))
        .where(submission.c.id == submission_id, submission.c.remind_at <= now)
    ).first()
    if row is None:
        return  # another worker was here
    waits = connection.execute(
        select(
            exists().where(letter.c.submission_id == submission_id).where(is_in(State.UNCONFIRMED))
        )
    ).scalar()
    remind_at = None
    if waits and row.email:
        if may_be_mailed(connection, links.tokens, row.email, now, row.campaign_id):
            found = store.find(connection, row.slug).campaign
            link = links.first(submission_id, must_confirm=True)
            if _was_mailed(connection, submission_id):
                words, purpose = reminder(found, link), Purpose.REMINDER
            else:
                words, purpose = first_notice(found, link, must_confirm=True), Purpose.LINK
                remind_at = now + REMIND_AFTER
            post(
                connection,
                links.tokens,
                words,
                purpose,
                row.email,
                now,
                row.campaign_id,
                submission_id,
            )
        else:
            remind_at = now + NOTICE_EVERY
    connection.execute(
        update(submission).where(submission.c.id == submission_id).values(remind_at=remind_at)
    )


def _was_mailed(connection: Connection, submission_id: str) -> bool:
    return bool(
        connection.execute(
            select(
                exists()
                .where(notice.c.letter_id == letter.c.id)
                .where(letter.c.submission_id == submission_id)
            )
        ).scalar()
    )
