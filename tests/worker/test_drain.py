"""One drain of the queue, with its parts as arguments: real books, a real rate, a played wire."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis, RedisError

from letters.sending.claiming.claimed import Claim
from letters.sending.outcomes import Outcome
from letters.storage.database import Database, StorageUnavailable
from rig.servers import Valkey
from tests.support.books import Books, settings
from tests.support.played import CLOSE, TAKEN, Played
from worker.bookkeeper import OpenBooks
from worker.drain import CONNECTIONS, Drain
from worker.rate import Rate
from worker.wall.sendgrid import SendGrid

PER_SECOND = 200.0
LONGEST_SECONDS = 30.0
NOW = timedelta()
SLOW_DOWN = b"HTTP/1.1 429 Slow\r\nRetry-After: 3600\r\nContent-Length: 0\r\n\r\n"
WHO = b"HTTP/1.1 401 Who\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
def redis(valkey: Valkey) -> Iterator[Redis]:
    client = Redis.from_url(valkey.new_database())
    yield client
    client.close()


@pytest.fixture
def books(database: Database) -> Books:
    """Give books that open now: a drain reads the clock."""
    made = Books(database, now=datetime.now(UTC) - timedelta(minutes=1))
    made.load("trees", "minister@harbours.example")
    return made


@dataclass
class Ran:
    """What a drain did."""

    claimed: int
    played: Played
    wakes: list[None] = field(default_factory=list)


def run(
    books: OpenBooks,
    rate: Rate,
    *answers: bytes,
    sendgrid: type[SendGrid] = SendGrid,
    meanwhile: Callable[[Drain], object] = lambda _drain: None,
) -> Ran:
    """Drain once, to a server that gives these answers."""

    async def play() -> Ran:
        ran = Ran(0, Played(*answers))
        async with ran.played.listening() as port:
            host = settings(SENDGRID_API_HOST=f"http://127.0.0.1:{port}", SEND_TIMEOUT="5")
            drain = Drain(
                books,
                rate,
                sendgrid(host, CONNECTIONS),
                clock_offset=NOW,
                wake_next=lambda: ran.wakes.append(None),
            )
            asyncio.get_running_loop().call_soon(meanwhile, drain)
            ran.claimed = await drain.run(LONGEST_SECONDS)
        return ran

    return asyncio.run(play())


def test_all_that_is_due_leaves_once(books: Books, redis: Redis) -> None:
    for _ in range(5):
        books.write("trees")
    ran = run(OpenBooks(books.database, redis, NOW), Rate(redis, PER_SECOND), *[TAKEN] * 20)
    letters = [body for body in ran.played.bodies if b'"letter_id"' in body]
    assert len(letters) == len(set(letters)) == 5
    assert ran.claimed == len(ran.played.bodies) == 10  # each writer gets a notice
    assert books.states("trees") == {"accepted": 5}


def test_with_nothing_due_it_ends_at_once(books: Books, redis: Redis) -> None:
    ran = run(OpenBooks(books.database, redis, NOW), Rate(redis, PER_SECOND))
    assert (ran.claimed, ran.played.connections, ran.wakes) == (0, 0, [])


def test_what_is_due_later_is_left_for_later(books: Books, redis: Redis) -> None:
    books.load("slow", "slow@harbours.example", pacing="per_target_per_hour = 1")
    for _ in range(3):
        books.write("slow")
    run(OpenBooks(books.database, redis, NOW), Rate(redis, PER_SECOND), *[TAKEN] * 20)
    assert books.states("slow") == {"accepted": 1, "queued": 2}


def test_a_long_queue_wakes_another_worker_once(books: Books, redis: Redis) -> None:
    rate = Rate(redis, PER_SECOND)
    for _ in range(2 * rate.batch):
        books.write("trees")
    ran = run(OpenBooks(books.database, redis, NOW), rate, *[TAKEN] * 100)
    assert len(ran.wakes) == 1
    assert books.states("trees") == {"accepted": 2 * rate.batch}


def test_told_to_stop_it_gives_back_what_has_not_left(books: Books, redis: Redis) -> None:
    for _ in range(3):
        books.write("trees")

    class Stops(OpenBooks):
        """Books in which a claim is just made when the drain is told to stop."""

        drain: Drain

        def claim(self, most: int) -> list[Claim]:
            won = super().claim(most)
            type(self).drain.stop()
            return won

    ran = run(
        Stops(books.database, redis, NOW),
        Rate(redis, PER_SECOND),
        *[TAKEN] * 20,
        meanwhile=lambda drain: setattr(Stops, "drain", drain),
    )
    assert ran.claimed > 0
    assert ran.played.bodies == []
    assert books.states("trees") == {"queued": 3}


def test_without_times_to_leave_at_everything_is_given_back(books: Books, redis: Redis) -> None:
    class GoneAfterTheClaim(Rate):
        """A rate whose Redis goes away between a claim and its times."""

        def reserve(self, count: int) -> float:
            if count:
                raise RedisError
            return super().reserve(count)

    books.write("trees")
    with pytest.raises(RedisError):
        run(OpenBooks(books.database, redis, NOW), GoneAfterTheClaim(redis, PER_SECOND))
    assert books.states("trees") == {"queued": 1}


def test_outcomes_wait_until_the_database_is_back(books: Books, redis: Redis) -> None:
    books.write("trees")
    tries: list[int] = []

    class AwayForAWhile(OpenBooks):
        """Books that cannot be written to when the first outcomes come in."""

        def record(self, ended: Sequence[tuple[Claim, Outcome]]) -> None:
            tries.append(len(ended))
            if len(tries) == 1:
                raise StorageUnavailable
            super().record(ended)

    ran = run(AwayForAWhile(books.database, redis, NOW), Rate(redis, PER_SECOND), *[TAKEN] * 20)
    assert len(tries) > 1
    assert len(ran.played.bodies) == 2
    assert books.states("trees") == {"accepted": 1}


def test_an_error_that_nobody_foresaw_leaves_the_letter_for_a_person(
    books: Books, redis: Redis
) -> None:
    class Broken(SendGrid):
        """A client with a bug of ours in it."""

        async def send(self, claim: Claim) -> Outcome:
            raise LookupError(claim.to_email)

    books.write("trees")
    run(OpenBooks(books.database, redis, NOW), Rate(redis, PER_SECOND), sendgrid=Broken)
    assert books.states("trees") == {"unknown": 1}


@pytest.mark.parametrize(
    ("answer", "states"),
    [(SLOW_DOWN, {"queued": 1}), (WHO, {"queued": 1}), (CLOSE, {"unknown": 1})],
)
def test_what_the_other_side_says_is_in_the_books(
    books: Books, redis: Redis, answer: bytes, states: dict[str, int]
) -> None:
    books.write("trees")
    run(OpenBooks(books.database, redis, NOW), Rate(redis, PER_SECOND), *[answer] * 2)
    assert books.states("trees") == states


def test_a_letter_that_missed_its_time_gets_another_and_leaves_at_last(
    books: Books, redis: Redis
) -> None:
    class AlwaysLate(Rate):
        """A rate whose times are over by the time they come."""

        def reserve(self, count: int) -> float:
            return super().reserve(count) - 60

    books.write("trees")
    ran = run(OpenBooks(books.database, redis, NOW), AlwaysLate(redis, PER_SECOND), *[TAKEN] * 20)
    assert len(ran.played.bodies) == 2
    assert books.states("trees") == {"accepted": 1}
