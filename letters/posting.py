"""Queue notices, within the limits of how much mail one address gets from us."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, exists, func, insert, select

from letters.addresses import canonical
from letters.notices import Notice
from letters.states import State
from letters.storage.identity import new_id
from letters.storage.schema import letter, writing
from letters.storage.schema import notice as notice_table

NOTICE_EVERY: Final = timedelta(hours=24)
"""One address gets at most one notice about one campaign in this time, whatever is posted."""
MOST_A_DAY: Final = 20
"""Notices that visitors can bring about for one address in a day, over all campaigns."""


class Purpose(StrEnum):
    """What a notice is for."""

    LINK = "link"
    """The link to confirm, or to the receipt, after a submission."""
    REMINDER = "reminder"
    SIGN_IN = "sign-in"
    """An organiser asked for a link to the desk."""
    BAD_NEWS = "bad-news"
    """A letter did not arrive."""
    QUESTION = "question"
    """Whether a letter may go to a successor."""
    ALARM = "alarm"
    """Something that an organiser has to know."""
    TEST = "test"
    """An organiser sends a letter to themselves."""


_BY_VISITORS: Final = tuple(
    str(purpose) for purpose in (Purpose.LINK, Purpose.REMINDER, Purpose.SIGN_IN)
)


def post(
    connection: Connection,
    notice: Notice,
    purpose: Purpose,
    email: str,
    now: datetime,
    campaign_id: int | None = None,
    submission_id: str | None = None,
) -> str:
    """Queue a notice to one address; return its id. The caller asks first whether it may go."""
    notice_id = new_id(now)
    connection.execute(
        insert(letter).values(
            id=notice_id,
            kind="notice",
            campaign_id=campaign_id,
            submission_id=submission_id,
            state=str(State.QUEUED),
            state_at=now,
        )
    )
    connection.execute(
        insert(writing).values(
            letter_id=notice_id, to_email=email, subject=notice.subject, body=notice.body
        )
    )
    connection.execute(
        insert(notice_table).values(
            letter_id=notice_id, purpose=str(purpose), address=canonical(email)
        )
    )
    return notice_id


def may_be_mailed(connection: Connection, email: str, now: datetime) -> bool:
    """Tell whether visitors have not yet brought a whole day's mail on this address."""
    found: int = connection.execute(
        select(func.count()).where(
            notice_table.c.address == canonical(email),
            notice_table.c.letter_id > _id_at(now - NOTICE_EVERY),
            notice_table.c.purpose.in_(_BY_VISITORS),
        )
    ).scalar_one()
    return found < MOST_A_DAY


def may_be_mailed_about(
    connection: Connection, campaign_id: int, email: str, now: datetime
) -> bool:
    """Tell whether a visitor's post may bring this address a notice about a campaign."""
    noticed_lately = (
        exists()
        .where(notice_table.c.letter_id == letter.c.id)
        .where(notice_table.c.address == canonical(email))
        .where(notice_table.c.letter_id > _id_at(now - NOTICE_EVERY))
        .where(notice_table.c.purpose.in_(_BY_VISITORS))
        .where(letter.c.campaign_id == campaign_id)
    )
    if connection.execute(select(noticed_lately)).scalar():
        return False
    return may_be_mailed(connection, email, now)


def _id_at(moment: datetime) -> str:
    """Return what sorts between the ids made before and after `moment`."""
    return new_id(moment)[:12]
