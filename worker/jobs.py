"""The one job that RQ runs. It carries no data: what there is to do stands in the database."""

import asyncio
import gc
import logging
import os
import signal
from contextlib import suppress
from datetime import timedelta
from typing import Final

from redis import Redis, RedisError

from letters import tracing
from letters.settings import Settings, read_settings
from worker.bookkeeper import Bookkeeper
from worker.clock import offset
from worker.drain import CONNECTIONS, Drain
from worker.rate import Rate
from worker.wake import DRAIN_SECONDS, wake
from worker.wall.sendgrid import SendGrid

_log = logging.getLogger("worker")
_ORPHAN_CHECK_SECONDS: Final = 1.0
_FORKED_FROM: Final = os.getpid()  # the RQ worker imports this, and forks a work-horse for each job
_GARBAGE: Final = (20_000, 20, 50)


def drain() -> None:
    """Send what is due, in this work-horse."""
    # What is imported never becomes garbage: looking through it took a tenth of the sending time.
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
    settings = read_settings(os.environ)
    tracing.configure(settings.tracing)
    redis = Redis.from_url(settings.redis_url, socket_timeout=5, socket_connect_timeout=5)
    try:
        ahead = offset(redis)  # before anything is opened: Redis may be away
        with Bookkeeper(settings.database_url, settings.redis_url, ahead) as books:
            asyncio.run(_drain(settings, redis, books, ahead))
    except RedisError as error:
        # Not a failed job: it would be kept, in a Redis that may be full. The sweeper wakes again.
        _log.warning("Redis is away or full (%s); nothing more is sent", type(error).__name__)
    redis.close()
    tracing.flush()


async def _drain(settings: Settings, redis: Redis, books: Bookkeeper, ahead: timedelta) -> None:
    def wake_next() -> None:
        with suppress(RedisError):  # the sweeper wakes others as well, a little later
            wake(redis)

    work = Drain(
        books,
        Rate(redis, settings.send_rate),
        SendGrid(settings, CONNECTIONS),
        clock_offset=ahead,
        wake_next=wake_next,
    )
    loop = asyncio.get_running_loop()
    # RQ lets SIGTERM kill a work-horse. systemd and Heroku send it to every process.
    loop.add_signal_handler(signal.SIGTERM, work.stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})  # held back since the fork
    orphaned = asyncio.create_task(_stop_when_orphaned(work))
    try:
        await work.run(DRAIN_SECONDS)
    finally:
        orphaned.cancel()


async def _stop_when_orphaned(work: Drain) -> None:
    # Our worker may have been killed before we could ask who it is.
    while os.getppid() == _FORKED_FROM:  # noqa: ASYNC110 - nobody tells us, so we look
        await asyncio.sleep(_ORPHAN_CHECK_SECONDS)
    work.stop()
