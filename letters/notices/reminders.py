"""Remind a writer, once, of a letter that waits for its confirmation."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, exists, select, update

from letters.books import locks
from letters.campaigns import store
from letters.campaigns.stored import StoredCampaign
from letters.notices.foot import foot
from letters.notices.links import Links
from letters.notices.notice import Notice
from letters.notices.post import NOTICE_EVERY, Purpose, may_be_mailed, post
from letters.notices.to_writers import first_notice, reminder, repeated
from letters.states import State
from letters.storage.schema import campaign, is_in, letter, notice, repeat, submission

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
    """Mail the writers of submissions of which something still waits for their word.

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
    remind_at = None
    waits, is_again = _waits(connection, submission_id), _has_repeat(connection, submission_id)
    if (waits or is_again) and row.email:
        if may_be_mailed(connection, links.tokens, row.email, now, row.campaign_id):
            found = store.find(connection, row.slug)
            is_first = not _was_mailed(connection, submission_id)
            if is_first or is_again:
                words = notice_again(connection, links, found, submission_id)
                purpose = Purpose.LINK
                remind_at = now + REMIND_AFTER if waits and is_first else None
            else:
                link = links.first(submission_id, must_confirm=True)
                words = reminder(found.campaign, link, foot=foot(found, links))
                purpose = Purpose.REMINDER
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


def notice_again(
    connection: Connection, links: Links, about: StoredCampaign, submission_id: str
) -> Notice:
    """Return what leads the owner of an address to a submission that is there already."""
    waits, has_repeat = _waits(connection, submission_id), _has_repeat(connection, submission_id)
    return leading_back(links, about, submission_id, waits=waits, has_repeat=has_repeat)


def leading_back(
    links: Links, about: StoredCampaign, submission_id: str, *, waits: bool, has_repeat: bool
) -> Notice:
    """Return the same of a submission of which that is known.

    It `waits` for a yes, or for a decision about what was written once more, or for neither.
    """
    link = links.first(submission_id, must_confirm=waits)
    if has_repeat:
        return repeated(about.campaign, link, foot=foot(about, links))
    return first_notice(
        about.campaign,
        link,
        links.not_me(submission_id),
        must_confirm=waits,
        foot=foot(about, links),
    )


def _waits(connection: Connection, submission_id: str) -> bool:
    """Tell whether a letter waits for a yes."""
    waits = exists().where(letter.c.submission_id == submission_id).where(is_in(State.UNCONFIRMED))
    return bool(connection.execute(select(waits)).scalar())


def _has_repeat(connection: Connection, submission_id: str) -> bool:
    """Tell whether something that was written once more waits for a decision."""
    kept = exists().where(repeat.c.submission_id == submission_id)
    return bool(connection.execute(select(kept)).scalar())


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
