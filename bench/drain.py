"""How fast a backlog drains, beside what a user would take instead.

Everything is a process of its own, as in life, and weighed where its requests arrive. Our worker
writes every claim, outcome and piece of history; the rivals keep what their own libraries keep.
"""

import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import create_engine, func, select, text

from bench import trickle
from bench.bounds import Bounds, Options
from bench.parts import (
    PATIENCE_SECONDS,
    Weighed,
    cpu_seconds,
    running,
    settings,
    stand_in,
    weigh,
)
from bench.rival_venv import program
from letters.books import ledger
from letters.campaigns import store
from letters.files.campaign_file import read_campaign
from letters.intake.take import Intake
from letters.notices.links import Links
from letters.storage.database import Database
from letters.storage.migrate import migrate
from letters.storage.schema import attempt, letter
from letters.submission import Draft, Submission
from letters.tokens import Tokens
from rig import ROOT
from rig.campaigns import campaign_file
from rig.servers import Valkey, postgres_server

LETTERS = 16_000  # long enough that the first and the last half second weigh little
TARGETS = 8
REQUESTS = LETTERS + LETTERS // TARGETS  # a notice for each writer
SLOW, AT_ONCE, SLOWER = "50-150", "", "400-600"
LEAST_OF_BARE = {AT_ONCE: (0.6, "at once"), SLOW: (0.95, f"after {SLOW} ms")}
LEAST_OF_TWO = 1.9
LEAST_OF_PGQUEUER = 1.2
THREADS = "128"
NAIVE = 40
WITH_SDK, POOLED = 150, 2_500
CLIENTS = {"sdk": "SDK", "pooled": "pooled client"}
WORKER = [sys.executable, "-m", "worker"]
STRONG = {
    "pgqueuer": ("pgqueuer_jobs", [
        "python", "-c", "from bench.rivals import pgqueuer_jobs; pgqueuer_jobs.work()"]),
    "procrastinate": ("procrastinate_jobs", [
        "python", "-c", "from bench.rivals import procrastinate_jobs; procrastinate_jobs.work()"]),
}  # fmt: skip
STRONG_REQUESTS = {"pgqueuer": 8_000, "procrastinate": 2_000}
RIVALS = {
    "Celery": ("celery_jobs", ["celery", "-A", "bench.rivals.celery_jobs", "worker",
                               "--pool", "threads", "--concurrency", THREADS]),
    "dramatiq": ("dramatiq_jobs", ["dramatiq", "bench.rivals.dramatiq_jobs",
                                   "--processes", "1", "--threads", THREADS]),
    "huey": ("huey_jobs", ["huey_consumer", "bench.rivals.huey_jobs.huey",
                           "-k", "thread", "-w", THREADS]),
    "django-post-office": ("post_office", [
        "python", "-c", "from bench.rivals import post_office; post_office.work()"]),
}  # fmt: skip


def fill(database: Database) -> None:
    """Store the letters as the form does."""
    migrate(database)
    targets = [f"t{n}@harbours.example" for n in range(TARGETS)]
    now = datetime.now(UTC)
    with database.write() as connection:
        store.load(connection, read_campaign(campaign_file("bench", *targets)), now)
    with database.read() as connection:
        stored = store.find(connection, "bench")
    words = "I walk under the harbour's trees each day. " * 40
    tokens = Tokens((secrets.token_hex(16),))
    for n in range(LETTERS // TARGETS):
        drafts = tuple(Draft(target.id, "Trees", words) for target in stored.targets)
        new = Submission(
            secrets.token_hex(16), "Ana", f"a{n}@readers.example", "", "", (), 0, opt_in=False,
            drafts=drafts,
        )  # fmt: skip
        Intake(database, Links("http://localhost", tokens)).take(stored, new, now)


class Bench:
    """The parts that all contenders send from and to."""

    def __init__(self, folder: Path, valkey: Valkey, postgres_url: str) -> None:
        self._folder, self._valkey = folder, valkey
        self._admin = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
        self._full = folder / "full.db"
        database = Database(f"sqlite:///{self._full}")
        fill(database)
        database.close()
        with closing(sqlite3.connect(self._full)) as file:
            file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with self._admin.connect() as connection:
            connection.execute(text("CREATE DATABASE full_one"))
        database = Database(self._postgres("full_one"))
        fill(database)
        database.close()

    def _postgres(self, name: str) -> str:
        return self._admin.url.set(database=name).render_as_string(hide_password=False)

    def sqlite(self) -> str:
        """Give the URL of a SQLite database full of letters."""
        path = self._folder / f"{secrets.token_hex(4)}.db"
        shutil.copy(self._full, path)
        return f"sqlite:///{path}"

    def postgres(self, template: str = "full_one") -> str:
        """Give the URL of a PostgreSQL database full of letters."""
        name = f"full_{secrets.token_hex(4)}"
        with self._admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        return self._postgres(name)

    def ours(self, answer_ms: str, url: str, workers: int = 1) -> Weighed:
        """Drain all letters; the last commit, and not the last request, is the end."""
        database = Database(url)
        with stand_in(self._folder, answer_ms) as to, ExitStack() as stack:
            chosen = {**to.environment(), **settings(url, self._valkey.new_database())}
            log = self._folder / "ours.log"
            processes = [stack.enter_context(running(WORKER, chosen, log)) for _ in range(workers)]
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not (begun := len(to.arrivals())):
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.05)
            before = cpu_seconds(processes)
            while waiting(database):
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
            spent = cpu_seconds(processes) - before
            first = to.arrivals()[0]
        with database.read() as connection:
            last = connection.execute(select(func.max(attempt.c.ended_at))).scalar_one()
            books = ledger.count(connection)["bench"]
        database.close()
        assert books.reconciled
        assert books.as_json()["states"]["accepted"] == LETTERS  # type: ignore[index]
        return Weighed(REQUESTS / (last.timestamp() - first), spent * 1_000 / (REQUESTS - begun))

    def bare(self, answer_ms: str) -> Weighed:
        with stand_in(self._folder, answer_ms) as to:
            command = [sys.executable, "-m", "bench.bare", to.url, str(REQUESTS)]
            with running(command, to.environment(), self._folder / "bare.log") as process:
                return weigh([process], to, REQUESTS)

    def rival(self, jobs: str, command: list[str], client: str, requests: int) -> Weighed:
        """Queue letters with a rival's own library, then let its own worker send them."""
        with stand_in(self._folder, SLOW) as to:
            redis_url = self._valkey.new_database()
            environment = {
                **to.environment(),
                "REDIS_URL": redis_url,
                "RQ_REDIS_URL": redis_url,
                "BENCH_POSTGRES": self.postgres("template1").replace("+psycopg", ""),
                "BENCH_DATABASE": str(self._folder / f"rival-{secrets.token_hex(4)}.db"),
                "BENCH_CLIENT": client,
                "BENCH_THREADS": THREADS,
                "PYTHONPATH": str(ROOT),
            }
            enqueue = f"from bench.rivals.{jobs} import enqueue; enqueue({requests})"
            subprocess.run(
                [program("python"), "-c", enqueue], cwd=ROOT, env=environment, check=True
            )
            worker: list[str | Path] = [program(command[0]), *command[1:]]
            with running(worker, environment, self._folder / f"{jobs}.log") as process:
                return weigh([process], to, requests)


def waiting(database: Database) -> bool:
    with database.read() as connection:
        undone = letter.c.state.in_(["queued", "sending"])
        return connection.execute(select(letter.c.id).where(undone).limit(1)).first() is not None


def report(name: str, weighed: Weighed) -> Weighed:
    print(weighed.row(name), flush=True)
    return weighed


def main(options: Options) -> int:
    bounds = Bounds()
    print(f"A backlog of {LETTERS:,} letters over HTTPS: requests a second, ms of CPU for each")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        valkey = stack.enter_context(Valkey(folder))
        bench = Bench(folder, valkey, stack.enter_context(postgres_server()))
        for answer_ms in (AT_ONCE, SLOW):
            print(f"answered after {answer_ms} ms" if answer_ms else "answered at once")
            bare = report("a bare asyncio client, 256 connections", bench.bare(answer_ms))
            ours = report("Postbag, one worker, SQLite", bench.ours(answer_ms, bench.sqlite()))
            least, how = LEAST_OF_BARE[answer_ms]
            of_bare = ours.per_second / bare.per_second
            bounds.at_least(f"of the bare client, answered {how}", of_bare, least)
        # Answers that take longer leave processor time for a second worker, on two cores too.
        for answer_ms in (SLOW, SLOWER):
            print(f"answered after {answer_ms} ms")
            one, two = (
                report(
                    f"Postbag, {name}, PostgreSQL", bench.ours(answer_ms, bench.postgres(), workers)
                )
                for workers, name in ((1, "one worker"), (2, "two workers"))
            )
            times = two.per_second / one.per_second
            if answer_ms == SLOWER:
                bounds.at_least(f"two workers beside one, {SLOWER} ms", times, LEAST_OF_TWO)
            else:
                print(f"    {times:.2f} times one worker")
                strong = {
                    name: report(
                        f"{name}, pooled client, PostgreSQL",
                        bench.rival(jobs, command, "pooled", STRONG_REQUESTS[name]),
                    )
                    for name, (jobs, command) in STRONG.items()
                }
                beside = one.per_second / strong["pgqueuer"].per_second
                bounds.at_least(
                    "one worker on PostgreSQL beside pgqueuer", beside, LEAST_OF_PGQUEUER
                )
        seconds = 20 if options.is_short else 180
        url = bench.postgres("template1")
        trickle.trickle(folder, url, valkey.new_database(), WORKER, seconds, bounds)
        if options.is_short:
            return bounds.status()  # the rivals take longer
        print(f"answered after {SLOW} ms")
        jobs, command = "rq_jobs", ["rq", "worker", "letters"]
        naive = report("RQ's default worker, SDK", bench.rival(jobs, command, "sdk", NAIVE))
        print(f"    Postbag on SQLite is {ours.per_second / naive.per_second:.0f} times as fast")
        for rival, (jobs, command) in RIVALS.items():
            for client, requests in (("sdk", WITH_SDK), ("pooled", POOLED)):
                weighed = bench.rival(jobs, command, client, requests)
                report(f"{rival}, {CLIENTS[client]}, {THREADS} threads", weighed)
    return bounds.status()
