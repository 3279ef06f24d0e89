"""Seventy letters a second, as they come, with a mail to confirm each, on all of the machine."""

import asyncio
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select

from bench.accept import filled_in, request
from bench.bounds import Bounds
from bench.events import web
from bench.parts import running, settings, stand_in
from letters.campaigns import store
from letters.files.campaign_file import read_campaign
from letters.storage.database import Database
from letters.storage.schema import attempt, letter, submission
from rig.campaigns import campaign_file
from rig.servers import wait_for

A_SECOND = 70
MOST_P99_MS = 200.0
MOST_SECONDS = 2.0
_Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Writers:
    """Supporters who come one after the other, however long the answers to others take."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle: list[_Connection] = []
        self.took: list[float] = []

    async def come(self, seconds: int) -> None:
        begun = time.perf_counter()
        under_way: set[asyncio.Task[None]] = set()
        for n in range(A_SECOND * seconds):
            await asyncio.sleep(max(0.0, begun + n / A_SECOND - time.perf_counter()))
            task = asyncio.create_task(self._write())
            under_way.add(task)
            task.add_done_callback(under_way.discard)
        await asyncio.gather(*under_way)

    async def _write(self) -> None:
        connection = await self._connected()
        page = await self._ask(connection, "GET /c/steady HTTP/1.1")
        head = "POST /c/steady HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded"
        await self._ask(connection, head, filled_in(page))
        self._idle.append(connection)

    async def _connected(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection[0].at_eof():  # the server ends what is idle for long
                return connection
        return await asyncio.open_connection("127.0.0.1", self._port)

    async def _ask(self, connection: _Connection, head: str, body: bytes = b"") -> bytes:
        begun = time.perf_counter()
        answer, page = await request(*connection, head, body)
        assert answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 303")), answer
        self.took.append(time.perf_counter() - begun)
        return page


def run(folder: Path, url: str, redis_url: str, seconds: int, bounds: Bounds) -> None:
    """Let them come to two web processes and a worker; hold how long answers and mails take."""
    database = Database(url)
    file = campaign_file("steady", more='confirm = "before-sending"\n')
    with database.write() as connection:
        store.load(connection, read_campaign(file), datetime.now(UTC))
    with stand_in(folder, "50-150") as to:
        chosen = {**to.environment(), **settings(url, redis_url), "SEND_RATE": "1000"}
        limits = {"FORM_LIMIT": "100000000/hour", "FORM_MIN_SECONDS": "0", "WEB_CONCURRENCY": "2"}
        worker = [sys.executable, "-m", "worker"]
        with running(worker, chosen, folder / "steady.log"), web({**chosen, **limits}) as port:
            asyncio.run(Writers(port).come(3))  # everything is loaded and connected
            began = datetime.now(UTC)
            writers = Writers(port)
            asyncio.run(writers.come(seconds))
            wait_for(lambda: _mails(database, began)[0] >= A_SECOND * seconds)
    p99 = statistics.quantiles(writers.took, n=100)[98] * 1_000
    median = statistics.median(writers.took) * 1_000
    print(f"    {A_SECOND} a second for {seconds} s: an answer takes {median:.0f} ms (median)")
    bounds.at_most(f"{A_SECOND} a second, p99 of an answer", p99, MOST_P99_MS, " ms")
    slowest = _mails(database, began)[1]
    bounds.at_most("the slowest mail to confirm is at SendGrid after", slowest, MOST_SECONDS, " s")
    database.close()


def _mails(database: Database, since: datetime) -> tuple[int, float]:
    """Return how many mails to confirm SendGrid has taken, and the longest way of one."""
    with database.read() as connection:
        rows = connection.execute(
            select(submission.c.submitted_at, func.min(attempt.c.ended_at))
            .select_from(
                submission.join(letter, letter.c.submission_id == submission.c.id).join(
                    attempt, attempt.c.letter_id == letter.c.id
                )
            )
            .where(submission.c.submitted_at >= since, letter.c.kind == "notice")
            .group_by(submission.c.id, submission.c.submitted_at)
        ).all()
    took = [(at - submitted).total_seconds() for submitted, at in rows if at is not None]
    return len(took), max(took, default=0.0)
