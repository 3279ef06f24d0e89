"""What a mail costs the worker where few come at a time: confirmations, seventy a second."""

import secrets
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from bench.bounds import Bounds, Options
from bench.parts import cpu_seconds, running, settings, stand_in
from letters.campaigns import store
from letters.files.campaign_file import read_campaign
from letters.intake.take import Intake
from letters.notices.links import Links
from letters.storage.database import Database
from letters.storage.migrate import migrate
from letters.submission import Draft, Submission
from letters.tokens import Tokens
from rig.campaigns import campaign_file
from rig.servers import Valkey, postgres_server

A_SECOND = 70
WARM_UP_SECONDS = 5
MOST_MS = 2.0
WORKER = [sys.executable, "-m", "worker"]


def trickle(
    folder: Path, url: str, redis_url: str, worker: list[str], seconds: int, bounds: Bounds
) -> None:
    """Store as many submissions a second, each with a mail to confirm, and weigh the worker."""
    database = Database(url)
    migrate(database)
    confirmed = 'confirm = "before-sending"\n'
    with database.write() as connection:
        file = campaign_file("trickle", "t@harbours.example", more=confirmed)
        store.load(connection, read_campaign(file), datetime.now(UTC))
    with database.read() as connection:
        stored = store.find(connection, "trickle")
    intake = Intake(database, Links("http://localhost", Tokens((secrets.token_hex(16),))))
    with stand_in(folder, "50-150") as to, ExitStack() as stack:
        chosen = {**to.environment(), **settings(url, redis_url)}
        process = stack.enter_context(running(worker, chosen, folder / "trickle.log"))
        begin, spent, sent_before = time.monotonic(), 0.0, 0
        for n in range(A_SECOND * (WARM_UP_SECONDS + seconds)):
            if n == A_SECOND * WARM_UP_SECONDS:
                spent, sent_before = cpu_seconds([process]), len(to.arrivals())
            time.sleep(max(0.0, begin + n / A_SECOND - time.monotonic()))
            draft = Draft(stored.targets[0].id, "Trees", "I walk under the trees each day.")
            new = Submission(
                secrets.token_hex(16), "Ana", f"a{n}@readers.example", "", "", (), 0,
                opt_in=False, drafts=(draft,), must_confirm=True,
            )  # fmt: skip
            intake.take(stored, new, datetime.now(UTC))
        sent = len(to.arrivals()) - sent_before
        spent = cpu_seconds([process]) - spent
    database.close()
    assert sent, (folder / "trickle.log").read_text()
    bounds.at_most(f"a trickle of {A_SECOND} a second", spent * 1_000 / sent, MOST_MS, " ms a mail")


def main(options: Options) -> int:
    bounds = Bounds()
    print("A trickle of mails, PostgreSQL, answered after 50 to 150 ms: CPU of the worker")
    with tempfile.TemporaryDirectory() as name, postgres_server() as url:
        folder = Path(name)
        with Valkey(folder) as valkey:
            seconds = 20 if options.is_short else 180
            trickle(folder, url, valkey.new_database(), WORKER, seconds, bounds)
    return bounds.status()
