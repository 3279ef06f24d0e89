"""How fast a backlog drains: the whole path with every write, beside a bare client and the SDK."""

import asyncio
import os
import resource
import secrets
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from redis import Redis
from rq import Queue, Worker

from bench import rival
from letters import intake, ledger
from letters.campaign_file import read_campaign
from letters.settings import Settings, read_settings
from letters.storage import campaigns
from letters.storage.database import Database
from letters.storage.migrate import migrate
from letters.submission import Draft, Submission
from letters.tokens import Tokens
from sandbox.keys import new_key, public_key
from tests.stack import Valkey, campaign_file
from worker.drain import CONNECTIONS, Drain
from worker.jobs import tune
from worker.rate import Rate
from worker.sendgrid import SendGrid

LETTERS = 6_000
TARGETS = 8
NAIVE_LETTERS = 40
KEY = "SG.a-key-for-benchmarks"


@contextmanager
def stand_in(folder: Path, answer_ms: str) -> Iterator[str]:
    ca = folder / f"ca-{secrets.token_hex(4)}.pem"
    arguments = ["--port", "0", "--bare", "--tls", "--tls-ca", str(ca), "--no-events"]
    if answer_ms:
        arguments += ["--answer-ms", answer_ms]
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", *arguments],
        env={**os.environ, "SANDBOX_API_KEY": KEY},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().removeprefix("Listening on ").strip()
    os.environ["SSL_CERT_FILE"] = str(ca)
    try:
        yield url
    finally:
        process.terminate()
        process.wait()


def settings(url: str, database_url: str, redis_url: str) -> Settings:
    return read_settings(
        {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "SECRET_KEY": secrets.token_hex(16),
            "PUBLIC_URL": "http://localhost",
            "SENDGRID_API_KEY": KEY,
            "SENDGRID_API_HOST": url,
            "SENDGRID_EVENT_PUBLIC_KEY": public_key(new_key()),
            "MAIL_FROM": "letters@postbag.example",
            "SEND_RATE": "100000",
        }
    )


def fill(database: Database, tokens: Tokens, letters: int) -> None:
    targets = [f"t{n}@harbours.example" for n in range(TARGETS)]
    now = datetime.now(UTC)
    with database.write() as connection:
        campaigns.load(connection, read_campaign(campaign_file("bench", *targets)), now)
    with database.read() as connection:
        stored = campaigns.find(connection, "bench")
    text = "I walk under the harbour's trees each day. " * 40
    for n in range(letters // TARGETS):
        drafts = tuple(Draft(target.id, "Trees", text) for target in stored.targets)
        new = Submission(
            secrets.token_hex(16), "Ana", f"a{n}@readers.example", "", "", (), 0, opt_in=False,
            drafts=drafts,
        )  # fmt: skip
        intake.take(database, tokens, "http://localhost", stored, new, now)


async def drain_once(database: Database, redis: Redis, chosen: Settings) -> int:
    tune()
    work = Drain(
        database,
        Rate(redis, chosen.send_rate),
        SendGrid(chosen, CONNECTIONS),
        clock_offset=timedelta(),
        wake_next=lambda: None,
    )
    return await work.run(120)


async def bare(url: str, letters: int) -> None:
    context = ssl.create_default_context()
    body = b'{"personalizations": [{"to": [{"email": "t@harbours.example"}], "custom_args": {}}]}'
    left = iter(range(letters))
    connector = aiohttp.TCPConnector(limit=CONNECTIONS, ssl=context)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def send() -> None:
            for _ in left:
                async with session.post(
                    f"{url}/v3/mail/send",
                    data=body,
                    headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
                ) as response:
                    assert response.status == 202

        await asyncio.gather(*(send() for _ in range(CONNECTIONS)))


def naive(redis: Redis, url: str, letters: int) -> None:
    os.environ.update(SENDGRID_API_KEY=KEY, BENCH_HOST=url)
    queue = Queue("naive", connection=redis)
    for n in range(letters):
        queue.enqueue(rival.send, str(n))
    Worker([queue], connection=redis).work(burst=True, logging_level="WARNING")


def timed(letters: int, seconds: float, cpu: float) -> str:
    return f"{letters / seconds:9.1f} letters/s {cpu / letters * 1000:8.2f} ms CPU a letter"


def cpu_seconds() -> float:
    return sum(
        resource.getrusage(who).ru_utime + resource.getrusage(who).ru_stime
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )


def main() -> None:
    rows: list[str] = []
    with tempfile.TemporaryDirectory() as name, Valkey(Path(name)) as valkey:
        folder = Path(name)
        for answer_ms in ("50-150", ""):
            with stand_in(folder, answer_ms) as url:
                path = folder / f"{answer_ms or 'at-once'}.db"
                chosen = settings(url, f"sqlite:///{path}", valkey.new_database())
                database = Database(chosen.database_url)
                migrate(database)
                fill(database, Tokens(chosen.secret_keys), LETTERS)
                redis = Redis.from_url(chosen.redis_url)
                label = f"answer after {answer_ms} ms" if answer_ms else "answer at once"

                start, cpu = time.monotonic(), cpu_seconds()
                claimed = asyncio.run(drain_once(database, redis, chosen))
                ours = claimed / (time.monotonic() - start)
                rows.append(
                    f"{label:24} postbag {timed(claimed, claimed / ours, cpu_seconds() - cpu)}"
                )
                with database.read() as connection:
                    books = ledger.count(connection)["bench"]
                assert books.reconciled
                assert books.as_json()["states"]["accepted"] == LETTERS  # type: ignore[index]

                start, cpu = time.monotonic(), cpu_seconds()
                asyncio.run(bare(url, claimed))
                plain = claimed / (time.monotonic() - start)
                rows.append(
                    f"{label:24} bare    {timed(claimed, claimed / plain, cpu_seconds() - cpu)}"
                )

                start, cpu = time.monotonic(), cpu_seconds()
                naive(redis, url, NAIVE_LETTERS)
                rival_rate = NAIVE_LETTERS / (time.monotonic() - start)
                rows.append(
                    f"{label:24} rq+sdk  "
                    f"{timed(NAIVE_LETTERS, NAIVE_LETTERS / rival_rate, cpu_seconds() - cpu)}"
                )
                rows.append(
                    f"{label:24} postbag is {ours / plain:.2f} of bare and "
                    f"{ours / rival_rate:.0f} times rq+sdk"
                )
                database.close()
                redis.close()
    print("\n".join(rows))
