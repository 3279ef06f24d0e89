"""Keep in Redis whom to erase again after a backup was put back: only ids."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Final, cast

from redis import Redis

from letters.receipts import erasure
from letters.sending import mark
from letters.storage.database import Database

_KEEP_ERASED: Final = timedelta(days=400)  # no backup is put back that is older
_log = logging.getLogger(__name__)


class RedisErased:
    """Who was erased in one installation. Every call may raise redis.RedisError."""

    def __init__(self, redis: Redis, installation: str) -> None:
        self._redis: Final = redis
        self._erased: Final = f"postbag:{installation}:erased"
        self._erased_until: Final = f"postbag:{installation}:erased-until"

    def note(self, database: Database, keep: timedelta, now: datetime) -> None:
        """Remember who was erased since the last call. Raises StorageUnavailable.

        Whoever is erased when `keep` is over is erased again by itself.
        """
        until = self._redis.get(self._erased_until)
        since = datetime.fromtimestamp(float(until), UTC) if until else now - _KEEP_ERASED
        with database.read() as connection:
            found = erasure.erased(connection, since, keep)
        if not found.submission_ids and found.until == since:
            return
        known = cast(
            "list[float | None]",
            self._redis.zmscore(self._erased, [*found.submission_ids])
            if found.submission_ids
            else [],
        )
        with self._redis.pipeline() as pipe:
            for submission_id, was_known in zip(found.submission_ids, known, strict=True):
                if was_known is None:
                    # Where Redis is lost as well, the log is what is left to ask.
                    _log.info("erased submission %s", submission_id)
                    pipe.zadd(self._erased, {submission_id: now.timestamp()})
            oldest = (now - _KEEP_ERASED).timestamp()
            pipe.zremrangebyscore(self._erased, "-inf", oldest)
            pipe.set(self._erased_until, repr(found.until.timestamp()))
            pipe.execute()

    def all(self) -> list[str]:
        """Return the submissions that are to stay erased."""
        return [i.decode() for i in cast("list[bytes]", self._redis.zrange(self._erased, 0, -1))]


def note_erased(database: Database, redis: Redis, keep: timedelta, now: datetime) -> None:
    """Let Redis remember who was erased. Raises StorageUnavailable and redis.RedisError."""
    with database.read() as connection:
        kept = RedisErased(redis, mark.installation(connection))
    kept.note(database, keep, now)
