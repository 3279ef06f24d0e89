"""Keep in Redis how far claims have come, and whom to erase again after a backup was put back.

Only ids and numbers. See :mod:`letters.sending.mark`.
"""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, cast

from redis import Redis

from letters.receipts import erasure
from letters.sending import gate
from letters.sending import mark as books
from letters.sending.mark import Claimed, Mark
from letters.storage.database import Database

_LOG_LENGTH: Final = 20_000  # claims that are remembered one by one: some 2 MB
_KEEP_ERASED: Final = timedelta(days=400)  # no backup is put back that is older
_log = logging.getLogger(__name__)
_RAISE: Final = """
local claims = tonumber(redis.call('HGET', KEYS[1], 'claims') or '-1')
if tonumber(ARGV[1]) > claims then redis.call('HSET', KEYS[1], 'claims', ARGV[1]) end
local newest = redis.call('HGET', KEYS[1], 'newest') or ''
if ARGV[2] > newest then redis.call('HSET', KEYS[1], 'newest', ARGV[2]) end
for n = 4, #ARGV do redis.call('RPUSH', KEYS[2], ARGV[n]) end
redis.call('LTRIM', KEYS[2], -ARGV[3], -1)
"""


class RedisMark:
    """The mark of one installation. Every call may raise redis.RedisError."""

    def __init__(self, redis: Redis, installation: str) -> None:
        key = f"postbag:{installation}"
        self._redis: Final = redis
        self._mark: Final = f"{key}:claims"
        self._log: Final = f"{key}:claimed"
        self._erased: Final = f"{key}:erased"
        self._erased_until: Final = f"{key}:erased-until"
        self._raise: Final = redis.register_script(_RAISE)

    def read(self) -> Mark | None:
        """Return the mark; None: Redis knows of none."""
        claims, newest = cast(
            "list[bytes | None]", self._redis.hmget(self._mark, ["claims", "newest"])
        )
        if claims is None:
            return None
        return Mark(int(claims), (newest or b"").decode())

    def raise_to(self, mark: Mark, claimed: Sequence[Claimed] = ()) -> None:
        """Let the mark be this at least, and remember what was claimed."""
        log = [f"{each.number}:{each.letter_id}:{each.attempt_id}" for each in claimed]
        self._raise(
            keys=[self._mark, self._log], args=[mark.claims, mark.newest, _LOG_LENGTH, *log]
        )

    def claimed_after(self, claims: int) -> list[Claimed] | None:
        """Return everything that was claimed after so many claims; None: not all is remembered."""
        log = [
            Claimed(int(number), letter_id, attempt_id)
            for number, letter_id, attempt_id in (
                entry.decode().split(":")
                for entry in cast("list[bytes]", self._redis.lrange(self._log, 0, -1))
            )
        ]
        if min((each.number for each in log), default=claims + 2) > claims + 1:
            return None
        return [each for each in log if each.number > claims]

    def note_erased(self, database: Database, keep: timedelta, now: datetime) -> None:
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

    def erased(self) -> list[str]:
        """Return the submissions that are to stay erased."""
        return [i.decode() for i in cast("list[bytes]", self._redis.zrange(self._erased, 0, -1))]


def check(database: Database, redis: Redis, now: datetime) -> bool:
    """Compare books and Redis; tell whether the books are older than what was sent.

    What Redis has lost it gets anew. Raises StorageUnavailable and redis.RedisError.
    """
    with database.read() as connection:
        kept = RedisMark(redis, books.installation(connection))
    in_redis = kept.read()  # before the books are read: see books.is_behind
    with database.read() as connection:
        ours = books.look(connection)
        is_known = gate.look(connection).behind_since is not None
    if is_known:
        return True
    if in_redis is not None and in_redis.claims > ours.claims:
        with database.write() as connection:
            return books.is_behind(connection, in_redis, now)
    if in_redis is None or in_redis.claims < ours.claims:
        kept.raise_to(ours)
    return False


def note_erased(database: Database, redis: Redis, keep: timedelta, now: datetime) -> None:
    """Let Redis remember who was erased. Raises StorageUnavailable and redis.RedisError."""
    with database.read() as connection:
        kept = RedisMark(redis, books.installation(connection))
    kept.note_erased(database, keep, now)
