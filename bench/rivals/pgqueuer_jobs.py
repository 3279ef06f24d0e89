"""pgqueuer on PostgreSQL: one asyncio process, and a pooled client."""

import asyncio
import os

import psycopg
from pgqueuer import PgQueuer, Queries
from pgqueuer.db import PsycopgDriver
from pgqueuer.models import Job

from bench.rivals.outward import Client

ENTRY = "letter"
BATCH = 256
_URL = os.environ["BENCH_POSTGRES"]


def enqueue(letters: int) -> None:
    asyncio.run(_enqueue(letters))


async def _enqueue(letters: int) -> None:
    async with await psycopg.AsyncConnection.connect(_URL, autocommit=True) as connection:
        queries = Queries(PsycopgDriver(connection))
        await queries.install()
        for first in range(0, letters, 1_000):
            many = min(1_000, letters - first)
            payloads: list[bytes | None] = [str(first + n).encode() for n in range(many)]
            await queries.enqueue([ENTRY] * many, payloads, [0] * many)


def work() -> None:
    asyncio.run(_work())


async def _work() -> None:
    async with (
        await psycopg.AsyncConnection.connect(_URL, autocommit=True) as connection,
        Client() as client,
    ):
        queue = PgQueuer(PsycopgDriver(connection))

        @queue.entrypoint(ENTRY)
        async def send(job: Job) -> None:
            await client.send(int(job.payload or b"0"))

        await queue.run(batch_size=BATCH)
