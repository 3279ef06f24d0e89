"""Queue notices, within the limits of how much mail one address gets from us.

Who got one is kept as a keyed hash of the canonical address, so that the limit outlives an erasure.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Text,
    bindparam,
    func,
    literal_column,
    select,
)

from letters.notices.notice import Notice
from letters.storage.identity import new_id
from letters.storage.new_rows import NewRows
from letters.storage.schema import letter
from letters.storage.schema import notice as notice_table
from letters.text.addresses import canonical
from letters.tokens import Tokens

NOTICE_EVERY: Final = timedelta(hours=24)
"""One address gets at most one notice about one campaign in this time, whatever is posted."""
MOST_A_DAY: Final = 20
"""Notices that visitors can bring about for one address in a day, over all campaigns."""


class Purpose(StrEnum):
    """What a notice is for."""

    LINK = "link"
    """The link to confirm, or to the receipt, after a submission."""
    LOST = "lost"
    """The same for whoever lost it and asked. It has a budget of its own: letters.receipts.lost."""
    REMINDER = "reminder"
    SIGN_IN = "sign-in"
    """A link to the desk. It has a budget of its own: letters.notices.asking."""
    BAD_NEWS = "bad-news"
    """A letter did not arrive."""
    QUESTION = "question"
    """Whether a letter may go to a successor."""
    ALARM = "alarm"
    """Something that an organiser has to know."""
    TEST = "test"
    """An organiser sends a letter to themselves."""
    ANSWER = "answer"
    """It passes an office's answer on."""
    UPDATE = "update"
    """One of a mailing from the desk: letters.notices.mailings."""
    ERASED = "erased"
    """It was about a submission that is erased; it counts for a day."""


_BY_VISITORS: Final[list[ColumnElement[str]]] = [
    literal_column(f"'{purpose}'") for purpose in (Purpose.LINK, Purpose.REMINDER, Purpose.ERASED)
]


def had_enough(
    name: ColumnElement[str], since: ColumnElement[str], campaign_id: ColumnElement[int]
) -> ColumnElement[bool]:
    """Return the condition that an address has had what visitors may bring on it.

    `name` is by :func:`known_as`, `since` by :func:`a_day_before`. Where `campaign_id` is null, it
    is a day's mail over all campaigns; else one notice about that campaign is enough, too.
    """
    about_it = func.count().filter(letter.c.campaign_id == campaign_id)
    return (
        select((func.count() >= literal_column(str(MOST_A_DAY))) | (about_it > literal_column("0")))
        .select_from(notice_table.join(letter))
        .where(
            notice_table.c.address == name,
            notice_table.c.letter_id > since,
            notice_table.c.purpose.in_(_BY_VISITORS),
        )
        .scalar_subquery()
    )


# Made once: to put a statement together takes longer than to run it.
_HAD_ENOUGH: Final = select(
    had_enough(
        bindparam("name", type_=Text),
        bindparam("since", type_=Text),
        bindparam("campaign_id", type_=BigInteger),
    )
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


def may_be_mailed(
    connection: Connection,
    tokens: Tokens,
    email: str,
    now: datetime,
    campaign_id: int | None = None,
) -> bool:
    """Tell whether a visitor's post may bring this address a notice, about a campaign if given."""
    since = a_day_before(now)
    return not any(
        connection.execute(
            _HAD_ENOUGH, {"name": name, "since": since, "campaign_id": campaign_id}
        ).scalar_one()
        for name in names(tokens, email)
    )


def known_as(tokens: Tokens, email: str) -> str:
    """Return what is kept of an address that gets a notice."""
    return names(tokens, email)[0]


def names(tokens: Tokens, email: str) -> tuple[str, ...]:
    """Return all that may be kept of it: by today's key first, then by those of before."""
    return tokens.blinds("notice", canonical(email))


def a_day_before(moment: datetime) -> str:
    """Return what sorts between the ids made earlier than a day before `moment`, and later."""
    return new_id(moment - NOTICE_EVERY)[:12]
