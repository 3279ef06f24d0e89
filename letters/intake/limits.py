"""Count what one client does, in the database: where Redis keeps the count and is away."""

from datetime import datetime, timedelta
from math import ceil
from typing import Final

from sqlalchemy import Connection, delete, exists, func, insert, select

from letters.settings import Limit
from letters.storage.schema import throttle

_LONGEST: Final = timedelta(days=1)  # the longest period of a limit


def wait_seconds(connection: Connection, bucket: str, limit: Limit, now: datetime) -> int:
    """Count one more thing in a bucket and return 0; or the seconds until it may be done."""
    if connection.dialect.name == "postgresql":
        # Else posts at the same moment would count the same earlier ones, and all get in.
        connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(bucket, 0))))
    period = timedelta(seconds=limit.period_seconds)
    used, first = connection.execute(
        select(func.count(), func.min(throttle.c.at)).where(
            throttle.c.bucket == bucket, throttle.c.at > now - period
        )
    ).one()
    if used >= limit.count:
        left: timedelta = first + period - now
        return max(1, ceil(left.total_seconds()))
    connection.execute(insert(throttle).values(bucket=bucket, at=now))
    return 0


def is_stale(connection: Connection, now: datetime) -> bool:
    """Tell whether anything is kept that no limit looks at any more."""
    old = select(exists().where(throttle.c.at < now - _LONGEST))
    return bool(connection.execute(old).scalar())


def forget(connection: Connection, now: datetime) -> None:
    """Forget what no limit looks at any more."""
    connection.execute(delete(throttle).where(throttle.c.at < now - _LONGEST))
