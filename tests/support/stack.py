"""Start the real parts on loopback, each as the process that it is in life."""

import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

import aiohttp
import psutil

from letters.books import ledger
from letters.campaigns import store
from letters.desk import sign_ins
from letters.desk.organisers import Role
from letters.files.campaign_file import read_campaign
from letters.organisation import Organisation
from letters.organisations import store as organisations
from letters.settings import Settings, read_settings
from letters.storage.database import Database
from letters.storage.migrate import migrate
from letters.tokens import Tokens
from rig.campaigns import campaign_file, form_fields
from rig.servers import PATIENCE_SECONDS, free_port, wait_for
from sandbox.keys import load_or_make, public_key
from tests.support.programs import Program, run, start
from tests.support.stand_in import API_KEY, Answer, StandInProcess

REPLY_DOMAIN = "replies.postbag.example"
_PASSED_ON = re.compile("PATH|HOME|LANG|COVERAGE_.*")
LANTERN = Organisation(
    "lantern",
    "Lantern",
    contact="us@lantern.example",
    privacy="*",
    controller="Lantern",
    accent="#0f5f6b",
)
SECRET_KEY = "a-secret-key-for-tests-only"


class Stack:
    """Web, stand-in and so many workers around one database and one Redis."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        redis_url: str,
        *,
        worker_count: int = 1,
        **overrides: str,
    ) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._key_file = folder / "signing-key.pem"
        signing_key = load_or_make(self._key_file)
        inbound_key_file = folder / "inbound-key.pem"
        self.inbound_key = load_or_make(inbound_key_file)
        self.environment = {
            **{name: value for name, value in os.environ.items() if _PASSED_ON.fullmatch(name)},
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "SECRET_KEY": SECRET_KEY,
            "PUBLIC_URL": self.url,
            "SENDGRID_API_KEY": API_KEY,
            "SENDGRID_EVENT_PUBLIC_KEY": public_key(signing_key),
            "MAIL_FROM": "letters@postbag.example",
            "REPLY_DOMAIN": REPLY_DOMAIN,
            "SENDGRID_INBOUND_PUBLIC_KEY": public_key(self.inbound_key),
            "SEND_RATE": "200",
            "SEND_TIMEOUT": "3",
            "FORM_LIMIT": "100000/hour",
            "FORM_MIN_SECONDS": "0",
            "LOG_FORMAT": "text",
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "WEB_CONCURRENCY": "1",
            **overrides,
        }
        self.folder = folder
        self._worker_count = worker_count
        self.stand_in = StandInProcess(
            (
                *("--webhook", f"{self.url}/webhooks/sendgrid"),
                *("--signing-key", str(self._key_file)),
                *("--inbound", f"{self.url}/webhooks/sendgrid/inbound"),
                *("--inbound-domain", REPLY_DOMAIN),
                *("--inbound-key", str(inbound_key_file)),
            )
        )
        self.web: Program | None = None
        self.others: list[Program] = []
        self.workers: list[Program] = []

    def __enter__(self) -> Self:
        self.stand_in.__enter__()
        self.environment["SENDGRID_API_HOST"] = self.stand_in.url
        self.settings: Settings = read_settings(self.environment)
        self.database = Database(self.settings.database_url)
        self.tokens = Tokens(self.settings.secret_keys)
        try:
            migrate(self.database)
            self.start_web()
            for _ in range(self._worker_count):
                self.start_worker()
        except BaseException:
            self.__exit__()  # a stack that does not come up leaves no process behind
            raise
        return self

    def organise(self) -> None:
        """Let all its campaigns be of one organisation, so that they can go live at the desk."""
        with self.database.write() as connection:
            organisations.load(connection, LANTERN, None, datetime.now(UTC))

    def start_web(self) -> None:
        gunicorn = str(Path(sys.executable).with_name("gunicorn"))
        self.web = self._start(
            gunicorn, "--config", "webapp/gunicorn.py", "webapp.app:create_app()", log="web"
        )
        wait_for(self._is_alive)

    def start_another_web(self) -> StandInProcess:
        """Start one more web server around the same database; give what asks it."""
        port = free_port()
        gunicorn = str(Path(sys.executable).with_name("gunicorn"))
        command = (gunicorn, "--config", "webapp/gunicorn.py", "webapp.app:create_app()")
        self.others.append(self._start(*command, log=f"web-{port}", PORT=str(port)))
        asked = StandInProcess(url=f"http://127.0.0.1:{port}")
        wait_for(lambda: _is_alive(asked))
        return asked

    def _is_alive(self) -> bool:
        return _is_alive(self._to_web())

    def start_worker(self, **more: str) -> Program:
        worker = self._start(
            sys.executable, "-m", "worker", log=f"worker-{len(self.workers)}", **more
        )
        self.workers.append(worker)
        return worker

    def _start(self, *command: str, log: str, **more: str) -> Program:
        with (self.folder / f"{log}.log").open("ab") as file:
            return start(command, {**self.environment, **more}, stdout=file, stderr=file)

    def postbag(self, *arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run one command of `postbag`."""
        return run([sys.executable, "-m", "postbag", *arguments], self.environment, text)

    def load(self, slug: str, *targets: str, pacing: str = "", more: str = "") -> None:
        """Load a small campaign that is live."""
        campaign = read_campaign(campaign_file(slug, *targets, pacing=pacing, more=more))
        with self.database.write() as connection:
            store.load(connection, campaign, datetime.now(UTC))

    def books(self, slug: str) -> dict[str, Any]:
        """Give a campaign's part of `postbag ledger --json`; it has to reconcile, always."""
        with self.database.read() as connection:
            books = ledger.count(connection, slug)[slug]
        assert books.reconciled
        return books.as_json()

    def states(self, slug: str) -> dict[str, int]:
        """Give the states that letters of a campaign are in, with their numbers."""
        return {state: n for state, n in self.books(slug)["states"].items() if n}

    def get(self, path: str, **headers: str) -> Answer:
        return self._to_web().request("GET", path, headers=headers)

    def post(self, path: str, fields: Mapping[str, Any], **headers: str) -> Answer:
        return self._to_web().request(
            "POST",
            path,
            data=urlencode(fields, doseq=True).encode(),
            headers={"Content-Type": "application/x-www-form-urlencoded", **headers},
        )

    def put(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post a body as it is."""
        return self._to_web().request("POST", path, data=body, headers=headers)

    def _to_web(self) -> StandInProcess:
        return StandInProcess(url=self.url)

    def form(self, slug: str, **changes: object) -> dict[str, Any]:
        """Give the fields of a campaign's form as served, filled in as a supporter would."""
        page = self.get(f"/c/{slug}")
        assert page.status == 200, page.status
        return {**form_fields(page.body.decode()), **supporter(), **changes}

    def sign_in(self, link: str, **headers: str) -> str:
        """Sign in with a link, as a person does with its page's button; give the cookie."""
        path = link.removeprefix(self.url)
        page = self.get(path, **headers)
        assert page.status == 200, page.status
        fields = form_fields(page.body.decode())
        headers = {**headers, "Cookie": cookie_of(page, headers.get("Cookie", ""))}
        answer = self.post(path, fields, **headers)
        assert answer.status == 303, answer.status
        return cookie_of(answer)

    def at_desk(self, email: str, role: str = "admin") -> str:
        """Make somebody an organiser who is signed in; give the cookie."""
        now = datetime.now(UTC)
        with self.database.write() as connection:
            _, token = sign_ins.invite(connection, email, now, Role(role))
        return self.sign_in(f"/desk/sign-in/{token}")

    def messages(self, address: str) -> list[dict[str, Any]]:
        """Give what the stand-in took for one address, in the order taken."""
        return [
            message
            for message in self.stand_in.outbox()
            if message["personalizations"][0]["to"][0]["email"] == address
        ]

    def receipt_path(self, email: str) -> str:
        """Give the path in the link that was mailed to a supporter."""
        wait_for(lambda: self.messages(email))
        text = self.messages(email)[0]["content"][0]["value"]
        (link,) = [line for line in text.splitlines() if line.startswith(self.url)]
        return str(link.removeprefix(self.url))

    def __exit__(self, *_: object) -> None:
        self.database.close()
        if self.web is not None and self.web.poll() is None:
            self.web.send_signal(signal.SIGTERM)
        for other in self.others:
            other.send_signal(signal.SIGTERM)
        self.stop_workers()
        if self.web is not None:
            self.web.wait(PATIENCE_SECONDS)
        for other in self.others:
            other.wait(PATIENCE_SECONDS)
        self.stand_in.stop()

    def stop_workers(self) -> None:
        """Let the workers end in good order."""
        for worker in self.workers:
            if worker.poll() is None:
                worker.send_signal(signal.SIGTERM)
        while self.workers:
            self.workers.pop().wait(PATIENCE_SECONDS)

    def kill_worker(self, worker: Program) -> None:
        """Kill a worker with all its processes, as a failing machine would.

        They are stopped first, and looked for again: one that lives could fork another meanwhile.
        """
        root = psutil.Process(worker.pid)
        stopped: set[psutil.Process] = set()
        while new := {root, *root.children(recursive=True)} - stopped:
            for process in new:
                with suppress(psutil.NoSuchProcess):
                    process.suspend()
            stopped |= new
        for process in stopped:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        worker.wait()


def _is_alive(web: StandInProcess) -> bool:
    try:
        return web.request("GET", "/healthz").status == 200
    except aiohttp.ClientError:
        return False


def cookie_of(answer: Answer, before: str = "") -> str:
    """Give the desk's cookie as an answer leaves it."""
    for value in answer.headers.getall("Set-Cookie", ()):
        if value.startswith(("desk=", "__Host-desk=")):
            return str(value.partition(";")[0])
    return before


def supporter() -> dict[str, str]:
    """Give a supporter's details, new each time."""
    return {"name": "Ana Reed", "email": f"ana.{secrets.token_hex(5)}@readers.example"}
