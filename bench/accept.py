"""How fast letters are taken in: the whole page, beside the same page with the storing cut out."""

import asyncio
import re
import secrets
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask

from bench.events import database_urls, environment, web
from letters.books import ledger
from letters.campaigns import store
from letters.files.campaign_file import read_campaign
from letters.intake.take import Intake
from letters.storage.database import Database
from letters.storage.migrate import migrate
from rig.campaigns import campaign_file
from rig.servers import Valkey
from sandbox.keys import new_key, public_key
from webapp.app import create_app
from webapp.site import even

CLIENTS = 32
SECONDS = 2
ROUNDS = 12  # short ones in turn, so that what else the machine does falls on both
LEAST = 0.75
MOST_P99 = 2.5
TOKEN = re.compile(rb'name="token" value="([^"]+)"')
TEXT = "I walk under the harbour's trees each day, and so do my children. " * 25


def without_waiting() -> Flask:
    """Give the web app as it is, but that no answer waits until it is due: that is no work."""
    even.wait_out = lambda begun: None  # noqa: ARG005 - as the one that it stands in for
    return create_app()


def without_storing() -> Flask:
    """Give the same, but that nothing is stored at the end."""
    Intake.take = lambda *_: None  # type: ignore[method-assign]
    return without_waiting()


async def request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str, body: bytes = b""
) -> tuple[bytes, bytes]:
    """Ask over a connection that stays open; give the answer's head and body."""
    writer.write(
        f"{head}\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    )
    answer = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: ([0-9]+)", answer)
    assert length is not None
    return answer, await reader.readexactly(int(length[1]))


def filled_in(page: bytes) -> bytes:
    """Give the form on a page as a supporter who is new each time posts it."""
    token = TOKEN.search(page)
    assert token is not None
    fields = {
        "token": token[1].decode(),
        "name": "Ana Reed",
        "email": f"{secrets.token_hex(8)}@readers.example",
        "subject": "Keep the trees",
        "reason": "I was married under the third one.",
        "body": TEXT,
        "points": "trees",
    }
    return urlencode(fields).encode()


async def write_letters(port: int, until: float, took: list[float]) -> None:
    """Fetch the form and post it, again and again, as one supporter after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < until:
        start = time.perf_counter()
        _, page = await request(reader, writer, "GET /c/bench HTTP/1.1")
        head = "POST /c/bench HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded"
        answer, _ = await request(reader, writer, head, filled_in(page))
        assert answer.startswith(b"HTTP/1.1 303"), answer
        took.append(time.perf_counter() - start)
    writer.close()
    await writer.wait_closed()


async def measure(port: int, seconds: float) -> tuple[float, list[float]]:
    """Give letters a second, and the seconds that each took."""
    took: list[float] = []
    start = time.perf_counter()
    until = start + seconds
    await asyncio.gather(*(write_letters(port, until, took) for _ in range(CLIENTS)))
    return len(took) / (time.perf_counter() - start), took


APPS = {"stored": "bench.accept:without_waiting()", "cut out": "bench.accept:without_storing()"}


def load(database: Database) -> None:
    """Let there be the campaign that letters are written to."""
    migrate(database)
    with database.write() as connection:
        store.load(connection, read_campaign(campaign_file("bench")), datetime.now(UTC))


def beside(url: str, redis_url: str, rounds: int) -> tuple[dict[str, float], dict[str, float]]:
    """Measure the page with and without the storing in turn; give letters a second, and p99."""
    key = public_key(new_key())
    rates: dict[str, list[float]] = {kind: [] for kind in APPS}
    seconds: dict[str, list[float]] = {kind: [] for kind in APPS}
    shared = environment(url, redis_url, key) | {"WEB_CONCURRENCY": "2"}
    with web(shared, APPS["stored"]) as stored, web(shared, APPS["cut out"]) as cut:
        ports = {"stored": stored, "cut out": cut}
        for port in ports.values():
            asyncio.run(measure(port, 1))  # everything is loaded and connected
        for _ in range(rounds):
            for kind, port in ports.items():
                per_second, took = asyncio.run(measure(port, SECONDS))
                rates[kind].append(per_second)
                seconds[kind] += took
    rate = {kind: statistics.mean(many) for kind, many in rates.items()}
    p99 = {kind: statistics.quantiles(many, n=100)[98] for kind, many in seconds.items()}
    return rate, p99


def main() -> None:
    rows: list[str] = []
    with (
        tempfile.TemporaryDirectory() as name,
        Valkey(Path(name)) as valkey,
        database_urls(Path(name)) as urls,
    ):
        for label, url in urls.items():
            database = Database(url)
            load(database)
            rate, p99 = beside(url, valkey.new_database(), ROUNDS)
            with database.read() as connection:
                books = ledger.count(connection)["bench"]
            assert books.reconciled
            database.close()
            rows += [
                f"{label:10} {kind:8} {rate[kind]:7.0f} letters/s  p99 {p99[kind] * 1000:6.0f} ms"
                for kind in APPS
            ]
            share, slower = rate["stored"] / rate["cut out"], p99["stored"] / p99["cut out"]
            verdict = "" if share >= LEAST and slower <= MOST_P99 else "  outside 0.75 and 2.5"
            rows.append(
                f"{label:10} stored is {share:.2f} of cut out, p99 {slower:.2f} times{verdict}"
            )
    print("\n".join(rows))
