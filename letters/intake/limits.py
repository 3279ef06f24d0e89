"""Count what one client does, in the database: where Redis keeps the count and is away."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, exists, func, insert, select

from letters.settings import Limit
from letters.storage.schema import throttle

_LONGEST: Final = timedelta(days=1)  # the longest period of a limit


def admit(connection: Connection, bucket: str, limit: Limit, cost: int, now: datetime) -> bool:
    """Tell whether one more thing may be done in a bucket, and count it."""
    if connection.dialect.name == "postgresql":
        # Else posts at the same moment would count the same earlier ones, and all get in.
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(bucket, 0))))
    since = now - timedelta(seconds=limit.period_seconds)
    used = connection.execute(
        select(func.count()).where(throttle.c.bucket == bucket, throttle.c.at > since)
    ).scalar_one()
    if used >= limit.count:
        return False
    connection.execute(insert(throttle), [{"bucket": bucket, "at": now}] * cost)
    return True


def is_stale(connection: Connection, now: datetime) -> bool:
    """Tell whether anything is kept that no limit looks at any more."""
    old = select(exists().where(throttle.c.at < now - _LONGEST))
    return bool(connection.execute(old).scalar())


def forget(connection: Connection, now: datetime) -> None:
    """Forget what no limit looks at any more."""
    connection.execute(delete(throttle).where(throttle.c.at < now - _LONGEST))
