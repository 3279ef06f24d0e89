"""Post signed events to the webhook, and go on trying until it has taken them."""

import asyncio
import heapq
import itertools
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from sandbox.behaviour.events import Event, signature_headers, webhook_body
from sandbox.mail.shapes import Json

_GATHER_S = 0.05  # what falls due in this time travels together
_BATCH_LIMIT = 1000  # keeps a post well under the 4 MiB that a receiver may set as its limit
_POST_TIMEOUT = aiohttp.ClientTimeout(total=15)
_FIRST_RETRY_S = 1.0
_LAST_RETRY_S = 60.0
_FOREVER_S = 3600.0


@dataclass(frozen=True)
class Answer:
    """What the webhook answered."""

    status: int
    body: bytes

    def taken(self) -> bool:
        """Tell whether the post was taken; SendGrid retries on anything but a 2xx."""
        return 200 <= self.status < 300


class Webhook:
    """The address that events are posted to."""

    def __init__(
        self, url: str, key: EllipticCurvePrivateKey, session: aiohttp.ClientSession
    ) -> None:
        """Post to `url` over `session`, signing with `key`."""
        self._url, self._key, self._session = url, key, session

    async def post(self, events: Sequence[Json]) -> Answer:
        """Post `events` once. Raises aiohttp.ClientError or TimeoutError if no answer comes."""
        body = webhook_body(events)
        headers = {
            "Content-Type": "application/json;charset=utf-8",
            "User-Agent": "SendGrid Event API",
            **signature_headers(self._key, body, time.time()),
        }
        async with self._session.post(
            self._url, data=body, headers=headers, timeout=_POST_TIMEOUT, allow_redirects=False
        ) as response:
            return Answer(response.status, await response.read())


@dataclass(frozen=True)
class Handling:
    """How events are let go: held back, each one so many times over, in any order."""

    hold: bool = False
    duplicate: int = 1
    shuffle: bool = False
    seed: int | None = None


class Delivery:
    """Events on their way: each leaves when it is due and stays ours until it is taken."""

    def __init__(self, webhook: Webhook, settled: Callable[[int], None]) -> None:
        """Deliver to `webhook`; call `settled(n)` once every event of message n has been taken."""
        self._webhook = webhook
        self._settled = settled
        self._due: list[tuple[float, int, Event]] = []
        self._order = itertools.count()
        self._owed: Counter[int] = Counter()
        self._changed = asyncio.Event()
        self._posts: set[asyncio.Task[None]] = set()
        self._failing = False
        self.handling = Handling()
        self._dice = random.Random()  # noqa: S311 - it shuffles

    def add(self, events: Iterable[Event]) -> None:
        """Take charge of `events`."""
        for event in events:
            heapq.heappush(self._due, (event.due_at, next(self._order), event))
            self._owed[event.n] += 1
        self._changed.set()

    def handle(self, handling: Handling) -> None:
        """Handle events in this way from now on."""
        self.handling = handling
        self._dice = random.Random(handling.seed)  # noqa: S311 - it shuffles
        self._changed.set()

    async def run(self) -> None:
        """Let events go as they fall due, until cancelled."""
        try:
            while True:
                await self._until_something_is_due()
                await asyncio.sleep(_GATHER_S)
                batch = self._pop_due(time.time())
                if batch:
                    post = asyncio.create_task(self._deliver(batch))
                    self._posts.add(post)
                    post.add_done_callback(self._posts.discard)
        finally:
            for post in self._posts:
                post.cancel()

    async def _until_something_is_due(self) -> None:
        while True:
            self._changed.clear()
            wait_s = _FOREVER_S
            if self._due and not self.handling.hold:
                wait_s = self._due[0][0] - time.time()
            if wait_s <= 0:
                return
            try:
                await asyncio.wait_for(self._changed.wait(), wait_s)
            except TimeoutError:
                continue

    def _pop_due(self, now: float) -> list[Event]:
        batch: list[Event] = []
        while (
            not self.handling.hold
            and self._due
            and self._due[0][0] <= now
            and len(batch) < _BATCH_LIMIT
        ):
            batch.append(heapq.heappop(self._due)[2])
        return batch

    async def _deliver(self, batch: list[Event]) -> None:
        posted = [event.fields for event in batch] * self.handling.duplicate
        if self.handling.shuffle:
            self._dice.shuffle(posted)
        retry_s = _FIRST_RETRY_S
        while not await self._is_taken(posted, retry_s):
            await asyncio.sleep(retry_s)
            retry_s = min(2 * retry_s, _LAST_RETRY_S)
        for event in batch:
            self._owed[event.n] -= 1
            if not self._owed[event.n]:
                del self._owed[event.n]
                self._settled(event.n)

    async def _is_taken(self, events: Sequence[Json], retry_s: float) -> bool:
        try:
            answer = await self._webhook.post(events)
        except (aiohttp.ClientError, TimeoutError) as error:
            taken, trouble = False, f"cannot be reached ({type(error).__name__})"
        else:
            taken, trouble = answer.taken(), f"answered {answer.status}"
        # One line when trouble starts and one when it ends, however many posts are waiting.
        if not taken and not self._failing:
            sys.stderr.write(f"The webhook {trouble}; trying again in {retry_s:g} s.\n")
        elif taken and self._failing:
            sys.stderr.write("The webhook takes events again.\n")
        self._failing = not taken
        return taken
