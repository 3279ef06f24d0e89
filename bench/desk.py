"""How long the desk takes at ten thousand letters and at a million, on both databases."""

import http.client
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import create_engine, text, update

from bench.bulk import fill
from letters.desk import organisers, sign_ins
from letters.storage.database import Database
from letters.storage.migrate import migrate
from letters.storage.schema import campaign
from rig import ROOT
from rig.campaigns import form_fields
from rig.servers import Valkey, free_port, postgres_server, wait_for
from sandbox.keys import new_key, public_key

SIZES = {"small": 10_000, "large": 1_000_000}
TARGETS = 40
ASKED = 300
WARM_UP = 20
CHANGES = 25
PAGES = ("ledger.json", "events", "figures", "")
BOUND_MS = 50.0
BOUND_GROWTH = 1.5


@contextmanager
def web(
    database_url: str, redis_url: str, folder: Path, **settings: str
) -> Iterator[tuple[int, str]]:
    """Run the web server as in life, with other `settings`; give its port and a cookie."""
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": secrets.token_hex(16),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "SENDGRID_API_KEY": "SG.a-key-for-benchmarks",
        "SENDGRID_EVENT_PUBLIC_KEY": public_key(new_key()),
        "MAIL_FROM": "letters@postbag.example",
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",
        **settings,
    }
    command = ["gunicorn", "--config", "webapp/gunicorn.py", "webapp.app:create_app()"]
    with (folder / "web.log").open("ab") as log:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name(command[0])), *command[1:]],
            cwd=ROOT, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        wait_for(lambda: answers(port))
        database = Database(database_url)
        with database.write() as connection:
            found = organisers.enrol(connection, "desk@harbours.example", datetime.now(UTC))
            token = sign_ins.new_link(connection, found.id, datetime.now(UTC))
        database.close()
        connection_ = http.client.HTTPConnection("127.0.0.1", port)
        path = f"/desk/sign-in/{token}"
        connection_.request("GET", path)
        page = connection_.getresponse()
        cookie = (page.getheader("Set-Cookie") or "").partition(";")[0]
        fields = urlencode(form_fields(page.read().decode()), doseq=True)
        form = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie}
        connection_.request("POST", path, body=fields, headers=form)
        kept = connection_.getresponse().headers.get_all("Set-Cookie") or []
        cookie = next(one for one in kept if one.startswith("desk=")).partition(";")[0]
        yield port, cookie
    finally:
        process.terminate()
        process.wait()


def answers(port: int) -> bool:
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False


def times_ms(port: int, cookie: str, slug: str, page: str) -> list[float]:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    taken = []
    for _ in range(WARM_UP + ASKED):
        begin = time.perf_counter()
        connection.request("GET", f"/desk/{slug}/{page}".rstrip("/"), headers={"Cookie": cookie})
        answer = connection.getresponse()
        answer.read()
        taken.append((time.perf_counter() - begin) * 1_000)
        assert answer.status == 200, answer.status
    return taken[WARM_UP:]


def fresh_ms(database: Database, port: int, cookie: str, slug: str) -> list[float]:
    """Give how long the figures take right after a change, when nothing drawn earlier serves."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    taken = []
    for _ in range(CHANGES):
        with database.write() as changing:
            changing.execute(
                update(campaign).where(campaign.c.slug == slug).values(loaded_at=datetime.now(UTC))
            )
        time.sleep(0.3)  # a look may be a quarter of a second old
        begin = time.perf_counter()
        connection.request("GET", f"/desk/{slug}/figures", headers={"Cookie": cookie})
        connection.getresponse().read()
        taken.append((time.perf_counter() - begin) * 1_000)
    return taken


def row(kind: str, page: str, small: list[float], large: list[float]) -> str:
    return (
        f"{kind:<14}{page:<14}{statistics.median(small):>10.1f}{p95(small):>10.1f}"
        f"{statistics.median(large):>12.1f}{p95(large):>10.1f}{p95(large) / p95(small):>12.2f}"
    )


def p95(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1]


def main() -> None:
    print(f"The desk, {TARGETS} targets, {ASKED} requests each over HTTP; milliseconds")
    head = f"{'':<14}{'':<14}{'10,000 letters':>20}{'1,000,000 letters':>22}{'p95 grows':>12}"
    print(f"{head}\n{'database':<14}{'page':<14}{'median':>10}{'p95':>10}{'median':>12}{'p95':>10}")
    missed = []
    with ExitStack() as stack, Valkey(Path(tempfile.mkdtemp())) as valkey:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        admin_url = stack.enter_context(postgres_server())
        engine = create_engine(admin_url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("CREATE DATABASE bench"))
        postgres_url = engine.url.set(database="bench").render_as_string(hide_password=False)
        engine.dispose()
        for kind, url in (("SQLite", f"sqlite:///{folder}/desk.db"), ("PostgreSQL", postgres_url)):
            database = Database(url)
            migrate(database)
            for slug, letters in SIZES.items():
                fill(database, slug, letters, TARGETS)
            with web(url, valkey.new_database(), folder) as (port, cookie):
                for page in PAGES:
                    small, large = (times_ms(port, cookie, slug, page) for slug in SIZES)
                    print(row(kind, page or "the page", small, large))
                    growth = p95(large) / p95(small)
                    if page == "ledger.json" and (p95(large) > BOUND_MS or growth > BOUND_GROWTH):
                        missed.append(kind)
                fresh = [fresh_ms(database, port, cookie, slug) for slug in SIZES]
                print(row(kind, "drawn anew", *fresh))
            database.close()
    print(
        f"ledger.json at a million: p95 under {BOUND_MS:g} ms and within {BOUND_GROWTH:g} times of "
        f"ten thousand: {'missed on ' + ' and '.join(missed) if missed else 'kept on both'}."
    )
