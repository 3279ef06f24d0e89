"""What a letter to hundreds of targets costs the web server."""

import asyncio
import statistics
from datetime import UTC, datetime
from typing import Final

import psutil

from bench import accept
from bench.bounds import Bounds
from bench.parts import cpu_seconds
from letters.campaigns import store
from letters.files.campaign_file import read_campaign
from letters.storage.database import Database
from rig.campaigns import campaign_file

TARGETS: Final = 650
MOST_MS: Final = 60.0
POSTS, ROUNDS = 10, 5
SLUG: Final = "many"


def load(database: Database) -> None:
    """Let there be a campaign that writes to all of them."""
    offices = [f"m{n}@harbours.example" for n in range(TARGETS)]
    with database.write() as connection:
        store.load(connection, read_campaign(campaign_file(SLUG, *offices)), datetime.now(UTC))


async def posts(port: int, process: psutil.Process) -> float:
    """Return the ms of processor time of a post: forms are fetched before, by one client."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    forms = []
    for _ in range(POSTS):
        _, page = await accept.request(reader, writer, f"GET /c/{SLUG} HTTP/1.1")
        forms.append(accept.filled_in(page))
    spent = cpu_seconds([process])
    head = f"POST /c/{SLUG} HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded"
    for form in forms:
        answer, _ = await accept.request(reader, writer, head, form)
        assert answer.startswith(b"HTTP/1.1 303"), answer
    spent = cpu_seconds([process]) - spent
    writer.close()
    await writer.wait_closed()
    return spent * 1_000 / POSTS


def weigh(port: int, process: psutil.Process, bounds: Bounds, label: str) -> None:
    """Hold what a submission to all of them costs."""
    first, *taken = (asyncio.run(posts(port, process)) for _ in range(ROUNDS + 1))
    print(f"    {label}: the first ones {first:.0f} ms each", flush=True)
    what = f"{label}, a submission to {TARGETS} targets, processor time"
    bounds.at_most(what, statistics.median(taken), MOST_MS, " ms")
