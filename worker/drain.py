"""Drain the queue: claim what may leave, send it over many connections, record the outcomes.

    claim in the database | reserve times in Redis | wait | send | record, in batches

Nothing is decided for a letter before it is claimed, so a pause or a change of pacing acts at once.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from redis import RedisError

from letters import tracing
from letters.reasons import Reason
from letters.sending.claiming.claimed import Claim
from letters.sending.outcomes import Answer, Outcome
from letters.storage.database import StorageUnavailable
from worker.bookkeeper import Bookkeeper, OpenBooks
from worker.rate import Rate
from worker.wall.sendgrid import SendGrid

CONNECTIONS: Final = 256
_AHEAD: Final = 512  # claimed while every connection is busy, so that none waits for a commit
_LEAST: Final = 256  # with less room, wait: a commit of many costs little more than of one
_TICK_SECONDS: Final = 0.02
_RECORD_SECONDS: Final = 0.1
_RECORD_FEW_SECONDS: Final = 0.3
_LINGER_SECONDS: Final = 1.0
# Where little is due, look for it together: each look, claim and record costs the same for one
# letter as for ten. But not while an office's letters follow so closely that it would show.
_GATHER_SECONDS: Final = 0.5
_CLOSE: Final = timedelta(seconds=20)
_HURRY_SECONDS: Final = 1.0
_RETRY_SECONDS: Final = 1.0
_MOST_NEW_TIMES: Final = 2
_HORIZON_SECONDS: Final = 0.1  # claim no further ahead: an emptied Redis forgets what was reserved
_log = logging.getLogger(__name__)
_T = TypeVar("_T")


class Drain:
    """One drain of the queue. Make one, run it once."""

    def __init__(
        self,
        books: Bookkeeper | OpenBooks,
        rate: Rate,
        sendgrid: SendGrid,
        *,
        clock_offset: timedelta,
        wake_next: Callable[[], object],
    ) -> None:
        self._books = books
        self._rate = rate
        self._sendgrid = sendgrid
        self._offset = clock_offset
        self._wake_next = wake_next
        self._stopping = asyncio.Event()
        self._free = asyncio.Semaphore(CONNECTIONS)
        self._backlog = False  # the last claim got all that it asked for
        self._look_at = 0.0  # on the monotonic clock
        self._hurries_until = 0.0
        self._has_woken = False
        self._has_answer = False
        self._sends: set[asyncio.Task[None]] = set()
        self._done: list[tuple[Claim, Outcome]] = []
        # One thread to ask the books, and one to ask Redis: they only wait.
        self._to_books = ThreadPoolExecutor(1)
        self._to_redis = ThreadPoolExecutor(1)

    def now(self) -> datetime:
        """Return the time on the clock that all workers share."""
        return datetime.now(UTC) + self._offset

    def stop(self) -> None:
        """Claim nothing more, finish what is in flight, give back what has not left."""
        self._stopping.set()

    async def run(self, seconds: float) -> int:
        """Send until nothing is due or `seconds` are over; return how many letters were claimed.

        Raises redis.RedisError when neither the rate nor the mark of our claims can be kept; all in
        flight is recorded first.
        """
        recorder = asyncio.create_task(self._record_always())
        claimed = 0
        try:
            deadline = time.monotonic() + seconds
            while not self._stopping.is_set() and time.monotonic() < deadline:
                found = await self._round()
                claimed += found
                if not found and not await self._linger():
                    break
        finally:
            if self._sends:
                await asyncio.wait(self._sends)
            recorder.cancel()
            await asyncio.gather(recorder, return_exceptions=True)
            await self._flush_at_last()
            await self._sendgrid.close()
            self._to_books.shutdown()
            self._to_redis.shutdown()
        return claimed

    async def _round(self) -> int:
        """Claim and start sending one batch; return its size."""
        # Until the first answer nobody knows how soon those ahead could leave.
        room = CONNECTIONS + (_AHEAD if self._has_answer else 0) - len(self._sends)
        if room < _LEAST:
            await self._sleep(_TICK_SECONDS / 4)
            return 0
        if not self._backlog and not (await self._gather() and await self._is_due()):
            return 0
        count = min(room, self._rate.batch)
        free = await self._reserve_times(0)
        if not await self._sleep(free - _HORIZON_SECONDS - time.monotonic()):
            return 0
        claims = await self._claim(count)
        if not claims:
            self._backlog = False
            return 0
        start = await self._reserve(claims)
        self._backlog = len(claims) == count
        if any(_is_close(won) for won in claims):
            self._hurries_until = time.monotonic() + _HURRY_SECONDS
        if self._backlog and not self._has_woken:
            self._has_woken = True
            await self._in_thread(self._to_redis, self._wake_next)
        for n, won in enumerate(claims):
            task = asyncio.create_task(self._send(won, start + n * self._rate.interval_seconds))
            self._sends.add(task)
            task.add_done_callback(self._sends.discard)
        return len(claims)

    async def _reserve(self, claims: list[Claim]) -> float:
        """Reserve a time for each claim; return the first. Raises redis.RedisError.

        Only now: what a slow claim had reserved before would be over, and its letters would leave
        late, in a crowd with those whose time it is. Without a time the claims are given back.
        """
        try:
            return await self._reserve_times(len(claims))
        except RedisError:
            given_back = Outcome(Answer.GIVEN_BACK, None)
            self._done.extend((won, given_back) for won in claims)
            raise

    async def _gather(self) -> bool:
        """Wait until it is time to look again; tell whether it is, and nobody asked to stop."""
        goes_on = await self._sleep(self._look_at - time.monotonic())
        now = time.monotonic()
        self._look_at = now if now < self._hurries_until else now + _GATHER_SECONDS
        return goes_on

    async def _is_due(self) -> bool:
        due = await self._patiently(self._books.next_due)
        return due is not None and due <= self.now()

    async def _claim(self, count: int) -> list[Claim]:
        return await self._patiently(lambda: self._books.claim(count)) or []

    async def _send(self, won: Claim, start: float) -> None:
        ahead = (won.leave_at - self.now()).total_seconds()
        await self._sleep(max(start - time.monotonic(), ahead))
        async with self._free:
            has_time = await self._keep_time(start)
            if self._stopping.is_set() or not has_time or self.now() > won.leave_by:
                outcome = Outcome(Answer.GIVEN_BACK, None)
            else:
                outcome = await self._send_once(won)
            if outcome.left_at is not None:
                outcome = replace(outcome, left_at=outcome.left_at + self._offset)
        self._has_answer = True
        self._done.append((won, outcome))

    async def _keep_time(self, start: float) -> bool:
        """Reserve another time for a letter that missed its own; tell whether it has one.

        A stalled process wakes to a crowd of letters whose time is over. Sent at once they would
        be too many in a second, with those of other workers whose time it is. A process that is
        always late sends at last: given back, its letters would never leave.
        """
        for _ in range(_MOST_NEW_TIMES):
            if time.monotonic() - start <= self._rate.patience_seconds:
                break
            try:
                start = await self._reserve_times(1)
            except RedisError:
                return False
            await self._sleep(start - time.monotonic())
        return True

    async def _send_once(self, won: Claim) -> Outcome:
        """Send a letter. An error that nobody foresaw leaves it for a person, at once."""
        try:
            with tracing.span("attempt", letter_id=won.letter_id, attempt_id=won.attempt_id):
                return await self._sendgrid.send(won)
        except Exception as error:  # noqa: BLE001 - its outcome must be recorded whatever happens
            # Only the kind of the error: its message could hold what somebody wrote.
            kind = type(error).__name__
            _log.error("unforeseen %s while sending attempt %s", kind, won.attempt_id)
            return Outcome(Answer.UNKNOWN, None, kind, reason=Reason.UNFORESEEN)

    async def _record_always(self) -> None:
        while True:
            await asyncio.sleep(_RECORD_SECONDS if self._backlog else _RECORD_FEW_SECONDS)
            try:
                await self._flush()
            except StorageUnavailable as error:
                _log.warning("the database is away (%s); outcomes wait to be recorded", error)
                await asyncio.sleep(_RETRY_SECONDS)

    async def _flush(self) -> None:
        if not self._done:
            return
        batch = list(self._done)
        await self._in_thread(self._to_books, lambda: self._books.record(batch))
        del self._done[: len(batch)]  # only now: a failed batch is tried again

    async def _flush_at_last(self) -> None:
        for _ in range(5):
            try:
                await self._flush()
            except StorageUnavailable:
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return
        _log.error("outcomes of %d letters could not be recorded", len(self._done))

    async def _linger(self) -> bool:
        """Wait a moment for what is soon due or in flight; tell whether to go on."""
        if self._sends or self._done:
            await self._sleep(_TICK_SECONDS)
            return True
        due = await self._patiently(self._books.next_due)
        if due is None:
            return False
        ahead = (due - self.now()).total_seconds()
        return ahead < _LINGER_SECONDS and await self._sleep(max(ahead, _TICK_SECONDS))

    async def _sleep(self, seconds: float) -> bool:
        """Sleep; tell whether the time is over and nobody asked to stop."""
        if seconds <= 0:
            return not self._stopping.is_set()
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return True
        return False

    async def _patiently(self, work: Callable[[], _T]) -> _T | None:
        """Ask the books. While the database is away, wait a second and return None."""
        try:
            return await self._in_thread(self._to_books, work)
        except StorageUnavailable as error:
            _log.warning("the database is away (%s); sending waits", error)
            await self._sleep(_RETRY_SECONDS)
            return None

    async def _reserve_times(self, count: int) -> float:
        return await self._in_thread(self._to_redis, lambda: self._rate.reserve(count))

    async def _in_thread(self, thread: ThreadPoolExecutor, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(thread, work)


def _is_close(won: Claim) -> bool:
    """Tell whether the next letter to the same office may follow soon."""
    return not won.is_notice and (won.slot is None or won.slot.interval < _CLOSE)
