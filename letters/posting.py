"""Queue notices, within the limits of how much mail one address gets from us.

Who got one is kept as a keyed hash of the canonical address, so that the limit outlives an erasure.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, bindparam, func, insert, select

from letters.addresses import canonical
from letters.notices import Notice
from letters.states import State
from letters.storage.identity import new_id
from letters.storage.schema import letter, writing
from letters.storage.schema import notice as notice_table
from letters.tokens import Tokens

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
    ERASED = "erased"
    """It was about a submission that is erased; it counts for a day."""


_BY_VISITORS: Final = tuple(
    str(purpose) for purpose in (Purpose.LINK, Purpose.REMINDER, Purpose.SIGN_IN, Purpose.ERASED)
)
# Made once: to put a statement together takes longer than to run it.
_LATELY: Final = (
    select(func.count(), func.count().filter(letter.c.campaign_id == bindparam("campaign_id")))
    .select_from(notice_table.join(letter))
    .where(
        notice_table.c.address == bindparam("address"),
        notice_table.c.letter_id > bindparam("since"),
        notice_table.c.purpose.in_(_BY_VISITORS),
    )
)
_ADD_LETTER: Final = insert(letter)
_ADD_WRITING: Final = insert(writing)
_ADD_NOTICE: Final = insert(notice_table)


def post(  # noqa: PLR0913, PLR0917 - what it says, to whom, and what it is about
    connection: Connection,
    tokens: Tokens,
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
        _ADD_LETTER,
        {
            "id": notice_id,
            "kind": "notice",
            "campaign_id": campaign_id,
            "submission_id": submission_id,
            "state": str(State.QUEUED),
            "state_at": now,
        },
    )
    connection.execute(
        _ADD_WRITING,
        {
            "letter_id": notice_id,
            "to_email": email,
            "subject": notice.subject,
            "body": notice.body,
        },
    )
    connection.execute(
        _ADD_NOTICE,
        {"letter_id": notice_id, "purpose": str(purpose), "address": _known_as(tokens, email)},
    )
    return notice_id


def may_be_mailed(connection: Connection, tokens: Tokens, email: str, now: datetime) -> bool:
    """Tell whether visitors have not yet brought a whole day's mail on this address."""
    return _lately(connection, tokens, None, email, now)[0] < MOST_A_DAY


def may_be_mailed_about(
    connection: Connection, tokens: Tokens, campaign_id: int, email: str, now: datetime
) -> bool:
    """Tell whether a visitor's post may bring this address a notice about a campaign."""
    over_all, about_it = _lately(connection, tokens, campaign_id, email, now)
    return not about_it and over_all < MOST_A_DAY


def _lately(
    connection: Connection, tokens: Tokens, campaign_id: int | None, email: str, now: datetime
) -> tuple[int, int]:
    """Count a day's notices that visitors brought on an address: all, and about one campaign."""
    over_all, about_it = connection.execute(
        _LATELY,
        {
            "campaign_id": campaign_id,
            "address": _known_as(tokens, email),
            "since": _id_at(now - NOTICE_EVERY),
        },
    ).one()
    return over_all, about_it


def _known_as(tokens: Tokens, email: str) -> str:
    return tokens.blind("notice", canonical(email))


def _id_at(moment: datetime) -> str:
    """Return what sorts between the ids made before and after `moment`."""
    return new_id(moment)[:12]
