"""Fifty desks stand open, two threads are left: the desks follow, and supporters are served."""

import http.client
import json
import secrets
import select
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from urllib.parse import urlsplit

import pytest
import sqlalchemy
from playwright.sync_api import Page, expect

from letters.books.changes import apply
from letters.books.happenings import Happening
from letters.states import Cause
from letters.storage.schema import letter
from rig.servers import PATIENCE_SECONDS, wait_for
from tests.conftest import AtMost
from tests.support.stack import Stack

DESKS = 50
HELD = 2  # of a process's four threads: as many as clients can hold by sending slowly
WITHIN_SECONDS = 2.0


def cookie(stack: Stack) -> str:
    return stack.at_desk("desk@postbag.example")


class Desk(threading.Thread):
    """One open desk, as a browser keeps it: opens the stream again, and looks after each event."""

    def __init__(self, stack: Stack, slug: str, cookie: str, stopping: threading.Event) -> None:
        super().__init__(daemon=True)
        self._slug, self._cookie, self._stopping = slug, cookie, stopping
        self._address = urlsplit(stack.url).netloc
        self._version = ""
        self.shown: dict[str, float] = {}
        """When each text first stood on the page."""
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            with closing(
                http.client.HTTPConnection(self._address, timeout=PATIENCE_SECONDS)
            ) as connection:
                while not self._stopping.is_set():
                    self._stopping.wait(self._follow(connection))
        except (OSError, http.client.HTTPException) as error:
            self.error = error

    def _follow(self, connection: http.client.HTTPConnection) -> float:
        stream = self._get(connection, "events", {"Last-Event-ID": self._version})
        fields = dict(line.split(": ", 1) for line in stream.splitlines() if line)
        self._version = fields["id"]
        if "data" in fields:
            page = self._get(connection, "figures", {})
            sentence = page.partition('<p class="books">')[2].partition("</p>")[0]
            self.shown.setdefault(sentence, time.monotonic())
        return int(fields["retry"]) / 1_000

    def _get(
        self, connection: http.client.HTTPConnection, path: str, headers: dict[str, str]
    ) -> str:
        connection.request(
            "GET", f"/desk/{self._slug}/{path}", headers={"Cookie": self._cookie, **headers}
        )
        answer = connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, text
        return text


CHUNKED = (
    b"POST /c/slow HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
)


@contextmanager
def held_threads(stack: Stack) -> Iterator[None]:
    """Hold threads of the web process for as long as the block lasts: clients that send slowly.

    What comes in chunks is read by a thread. One more, which is whole, has to wait for those.
    """
    address = urlsplit(stack.url)
    with ExitStack() as left:
        *slow, whole = [
            left.enter_context(
                socket.create_connection(
                    (str(address.hostname), int(address.port or 0)), PATIENCE_SECONDS
                )
            )
            for _ in range(HELD + 1)
        ]
        for client in slow:
            client.sendall(CHUNKED + b"5\r\nna")
        time.sleep(0.2)  # they reach their threads
        whole.sendall(CHUNKED + b"0\r\n\r\n")
        yield
        answered, _, _ = select.select([*slow, whole], [], [], 0)
        assert answered == []  # each of them still has its thread, or waits for it
        for client in slow:
            client.close()
        assert whole.recv(1_000).startswith(b"HTTP/1.1 ")


def bounce_one(stack: Stack, letter_id: str) -> None:
    with stack.database.write() as connection:
        assert apply(connection, [Happening(letter_id, Cause.BOUNCE, datetime.now(UTC))])


def hand_in(stack: Stack, slug: str, number: int) -> list[str]:
    stack.load(slug)
    for _ in range(number):
        stack.post(f"/c/{slug}", stack.form(slug))
    wait_for(lambda: stack.states(slug) == {"delivered": number})
    with stack.database.read() as connection:
        return list(
            connection.execute(
                sqlalchemy.select(letter.c.id)
                .where(letter.c.kind == "letter", letter.c.state == "delivered")
                .order_by(letter.c.id.desc())
                .limit(number)
            ).scalars()
        )


def _all_saw(desks: Sequence[Desk], texts: int) -> bool:
    return all(len(desk.shown) == texts for desk in desks)


def test_fifty_desks_follow_within_two_seconds_while_two_threads_are_left(
    stack: Stack, at_most: AtMost
) -> None:
    slug = f"crowd-{secrets.token_hex(3)}"
    letters = hand_in(stack, slug, 3)
    stopping = threading.Event()
    signed_in = cookie(stack)
    desks = [Desk(stack, slug, signed_in, stopping) for _ in range(DESKS)]
    waits: list[float] = []
    stack.load("slow")
    with held_threads(stack):
        for desk in desks:
            desk.start()
        wait_for(lambda: all(desk.shown for desk in desks))
        time.sleep(1)  # they have found their rhythm
        for n, letter_id in enumerate(letters, start=1):
            bounce_one(stack, letter_id)
            changed_at = time.monotonic()
            begin = time.monotonic()
            assert stack.get(f"/c/{slug}").status == 200  # a supporter comes at the worst moment
            waits.append(time.monotonic() - begin)
            wait_for(partial(_all_saw, desks, n + 1))
            late = max(max(desk.shown.values()) for desk in desks) - changed_at
            at_most(late, WITHIN_SECONDS)
        stopping.set()
        for desk in desks:
            desk.join()
    assert [desk.error for desk in desks if desk.error] == []
    at_most(max(waits), WITHIN_SECONDS)


def test_an_event_comes_only_when_something_has_changed(stack: Stack) -> None:
    slug = f"event-{secrets.token_hex(3)}"
    (one,) = hand_in(stack, slug, 1)
    signed_in = cookie(stack)

    def ask(version: str) -> dict[str, str]:
        answer = stack.get(
            f"/desk/{slug}/events", **{"Cookie": signed_in, "Last-Event-ID": version}
        )
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        return dict(line.split(": ", 1) for line in answer.body.decode().splitlines() if line)

    first = ask("")
    assert json.loads(first["data"])["states"]["delivered"] == 1
    # The figures behind the pictures come a moment later, and are news too.
    wait_for(lambda: "data" not in ask(ask("")["id"]))
    version = ask("")["id"]
    bounce_one(stack, one)
    wait_for(lambda: "data" in ask(version))
    assert json.loads(ask(version)["data"])["states"]["bounced"] == 1


def test_a_stranger_hears_nothing(stack: Stack) -> None:
    stack.load("closed-desk")
    for path in ("events", "figures", "consents.csv"):
        assert stack.get(f"/desk/closed-desk/{path}").status == 303


@pytest.mark.parametrize("events", [True, False])
def test_a_browser_follows_with_events_and_without(
    stack: Stack, page: Page, events: bool, at_most: AtMost
) -> None:
    slug = f"browser-{secrets.token_hex(3)}"
    (one,) = hand_in(stack, slug, 1)
    name, _, value = cookie(stack).partition("=")
    page.context.add_cookies([{"name": name, "value": value, "url": stack.url}])
    if not events:
        page.add_init_script("delete window.EventSource")
    page.goto(f"{stack.url}/desk/{slug}")
    expect(page.locator(".books")).to_have_text("1 letter = 1 delivered")
    summary = page.locator(".picture-time summary")
    summary.click()
    bounce_one(stack, one)
    begin = time.monotonic()
    expect(page.locator(".books")).to_have_text("1 letter = 1 bounced")
    if events:
        at_most(time.monotonic() - begin, WITHIN_SECONDS)
    # What stood open stands open, and has the new numbers.
    expect(page.locator(".picture-time details")).to_have_attribute("open", "")
    expect(page.locator(".picture-time tbody td").last).to_have_text("0")
    expect(summary).to_be_focused()
