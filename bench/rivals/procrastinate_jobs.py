"""procrastinate on PostgreSQL: one asyncio process, and a pooled client."""

import asyncio
import os

from procrastinate import App, PsycopgConnector

from bench.rivals.outward import Client

AT_ONCE = 256
app = App(connector=PsycopgConnector(conninfo=os.environ["BENCH_POSTGRES"]))
_clients: list[Client] = []


@app.task(name="letter")
async def send(number: int) -> None:
    await _clients[0].send(number)


def enqueue(letters: int) -> None:
    asyncio.run(_enqueue(letters))


async def _enqueue(letters: int) -> None:
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        await send.batch_defer_async(*({"number": n} for n in range(letters)))


def work() -> None:
    asyncio.run(_work())


async def _work() -> None:
    async with app.open_async(), Client() as client:
        _clients.append(client)
        await app.run_worker_async(concurrency=AT_ONCE, delete_jobs="always")
