"""Give all tables, which tables/ defines, and some conditions on them.

A letter's text stands in a wide row that seldom changes, its moving state in a narrow row of its
own: updating wide rows costs a third of the sending speed.
"""

from typing import Final

from sqlalchemy import (
    ColumnElement,
    literal_column,
)

from letters.states import State
from letters.storage.tables.answers import answer, mailing, office_answer
from letters.storage.tables.base import Moment, metadata
from letters.storage.tables.campaigns import (
    area_page,
    area_table,
    campaign,
    office,
    organisation,
    people,
    successor,
    target,
)
from letters.storage.tables.desk import (
    asking,
    audit,
    campaign_organiser,
    figure,
    lost_link,
    organiser,
    passkey,
    reader,
    sign_in,
    source_figure,
    spent_challenge,
    throttle,
    unfinished,
)
from letters.storage.tables.letters import (
    BAD_NEWS,
    HAS_VERSION,
    NOTICE_IS_KEPT,
    account,
    attempt,
    event,
    history,
    letter,
    notice,
    tally,
    writing,
)
from letters.storage.tables.webhooks import dispatch, webhook
from letters.storage.tables.writers import not_me, repeat, submission, unsubscribed

__all__ = [
    "BAD_NEWS",
    "GOES_TOGETHER",
    "HAS_GATHERED",
    "HAS_QUEUED",
    "HAS_VERSION",
    "IS_NOTICE",
    "NOTICE_IS_KEPT",
    "NOT_ALONE",
    "Moment",
    "account",
    "answer",
    "area_page",
    "area_table",
    "asking",
    "attempt",
    "audit",
    "campaign",
    "campaign_organiser",
    "dispatch",
    "event",
    "figure",
    "history",
    "is_in",
    "letter",
    "lost_link",
    "mailing",
    "metadata",
    "not_me",
    "notice",
    "office",
    "office_answer",
    "organisation",
    "organiser",
    "passkey",
    "people",
    "reader",
    "repeat",
    "sign_in",
    "source_figure",
    "spent_challenge",
    "submission",
    "successor",
    "tally",
    "target",
    "throttle",
    "unfinished",
    "unsubscribed",
    "webhook",
    "writing",
]
HAS_GATHERED: Final = target.c.gathered > literal_column("0")
GOES_TOGETHER: Final = letter.c.goes_together == literal_column("1")
HAS_QUEUED: Final = target.c.queued > literal_column("0")
NOT_ALONE: Final = letter.c.alone == literal_column("0")
IS_NOTICE: Final = letter.c.kind == literal_column("'notice'")


def is_in(state: State) -> ColumnElement[bool]:
    """Return the condition that a letter is in `state`, spelt out."""
    return letter.c.state == literal_column(f"'{state}'")
