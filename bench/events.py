"""How fast events are taken: the whole webhook door, beside a plain insert of the same rows."""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

from sqlalchemy import insert, select

from bench.bounds import Bounds, Options
from bench.bulk import settle
from letters.books import ledger
from letters.sending.events.record import record
from letters.states import Cause, State
from letters.storage.database import Database
from letters.storage.migrate import migrate
from letters.storage.schema import attempt, event, history
from rig import sent
from rig.servers import Valkey, free_port, postgres_server, wait_for
from sandbox.behaviour.events import signature_headers
from sandbox.keys import new_key, public_key
from webapp.sendgrid.events import read_events

EVENTS, SHORT = 10_000, 5_000
BATCHES = (100, 1_000, 10_000)
ROUNDS = 3
LEAST = 0.33
LEAST_OF_FEW = 0.4  # a hundred a post, on PostgreSQL


@contextmanager
def web(environment: dict[str, str], app: str = "webapp.app:create_app()") -> Iterator[int]:
    """Run the web server as the Procfile does, in one process."""
    port = free_port()
    process = subprocess.Popen(
        [
            str(Path(sys.executable).with_name("gunicorn")),
            "--config",
            "webapp/gunicorn.py",
            app,
        ],
        env={**os.environ, "PORT": str(port), "WEB_CONCURRENCY": "1", **environment},
    )

    def answers() -> bool:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except OSError:
            return False

    try:
        wait_for(answers)
        yield port
    finally:
        process.terminate()
        process.wait()


def environment(database_url: str, redis_url: str, key: str) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": secrets.token_hex(16),
        "PUBLIC_URL": "http://localhost",
        "SENDGRID_API_KEY": "SG.a-key-for-benchmarks",
        "SENDGRID_EVENT_PUBLIC_KEY": key,
        "MAIL_FROM": "letters@postbag.example",
        "FORM_LIMIT": "100000000/hour",
        "FORM_MIN_SECONDS": "0",
        "LOG_FORMAT": "text",
    }


@contextmanager
def database_urls(folder: Path) -> Iterator[dict[str, str]]:
    with postgres_server() as url:
        yield {"SQLite": f"sqlite:///{folder / 'bench.db'}", "PostgreSQL": url}


def plain(database: Database, attempts: list[str], batch: int, now: datetime) -> float:
    """Insert what the door inserts, an event and a step of history each; give the seconds."""
    with database.read() as connection:
        letters = {
            row.id: row.letter_id
            for row in connection.execute(select(attempt.c.id, attempt.c.letter_id))
        }
    seconds = 0.0
    for first in range(0, len(attempts), batch):
        some = attempts[first : first + batch]
        start = time.perf_counter()
        with database.write() as connection:
            connection.execute(
                insert(event),
                [
                    {
                        "event_id": f"plain-{one}",
                        "letter_id": letters[one],
                        "attempt_id": one,
                        "cause": str(Cause.DELIVER),
                        "happened_at": now,
                        "received_at": now,
                        "detail": "250 2.0.0 OK: taken",
                    }
                    for one in some
                ],
            )
            connection.execute(
                insert(history),
                [
                    {
                        "letter_id": letters[one],
                        "state": str(State.DELIVERED),
                        "cause": str(Cause.DELIVER),
                        "at": now,
                        "detail": "250 2.0.0 OK: taken",
                    }
                    for one in some
                ],
            )
        seconds += time.perf_counter() - start
    return seconds


def grow(database: Database, letters: int) -> None:
    """Let there be as many letters as come later, and let the database know.

    A planner that knows of no more than a few hundred reads all of them for each post.
    """
    now = datetime.now(UTC)
    attempts = sent.send(database, "before", letters, now)
    for first in range(0, letters, EVENTS):
        posted = read_events(sent.events(attempts[first : first + EVENTS], now), now)
        with database.write() as connection:
            record(connection, posted, now)
    settle(database)


def main(options: Options) -> int:
    bounds, events = Bounds(), options.size(EVENTS, SHORT)
    key = new_key()
    with (
        tempfile.TemporaryDirectory() as name,
        Valkey(Path(name)) as valkey,
        database_urls(Path(name)) as urls,
    ):
        for label, url in urls.items():
            database = Database(url)
            migrate(database)
            grow(database, letters=ROUNDS * len(BATCHES) * events)
            with web(environment(url, valkey.new_database(), public_key(key))) as port:
                for batch in BATCHES:
                    taken, inserted = [], []
                    for _ in range(ROUNDS):
                        now = datetime.now(UTC)
                        slug = f"bench-{secrets.token_hex(4)}"
                        attempts = sent.send(database, slug, events, now)
                        posts = [
                            sent.events(attempts[n : n + batch], now)
                            for n in range(0, events, batch)
                        ]
                        signed = [(p, dict(signature_headers(key, p, time.time()))) for p in posts]
                        connection = HTTPConnection("127.0.0.1", port)
                        connection.connect()
                        start = time.perf_counter()
                        for body, headers in signed:
                            connection.request("POST", "/webhooks/sendgrid", body, headers)
                            response = connection.getresponse()
                            response.read()
                            assert response.status == 204, response.status
                        taken.append(events / (time.perf_counter() - start))
                        connection.close()
                        with database.read() as reading:
                            books = ledger.count(reading, slug)[slug]
                        assert books.reconciled
                        assert (
                            json.loads(json.dumps(books.as_json()))["states"]["delivered"] == events
                        )
                        inserted.append(events / plain(database, attempts, batch, now))
                    ours, bare = max(taken), max(inserted)
                    print(
                        f"{label:10} {batch:6,} a post  door {ours:9,.0f} events/s  "
                        f"plain insert {bare:9,.0f} events/s"
                    )
                    is_few = label == "PostgreSQL" and batch == BATCHES[0]
                    least = LEAST_OF_FEW if is_few else LEAST
                    what = f"{label}, {batch:,} a post, beside a plain insert"
                    bounds.at_least(what, ours / bare, least)
            database.close()
    return bounds.status()
