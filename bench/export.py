"""How long a campaign's file takes, how even its parts are, and who gets all of it."""

import http.client
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import psutil

from bench.bounds import Bounds, Options
from bench.bulk import fill
from bench.desk import web
from bench.parts import postgres_and_sqlite
from letters.campaigns import store
from letters.desk import export
from letters.storage.database import Database
from letters.storage.migrate import migrate
from rig.servers import Valkey

MILLION = 1_000_000
SECONDS_A_MILLION = 12.0
LAST_TO_FIRST = 1.5
MOST_GROWTH_MB = 8.0
TARGETS = 40
PAUSE, SHORT_PAUSE = 60.0, 25.0
PARTS = 20


def write(database: Database, letters: int, bounds: Bounds, kind: str) -> None:
    """Write the file as the desk does, and weigh its parts."""
    with database.read() as connection:
        stored = store.find(connection, "large")
    process, taken, memory, lines = psutil.Process(), list[float](), list[float](), 0
    spent = time.process_time()
    begin = before = time.perf_counter()
    for part in export.rows(database, stored):
        lines += part.count("\n")
        now = time.perf_counter()
        taken.append(now - before)
        before = now
        memory.append(process.memory_info().rss / 2**20)
    whole = taken[1:-1]  # between the head and the last line's end
    assert lines == letters + 1, lines
    first, last = statistics.median(whole[1:PARTS]), statistics.median(whole[1 - PARTS :])
    spent = time.process_time() - spent
    print(f"{kind}: {letters:,} letters, {spent:.1f} s of our own processor time", flush=True)
    limit = SECONDS_A_MILLION * letters / MILLION
    bounds.at_most(f"{kind}, the whole file", before - begin, limit, " s")
    bounds.at_most(f"{kind}, the last thousands beside the first", last / first, LAST_TO_FIRST)
    growth = max(memory) - memory[min(PARTS, len(memory) - 1)]
    bounds.at_most(f"{kind}, memory grows by", growth, MOST_GROWTH_MB, " MB")


def ask(port: int, cookie: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", "/desk/large/letters.csv", headers={"Cookie": cookie})
    return connection.getresponse()


def pause(port: int, cookie: str, seconds: float, letters: int, bounds: Bounds) -> None:
    """Take in a little, then nothing for a while, then the rest."""
    answer = ask(port, cookie)
    begun = answer.read(2**16)
    time.sleep(seconds)
    text = begun + answer.read()
    is_whole = text.count(b"\r\n") == letters + 1 and text.endswith(b"\r\n")
    bounds.holds(f"a reader that pauses for {seconds:g} s gets the whole file", is_so=is_whole)


def break_off(port: int, cookie: str, bounds: Bounds) -> None:
    """Kill the server's process while the file is under way."""
    answer = ask(port, cookie)
    text = answer.read(2**16)
    for child in psutil.Process().children(recursive=True):
        if child.cmdline()[0].startswith("gunicorn: worker"):
            child.kill()
    is_told = False
    try:
        text += answer.read()
    except (http.client.IncompleteRead, ConnectionError) as error:
        text += getattr(error, "partial", b"")
        is_told = True
    bounds.holds("a broken one is told by a length that does not fit", is_so=is_told)
    bounds.holds("and by its end", is_so=not text.endswith(b"\r\n"))


def main(options: Options) -> int:
    letters = options.size(MILLION, 100_000)
    bounds = Bounds()
    print("A campaign's letters as a file; a fifth as many letters of others came later")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        valkey = stack.enter_context(Valkey(folder))
        for kind, url in stack.enter_context(postgres_and_sqlite(folder)).items():
            database = Database(url)
            migrate(database)
            for slug, many in (("large", letters), ("later", letters // 5)):
                fill(database, slug, many, TARGETS)
            write(database, letters, bounds, kind)
            database.close()
            with web(url, valkey.new_database(), folder) as (port, cookie):
                seconds = SHORT_PAUSE if options.is_short else PAUSE
                pause(port, cookie, seconds, letters, bounds)
                break_off(port, cookie, bounds)
    return bounds.status()
