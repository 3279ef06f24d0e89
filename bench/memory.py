"""How much memory a web server and a worker take at their hardest, each with all its processes."""

import asyncio
import secrets
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import psutil
from sqlalchemy import select

from bench import accept, drain
from bench.bounds import Bounds, Options
from bench.bulk import fill
from bench.desk import web
from bench.parts import PATIENCE_SECONDS, postgres_and_sqlite, running, settings, stand_in
from letters.campaigns import store
from letters.files.campaign_file import read_campaign
from letters.files.spreadsheet import AT_DESK
from letters.intake.take import Intake
from letters.notices.links import Links
from letters.storage.database import Database
from letters.storage.migrate import migrate
from letters.storage.schema import submission
from letters.submission import Draft, Submission
from letters.tokens import Tokens
from rig.campaigns import campaign_file, form_fields
from rig.servers import Valkey, wait_for

MOST_MB: Final = 512.0
MILLION: Final = 1_000_000
LETTERS: Final = 5_000
TARGETS: Final = 650
SECONDS: Final = 5.0
ROWS: Final = AT_DESK.rows_of(3)
LOOK_EVERY: Final = 0.05


@contextmanager
def held_to(
    process: psutil.Process, what: str, bounds: Bounds, most: float = MOST_MB
) -> Iterator[None]:
    """Add up, again and again, what a program and all that it started take; hold the most of it.

    What several of them share counts once: it is a part of each.
    """
    is_over, peak = threading.Event(), 0.0

    def look() -> None:
        nonlocal peak
        while not is_over.wait(LOOK_EVERY):
            peak = max(peak, taken_mb(process))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield
    finally:
        is_over.set()
        looking.join()
    assert peak, "nobody has looked"
    bounds.at_most(what, peak, most, " MB")


def taken_mb(process: psutil.Process) -> float:
    """Return what a program and all that it started take now."""
    taken = 0
    for each in (process, *process.children(recursive=True)):
        try:
            taken += each.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return taken / 2**20


def ask(port: int, method: str, path: str, body: bytes = b"", **headers: str) -> HTTPResponse:
    connection = HTTPConnection("127.0.0.1", port)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body=body, headers=names)
    return connection.getresponse()


def read_file(port: int, cookie: str, letters: int) -> None:
    """Read a campaign's letters as a file."""
    answer, lines = ask(port, "GET", "/desk/large/letters.csv", Cookie=cookie), 0
    while part := answer.read(2**20):
        lines += part.count(b"\n")  # a part may end between the two bytes of a line end
    assert lines == letters + 1, lines


def upload(port: int, cookie: str) -> None:
    """Have the desk read a spreadsheet that is as large as it takes."""
    asked = ask(port, "GET", "/desk/sessions", Cookie=cookie)
    for given in asked.headers.get_all("Set-Cookie") or []:
        if given.startswith("desk="):
            cookie = given.partition(";")[0]
    page = asked.read().decode()
    mark = secrets.token_hex(8)
    rows = "name,email,role\n" + "".join(
        f"M{n},m{n}@harbours.example,Minister\n" for n in range(ROWS)
    )
    fields = {"csrf_token": form_fields(page)["csrf_token"], "do": "read-spreadsheet"}
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    parts.append(
        f'--{mark}\r\nContent-Disposition: form-data; name="spreadsheet"; filename="a.csv"\r\n'
        f"Content-Type: text/csv\r\n\r\n{rows}\r\n--{mark}--\r\n"
    )
    kind = f"multipart/form-data; boundary={mark}"
    answer = ask(
        port, "POST", "/desk/new", "".join(parts).encode(), Cookie=cookie, Content_Type=kind
    )
    page = answer.read().decode()
    assert f"{ROWS} rows were read" in page, (answer.status, page[:2_000])


def set_pdfs(port: int, database: Database, key: str) -> None:
    """Have the pre-written letter set, and all the letters of one writer."""
    with database.read() as connection:
        wrote = connection.execute(
            select(submission.c.id).where(submission.c.email.like("%@readers.example")).limit(1)
            .where(submission.c.campaign_id == store.find(connection, "bench").id)
        ).scalar_one()  # fmt: skip
    link = Links(f"http://127.0.0.1:{port}", Tokens((key,))).first(wrote, must_confirm=False)
    for path in ("/c/bench/letter.pdf", f"{urlsplit(link).path}/letter.pdf"):
        answer = ask(port, "GET", path)
        assert answer.read().startswith(b"%PDF"), (path, answer.status)


def serve(folder: Path, url: str, redis_url: str, letters: int, bounds: Bounds, kind: str) -> None:
    """Ask all of a web server with two processes, one thing after the other."""
    database, key = Database(url), secrets.token_hex(32)
    fill(database, "large", letters, 40)
    offices = [f"m{n}@harbours.example" for n in range(TARGETS)]
    with database.write() as connection:
        store.load(connection, read_campaign(campaign_file("bench", *offices)), datetime.now(UTC))
    chosen = {"SECRET_KEY": key, "WEB_CONCURRENCY": "2", "FORM_MIN_SECONDS": "0",
              "FORM_LIMIT": "100000000/hour"}  # fmt: skip
    with web(url, redis_url, folder, **chosen) as (port, cookie):
        server = next(
            each for each in psutil.Process().children() if "gunicorn" in "".join(each.cmdline())
        )
        with held_to(server, f"{kind}, web, a file of {letters:,} letters", bounds):
            read_file(port, cookie, letters)
        with held_to(server, f"{kind}, web, 32 writers to {TARGETS} targets", bounds):
            asyncio.run(accept.measure(port, SECONDS))
        with held_to(server, f"{kind}, web, a spreadsheet of {ROWS:,} rows", bounds):
            upload(port, cookie)
        with held_to(server, f"{kind}, web, letters as PDF", bounds):
            set_pdfs(port, database, key)
    database.close()


def work(folder: Path, url: str, redis_url: str, bounds: Bounds, kind: str) -> None:
    """Let a worker send five thousand letters."""
    database = Database(url)
    migrate(database)
    now = datetime.now(UTC)
    with database.write() as connection:
        offices = [f"t{n}@harbours.example" for n in range(100)]
        store.load(connection, read_campaign(campaign_file("drain", *offices)), now)
    with database.read() as connection:
        stored = store.find(connection, "drain")
    intake = Intake(database, Links("http://localhost", Tokens((secrets.token_hex(16),))))
    for n in range(LETTERS // 100):
        drafts = tuple(Draft(each.id, "Trees", accept.TEXT) for each in stored.targets)
        new = Submission(
            secrets.token_hex(16), "Ana", f"a{n}@readers.example", "", "", (), 0, opt_in=False,
            drafts=drafts,
        )  # fmt: skip
        intake.take(stored, new, now)
    log = folder / "worker.log"
    with stand_in(folder, "50-150") as to, ExitStack() as stack:
        chosen = {**to.environment(), **settings(url, redis_url)}
        worker = stack.enter_context(running(drain.WORKER, chosen, log))
        with held_to(worker, f"{kind}, worker, {LETTERS:,} letters", bounds):
            wait_for(lambda: len(to.arrivals()) >= LETTERS, seconds=PATIENCE_SECONDS)
            wait_for(lambda: not drain.waiting(database), seconds=PATIENCE_SECONDS)
    database.close()


def main(options: Options) -> int:
    letters, bounds = options.size(MILLION, 100_000), Bounds()
    print("The most memory that a web server and a worker take, each with all its processes")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        valkey = stack.enter_context(Valkey(folder))
        for kind, url in stack.enter_context(postgres_and_sqlite(folder)).items():
            work(folder, url, valkey.new_database(), bounds, kind)
            serve(folder, url, valkey.new_database(), letters, bounds, kind)
    return bounds.status()
