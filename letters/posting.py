"""Queue notices, within the limits of how much mail one address gets from us.

Who got one is kept as a keyed hash of the canonical address, so that the limit outlives an erasure.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, literal_column, select

from letters.addresses import canonical
from letters.notices import Notice
from letters.storage.batch import GIVEN, fetch, given, integer_at, text_at
from letters.storage.identity import new_id
from letters.storage.new_rows import NewRows
from letters.storage.schema import letter
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


_BY_VISITORS: Final[list[ColumnElement[str]]] = [
    literal_column(f"'{purpose}'")
    for purpose in (Purpose.LINK, Purpose.REMINDER, Purpose.SIGN_IN, Purpose.ERASED)
]
# Of each address that got any: its name, how many, and how many about the campaign asked for.
_LATELY: Final = (
    select(text_at(0), func.count(), func.count().filter(letter.c.campaign_id == integer_at(2)))
    .select_from(
        GIVEN.join(
            notice_table,
            (notice_table.c.address == text_at(0))
            & (notice_table.c.letter_id > text_at(1))
            & notice_table.c.purpose.in_(_BY_VISITORS),
        ).join(letter, letter.c.id == notice_table.c.letter_id)
    )
    .group_by(text_at(0))
)


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
    rows = NewRows()
    rows.add_notice(
        notice_id,
        campaign_id=campaign_id,
        submission_id=submission_id,
        at=now,
        to_email=email,
        subject=notice.subject,
        body=notice.body,
        purpose=purpose,
        address=known_as(tokens, email),
    )
    rows.store(connection)
    return notice_id


def may_be_mailed(connection: Connection, tokens: Tokens, email: str, now: datetime) -> bool:
    """Tell whether visitors have not yet brought a whole day's mail on this address."""
    return bool(may_be_mailed_each(connection, [(known_as(tokens, email), None, now)]))


def may_be_mailed_about(
    connection: Connection, tokens: Tokens, campaign_id: int, email: str, now: datetime
) -> bool:
    """Tell whether a visitor's post may bring this address a notice about a campaign."""
    return bool(may_be_mailed_each(connection, [(known_as(tokens, email), campaign_id, now)]))


def may_be_mailed_each(
    connection: Connection, asked: Iterable[tuple[str, int | None, datetime]]
) -> set[str]:
    """Return which addresses a visitor's post may bring a notice about a campaign.

    `asked` is the address's name by :func:`known_as`, none of them twice, the campaign's id, and
    the time.
    """
    may = {name: (campaign_id, now) for name, campaign_id, now in asked}
    rows = [(name, _id_at(now - NOTICE_EVERY), about) for name, (about, now) in may.items()]
    for name, over_all, about_it in fetch(connection, _LATELY, given(rows)):
        if about_it or over_all >= MOST_A_DAY:
            del may[name]
    return set(may)


def known_as(tokens: Tokens, email: str) -> str:
    """Return what is kept of an address that got a notice."""
    return tokens.blind("notice", canonical(email))


def _id_at(moment: datetime) -> str:
    """Return what sorts between the ids made before and after `moment`."""
    return new_id(moment)[:12]
