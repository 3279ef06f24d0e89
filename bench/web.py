"""What the action page costs: beside the code before, beside a bare page, and all day long."""

import asyncio
import io
import os
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import psutil
from flask import Flask
from sqlalchemy import make_url

from bench import accept, many, steady
from bench.bounds import Bounds, Options
from bench.events import database_urls, environment
from bench.parts import cpu_seconds, running
from letters.storage.database import Database
from letters.storage.migrate import migrate
from rig import ROOT
from rig.campaigns import campaign_file
from rig.servers import Valkey, free_port, postgres_server, wait_for
from sandbox.keys import new_key, public_key

BEFORE = "9ae919b"
"""The code before the web path was looked at."""
OF_BEFORE, OF_HELLO, OF_CUT_OUT = 0.55, 0.2, 0.85
SECONDS, ROUNDS = 3, 5
CONNECTIONS = 16
CONFIG = ("--config", "webapp/gunicorn.py")
OURS = "webapp.app:create_app()"


def hello() -> Flask:
    """Give the least that a Flask application can be."""
    app = Flask(__name__)
    app.add_url_rule("/", "hello", lambda: "Hello")
    app.add_url_rule("/healthz", "healthz", lambda: "ok")
    return app


@contextmanager
def served(
    folder: Path, app: str, config: tuple[str, ...], settings: Mapping[str, str]
) -> Iterator[tuple[int, psutil.Process]]:
    """Serve an application of the code in `folder` with one process; give its port."""
    port = free_port()
    chosen = {**os.environ, **settings, "PORT": str(port), "WEB_CONCURRENCY": "1"}
    program = str(Path(sys.executable).with_name("gunicorn"))
    with tempfile.NamedTemporaryFile(suffix=".log") as log:
        command = [program, *config, "--chdir", str(folder), app]
        if not config:
            command[1:1] = ["--bind", f"127.0.0.1:{port}", "--threads", "8"]
        with running(command, chosen, Path(log.name), folder) as process:

            def answers() -> bool:
                connection = HTTPConnection("127.0.0.1", port, timeout=2)
                try:
                    connection.request("GET", "/healthz")
                    return connection.getresponse().status == 200
                except OSError:
                    return False

            wait_for(answers)
            yield port, process


def before(folder: Path) -> Path | None:
    """Unpack the code before; None: this is no checkout that has it."""
    done = subprocess.run(
        ["git", "archive", "--format=tar", BEFORE], cwd=ROOT, capture_output=True, check=False
    )
    if done.returncode:
        return None
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def prepare(folder: Path, settings: Mapping[str, str], file: Path) -> None:
    """Bring a database to the schema of some code, and load the campaign."""
    for words in (["migrate"], ["campaign", "load", str(file)]):
        command = [sys.executable, "-m", "postbag", *words]
        subprocess.run(
            command, cwd=folder, env={**os.environ, **settings}, check=True, capture_output=True
        )


def cost(port: int, process: psutil.Process) -> float:
    """Return the ms of processor time of a page and a letter, with 32 clients."""
    spent = cpu_seconds([process])
    _, took = asyncio.run(accept.measure(port, SECONDS))
    return (cpu_seconds([process]) - spent) * 1_000 / len(took)


def beside_before(url: str, valkey: Valkey, old: Path, bounds: Bounds, label: str) -> None:
    """Weigh a page and a letter now and before, in turn."""
    key = public_key(new_key())
    made = make_url(url)
    old_url = url.replace("bench.db", "before.db")
    if label == "PostgreSQL":
        database = Database(url)
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
            c.exec_driver_sql("CREATE DATABASE before")
        database.close()
        old_url = made.set(database="before").render_as_string(hide_password=False)
    file = old / "bench.toml"
    file.write_text(campaign_file("bench"))
    urls = {"before": (old, old_url), "now": (ROOT, url)}
    costs: dict[str, list[float]] = {name: [] for name in urls}
    with ExitStack() as stack:
        ports = {}
        for name, (folder, its) in urls.items():
            settings = environment(its, valkey.new_database(), key)
            prepare(folder, settings, file)
            ports[name] = stack.enter_context(served(folder, OURS, CONFIG, settings))
            cost(*ports[name])  # everything is loaded and connected
        for _ in range(ROUNDS):
            for name, (port, process) in ports.items():
                costs[name].append(cost(port, process))
    ours, theirs = (statistics.median(costs[name]) for name in ("now", "before"))
    print(f"    {label}: {ours:.2f} ms of processor time, {theirs:.2f} before", flush=True)
    bounds.at_most(f"{label}, a page and a letter beside before", ours / theirs, OF_BEFORE)


async def pages(port: int, path: str, seconds: float) -> float:
    """Return how many pages a second are given."""
    until, asked = time.perf_counter() + seconds, 0

    async def ask() -> None:
        nonlocal asked
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < until:
            answer, _ = await accept.request(reader, writer, f"GET {path} HTTP/1.1")
            assert answer.startswith(b"HTTP/1.1 200"), answer
            asked += 1
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(ask() for _ in range(CONNECTIONS)))
    return asked / seconds


def beside_hello(url: str, redis_url: str, bounds: Bounds, label: str) -> None:
    """Ask for the page and for the least that a page can be, in turn."""
    settings = environment(url, redis_url, public_key(new_key()))
    kinds = {"page": (OURS, CONFIG, "/c/bench"), "hello": ("bench.web:hello()", (), "/")}
    rates: dict[str, list[float]] = {name: [] for name in kinds}
    with ExitStack() as stack:
        ports = {
            name: stack.enter_context(served(ROOT, app, config, settings))[0]
            for name, (app, config, _) in kinds.items()
        }
        for n in range(ROUNDS + 1):
            for name, (*_, path) in kinds.items():
                rate = asyncio.run(pages(ports[name], path, SECONDS))
                rates[name] += [rate] if n else []  # the first warms up
    page, bare = (statistics.median(rates[name]) for name in kinds)
    print(f"    {label}: {page:.0f} pages a second, {bare:.0f} of a bare hello", flush=True)
    bounds.at_least(f"{label}, the page beside a bare hello", page / bare, OF_HELLO)


def to_many(url: str, redis_url: str, bounds: Bounds, label: str) -> None:
    """Hand letters to hundreds of targets in, one after the other."""
    database = Database(url)
    many.load(database)
    database.close()
    settings = environment(url, redis_url, public_key(new_key()))
    with served(ROOT, OURS, CONFIG, settings) as (port, process):
        many.weigh(port, process, bounds, label)


def main(options: Options) -> int:
    bounds = Bounds()
    print("The action page: a page and a letter, in one process unless it says otherwise")
    with (
        tempfile.TemporaryDirectory() as name,
        Valkey(Path(name)) as valkey,
        database_urls(Path(name)) as urls,
    ):
        old = before(Path(name) / "before")
        if old is None:
            bounds.holds(f"{BEFORE}, the code before, is in this checkout", is_so=False)
        for label, url in urls.items():
            database = Database(url)
            accept.load(database)
            database.close()
            if old is not None:
                beside_before(url, valkey, old, bounds, label)
            beside_hello(url, valkey.new_database(), bounds, label)
            rate, _ = accept.beside(
                url, valkey.new_database(), 4 if options.is_short else accept.ROUNDS
            )
            share = rate["stored"] / rate["cut out"]
            bounds.at_least(f"{label}, stored beside cut out", share, OF_CUT_OUT)
            to_many(url, valkey.new_database(), bounds, label)
        all_day(Path(name), valkey, bounds, seconds=30 if options.is_short else 180)
    return bounds.status()


def all_day(folder: Path, valkey: Valkey, bounds: Bounds, *, seconds: int) -> None:
    """Take letters at a steady pace, in a database of its own.

    In one where other benchmarks have left their letters, a worker would be busy with those.
    """
    with postgres_server() as url:
        database = Database(url)
        migrate(database)
        database.close()
        steady.run(folder, url, valkey.new_database(), seconds, bounds)
