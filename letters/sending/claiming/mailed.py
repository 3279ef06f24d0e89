"""Claim notices of mailings: one text to many, beside the letters that wait at the same time.

Letters come first. While any is due, they get half of all that leaves at least; what they leave
over goes to mailings.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Select, exists, select

from letters.states import State
from letters.storage.schema import IS_NOTICE, account, is_in, letter, mailing

IS_ALONE = letter.c.mailing_id.is_(None)
"""A notice of no mailing."""


def share(connection: Connection, room: int) -> int:
    """Return how many of `room` a mailing may claim before letters are asked.

    Half of them; where one is left over, it goes to mailings and to letters in turn.
    """
    claims: int = connection.execute(select(account.c.claims)).scalar_one()
    return (room + claims % 2) // 2


def first(connection: Connection, most: int) -> list[str]:
    """Return notices of mailings that are not paused, locked; those held by others left out."""
    running = _running(connection)
    if not running or most < 1:
        return []
    wanted = (
        select(letter.c.id)
        .where(is_in(State.QUEUED), IS_NOTICE, letter.c.mailing_id.in_(running))
        .order_by(letter.c.mailing_id, letter.c.id)
        .limit(most)
        .with_for_update(skip_locked=True, key_share=True)
    )
    return list(connection.execute(wanted).scalars())


def is_waiting(connection: Connection) -> bool:
    """Tell whether a notice of a mailing may leave."""
    return bool(_running(connection))


def _running(connection: Connection) -> Sequence[str]:
    """Return the mailings of which something may leave."""
    return connection.execute(_RUNNING).scalars().all()


def _has_waiting() -> Select[str]:
    waits = exists(
        select(letter.c.id).where(
            is_in(State.QUEUED), IS_NOTICE, letter.c.mailing_id == mailing.c.id
        )
    )
    return select(mailing.c.id).where(
        mailing.c.released_at.is_not(None), mailing.c.paused_at.is_(None), waits
    )


_RUNNING = _has_waiting()
