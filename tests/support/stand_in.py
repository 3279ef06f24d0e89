"""Run the stand-in as it is run in life, and play the webhook that its events are posted to."""

import asyncio
import io
import itertools
import json
import os
import signal
import ssl
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import aiohttp
import pytest
from multidict import CIMultiDictProxy
from sendgrid.helpers.mail import (
    Category,
    CustomArg,
    From,
    Mail,
    PlainTextContent,
    ReplyTo,
    To,
)

from tests.support.programs import Program, start

API_KEY = "SG.a-key-for-tests"
PATIENCE_S = 90.0  # a machine with nothing to spare takes its time


def met_with_a_reset() -> AbstractContextManager[object]:
    """Expect an RST. A connection that is closed in good order is another error to aiohttp."""
    return pytest.raises(aiohttp.ClientOSError, match="reset by peer")


_numbers = itertools.count(1)


def letter(to: str = "minister@harbours.example", /, **more: object) -> dict[str, Any]:
    """Build a letter with SendGrid's own library; every one has ids of its own."""
    number = next(_numbers)
    mail = Mail(
        from_email=From("letters@postbag.example", "Maren Ó Súilleabháin"),
        to_emails=To(to, "The Hon. A. Example"),
        subject="Keep the harbour's trees",
        plain_text_content=PlainTextContent("Dear Minister,\n\nPlease keep all forty trees.\n"),
    )
    mail.reply_to = ReplyTo("maren@home.example", "Maren Ó Súilleabháin")
    mail.category = [Category("harbour-trees"), Category("letter")]
    mail.custom_arg = [
        CustomArg("letter_id", f"letter-{number}", p=0),
        CustomArg("attempt_id", f"attempt-{number}", p=0),
    ]
    body: dict[str, Any] = mail.get()
    return {**body, **more}


def letter_id(body: Mapping[str, Any]) -> str:
    """Give the id that `letter` gave."""
    return str(body["personalizations"][0]["custom_args"]["letter_id"])


@dataclass(frozen=True)
class Answer:
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - a test knows what it asked for
        return json.loads(self.body)


@dataclass(frozen=True)
class Post:
    """One post to the webhook, as it came."""

    headers: Mapping[str, str]
    body: bytes
    arrived_at: float

    def events(self) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = json.loads(self.body)
        return events


class WebhookReceiver:
    """A webhook that remembers what was posted, and answers what it is told to.

    A status of 0 is no answer at all: the connection is closed.
    """

    def __init__(self) -> None:
        self.posts: list[Post] = []
        self.statuses: Iterator[int] = itertools.repeat(204)
        self._changed = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver._changed:
                    receiver.posts.append(Post(dict(self.headers), body, time.time()))
                    status = next(receiver.statuses)
                    receiver._changed.notify_all()
                if status:
                    self.send_response(status)
                    self.end_headers()

            def log_message(self, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks/sendgrid"

    def events(self, of: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Give the events about the letter `of`, in the order in which they came."""
        return [
            event
            for post in self.posts
            for event in post.events()
            if event.get("letter_id") == letter_id(of)
        ]

    def wait(self, until: Callable[[], bool]) -> None:
        """Wait for posts until `until` holds."""
        with self._changed:
            assert self._changed.wait_for(until, PATIENCE_S), "the webhook waited in vain"

    def wait_for_event(self, of: Mapping[str, Any], event: str) -> None:
        self.wait(lambda: event in [one["event"] for one in self.events(of)])

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class StandInProcess:
    """`python -m sandbox` with `arguments`, as a process of its own."""

    arguments: tuple[str, ...] = ()
    url: str = ""
    ca: Path | None = None
    process: Program = field(init=False)
    _out: IO[bytes] = field(init=False)
    _said: IO[bytes] = field(init=False)
    _words: str = field(init=False)

    def __enter__(self) -> Self:
        out, written = os.pipe()
        self._out, self._said = os.fdopen(out, "rb"), tempfile.TemporaryFile()
        with os.fdopen(written, "wb") as stdout:
            self.process = start(
                [sys.executable, "-m", "sandbox", "--port", "0", *self.arguments],
                {**os.environ, "SANDBOX_API_KEY": API_KEY},
                stdout=stdout,
                stderr=self._said,
            )
        line = self._out.readline().decode()
        assert line.startswith("Listening on "), self.stop()
        self.url = line.removeprefix("Listening on ").strip()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """End the process with a signal; give its exit status and what it said on stderr."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(PATIENCE_S)
        if not self._said.closed:
            self._said.seek(0)
            self._words = self._said.read().decode()
            self._said.close()
            self._out.close()
        return status, self._words

    def request(
        self,
        method: str,
        path: str,
        *,
        json: object = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = PATIENCE_S,
    ) -> Answer:
        """Make one request over a connection of its own, following no redirects."""

        async def made() -> Answer:
            tls = ssl.create_default_context(cafile=str(self.ca)) if self.ca else True
            async with (
                aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(ssl=tls),
                    timeout=aiohttp.ClientTimeout(total=timeout_s),
                ) as session,
                session.request(
                    method,
                    self.url + path,
                    json=json,
                    data=None if data is None else io.BytesIO(data),
                    headers=headers,
                    allow_redirects=False,
                ) as response,
            ):
                transport = response.connection and response.connection.transport
                answer = Answer(response.status, response.headers, await response.read())
            if transport:
                transport.abort()  # it may still hold what was refused before all of it was read
            await asyncio.sleep(0)  # the connection is closed in the loop's next turn
            return answer

        # In a thread of its own: a browser test has an event loop running in this one.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(lambda: asyncio.run(made())).result()

    def send(self, body: object, *, key: str = API_KEY, timeout_s: float = PATIENCE_S) -> Answer:
        """Ask for a mail to be sent."""
        headers = {"Authorization": f"Bearer {key}"}
        return self.request(
            "POST", "/v3/mail/send", json=body, headers=headers, timeout_s=timeout_s
        )

    def order(self, order: object) -> None:
        """Steer the stand-in."""
        answer = self.request("POST", "/chaos", json=order)
        assert answer.status == 204, answer.body

    def entry(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Give what the books say about a letter, of which there must be one entry."""
        books = self.request("GET", "/ledger.json").json()
        (entry,) = [one for one in books if one["letter_id"] == letter_id(body)]
        return dict(entry)

    def outbox(self) -> list[dict[str, Any]]:
        return list(self.request("GET", "/outbox.json").json())
