"""The webhook believes only what is signed, and answers everything else at once."""

import base64
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from statistics import median, quantiles

import pytest
from sqlalchemy import Connection, event, func, select
from sqlalchemy.exc import OperationalError

from letters.books import ledger
from letters.states import Cause, State
from letters.storage.database import Database
from letters.storage.schema import event as events_table
from letters.storage.schema import history
from rig import sent
from rig.servers import PATIENCE_SECONDS
from sandbox.behaviour.events import SIGNATURE_HEADER, TIMESTAMP_HEADER, signature_headers
from sandbox.keys import load_or_make, new_key, public_key
from tests.abuse import naughty
from tests.abuse.conftest import Site
from tests.support.stack import Stack
from webapp.sendgrid.events import read_events

PATH = "/webhooks/sendgrid"
POSTS = 1_000
PROMISED_MS = 50
ALLOWED = {"replayed": {204}, "signed and malformed": {204, 400}}
TRIES = 5
MOST_BYTES = 4 * 2**20
_numbers = count(1)


class Door:
    """SendGrid's end of the webhook: one connection, kept open."""

    def __init__(self, stack: Stack) -> None:
        self.key = load_or_make(stack.folder / "signing-key.pem")
        self.connection = HTTPConnection("127.0.0.1", stack.settings.port, timeout=PATIENCE_SECONDS)
        self.took_ms: list[float] = []

    def signed(self, body: bytes) -> dict[str, str]:
        return dict(signature_headers(self.key, body, time.time()))

    def post(self, body: bytes, headers: dict[str, str]) -> int:
        start = time.perf_counter()
        self.connection.request("POST", PATH, body, headers)
        response = self.connection.getresponse()
        response.read()
        self.took_ms.append((time.perf_counter() - start) * 1000)
        return response.status


@pytest.fixture
def door(stack: Stack) -> Iterator[Door]:
    made = Door(stack)
    yield made
    made.connection.close()


def everything(database: Database) -> list[object]:
    """Give what an event could have changed."""
    with database.read() as connection:
        books = [
            (slug, sorted(book.states.items())) for slug, book in ledger.count(connection).items()
        ]
        rows = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (events_table, history)
        ]
    return [*books, *rows]


def wrong_posts(door: Door, true: bytes) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """Give posts that say something false, or something true again, without end."""
    chance = random.Random(5)
    headers = door.signed(true)
    signature = base64.b64decode(headers[SIGNATURE_HEADER])
    bounced = true.replace(b"delivered", b"bounce")
    stranger = new_key()
    while True:
        cut = chance.randrange(1, len(true) - 2)
        flipped = bytearray(true)
        flipped[cut] ^= 1 << chance.randrange(8)
        torn = bytearray(signature)
        torn[chance.randrange(len(torn))] ^= 1 << chance.randrange(8)
        text = chance.choice(naughty.SINGLE_LINES + naughty.CONTROLS)
        yield "forged by another key", bounced, dict(signature_headers(stranger, bounced, 1e9))
        yield "forged with a true signature", bounced, headers
        yield "without a signature", bounced, {}
        yield "an empty signature", bounced, {**headers, SIGNATURE_HEADER: ""}
        yield "a signature of nothing", bounced, {**headers, SIGNATURE_HEADER: "MAA="}
        yield "a signature torn", true, {
            **headers, SIGNATURE_HEADER: base64.b64encode(torn).decode()
        }  # fmt: skip
        yield "no base64", true, {
            **headers, SIGNATURE_HEADER: text.encode("latin-1", "replace").decode("latin-1")
            .translate(dict.fromkeys((*range(32), 127), "?"))
        }  # fmt: skip
        yield "another time", true, {**headers, TIMESTAMP_HEADER: str(chance.randrange(10**9))}
        yield (
            "no time",
            true,
            {**headers, TIMESTAMP_HEADER: chance.choice(["", "now", "\xb2" * 10])},
        )
        yield "a digit moved", headers[TIMESTAMP_HEADER][-1:].encode() + true, {
            **headers, TIMESTAMP_HEADER: headers[TIMESTAMP_HEADER][:-1]
        }  # fmt: skip
        yield "truncated", true[:cut], headers
        yield "a bit flipped", bytes(flipped), headers
        yield "line ends stripped", true.strip().replace(b"\r\n", b""), headers
        yield "empty", b"", headers
        yield "four mebibytes", b"[" + b" " * (MOST_BYTES - 2) + b"]", headers
        yield "replayed", true, headers
        for malformed in (
            true[:cut],
            b"",
            b"[" * 100_000,
            b'{"event": "bounce"}',
            b"null",
            b"\xff\xfe",
            b'[{"event": 1}, null, [], "x", 1e999, NaN, {"attempt_id": {}}]',
            json.dumps([{"event": "bounce", "attempt_id": text, "sg_event_id": text}]).encode(),
            json.dumps([{"event": text, "attempt_id": "0" * 32}]).encode(),
            b'[{"event":"bounce","attempt_id":"' + b"0" * 32 + b'","reason":"\\ud800"}]',
        ):
            yield "signed and malformed", malformed, door.signed(malformed)


def test_false_posts_change_nothing(stack: Stack, door: Door, *, is_long: bool) -> None:
    now = datetime.now(UTC)
    attempts = sent.send(stack.database, f"false-{next(_numbers)}", 3, now)
    true = sent.events(attempts, now)
    assert door.post(true, door.signed(true)) == 204
    before = everything(stack.database)
    posts = POSTS if is_long else POSTS // 10
    for _, (kind, body, headers) in zip(range(posts), wrong_posts(door, true), strict=False):
        assert door.post(body, headers) in ALLOWED.get(kind, {403}), kind
    assert everything(stack.database) == before


def test_a_thousand_false_posts_wait_for_nothing(
    stack: Stack, door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    true = sent.events(sent.send(stack.database, f"false-{next(_numbers)}", 3, now), now)
    assert door.post(true, door.signed(true)) == 204
    took: list[float] = []
    again = 0
    for _, (kind, body, headers) in zip(range(POSTS), wrong_posts(door, true), strict=False):
        tries: list[float] = []
        while not tries or (tries[-1] >= PROMISED_MS and len(tries) < TRIES):
            # What is slow by itself is slow each time; a busy machine is so only now and then.
            assert door.post(body, headers) in ALLOWED.get(kind, {403}), kind
            tries.append(door.took_ms.pop())
        took.append(min(tries))
        again += len(tries) - 1
    p99 = quantiles(took, n=100)[98]
    figures = f"median {median(took):.2f} ms, p99 {p99:.2f} ms, slowest {max(took):.2f} ms"
    figures += f", tried again {again}"
    with capsys.disabled():
        sys.stdout.write(f"\n{POSTS} false posts: {figures}\n")
    assert p99 < PROMISED_MS, figures


def test_text_of_every_kind_in_true_events_is_taken(stack: Stack, door: Door) -> None:
    now = datetime.now(UTC)
    texts = [
        *naughty.SINGLE_LINES,
        *naughty.SEVERAL_LINES,
        *naughty.CONTROLS,
        "\ud800",
        "x" * 9_999,
    ]
    slug = f"words-{next(_numbers)}"
    attempts = sent.send(stack.database, slug, len(texts), now)
    posted = [
        {
            "event": "deferred",
            "attempt_id": attempt_id,
            "sg_event_id": text,
            "timestamp": text,
            "reason": text,
            "type": text,
            "category": {text: text},
            text: [text],
        }
        for text, attempt_id in zip(texts, attempts, strict=True)
    ]
    body = json.dumps(posted).encode()
    assert door.post(body, door.signed(body)) == 204
    assert stack.states(slug) == {"deferred": len(texts)}


@pytest.mark.parametrize(
    "timestamp", [-1, 0, 10**11, 10**30, 1e308, True, None, [], "", "x", "nan"]
)
def test_any_timestamp_is_a_time(timestamp: object) -> None:
    item = {"event": "open", "attempt_id": "a" * 32, "timestamp": timestamp}
    (read,) = read_events(json.dumps([item]).encode(), datetime.now(UTC))
    assert read.cause is Cause.DELIVER
    assert read.happened_at.tzinfo is UTC


def test_ten_thousand_events_are_taken_in_one_post(stack: Stack, door: Door) -> None:
    now = datetime.now(UTC)
    slug = f"many-{next(_numbers)}"
    attempts = sent.send(stack.database, slug, 10_000, now)
    body = sent.events(attempts, now)
    assert len(body) < MOST_BYTES
    assert door.post(body, door.signed(body)) == 204
    assert stack.states(slug) == {"delivered": 10_000}
    assert door.post(body, door.signed(body)) == 204, "once more: SendGrid repeats itself"
    assert stack.states(slug) == {"delivered": 10_000}


def test_a_post_of_the_smallest_events_that_fit_is_taken(stack: Stack, door: Door) -> None:
    now = datetime.now(UTC)
    slug = f"smallest-{next(_numbers)}"
    attempts = sent.send(stack.database, slug, 100, now)
    strangers = (f"{n:032x}" for n in range(40_000))
    said = [
        f'{{"event":"open","attempt_id":"{one}","sg_event_id":"{n:x}"}}'
        for n, one in enumerate((*attempts, *strangers))
    ]
    body = f"[{','.join(said)}]".encode()
    assert len(body) < MOST_BYTES
    assert door.post(body, door.signed(body)) == 204
    assert stack.states(slug) == {"delivered": 100}


def test_a_post_of_ten_thousand_is_recorded_in_turns_of_a_thousand(
    make_site: Callable[..., Site], tmp_path: Path
) -> None:
    """A letter that is handed in waits for one turn; a turn that fails takes no other with it."""
    key = load_or_make(tmp_path / "key.pem")
    site = make_site(SENDGRID_EVENT_PUBLIC_KEY=public_key(key))
    now = datetime.now(UTC)
    attempts = sent.send(site.database, "whole", 10_000, now)
    body = sent.events(attempts, now)
    recorded: list[int] = []

    def commit(connection: Connection) -> None:
        many = connection.execute(select(func.count()).select_from(events_table)).scalar_one()
        if many == 5_000 and 5_000 not in recorded:
            recorded.append(many)
            raise OperationalError("COMMIT", None, OSError("the disk is full"))
        if many:  # else only something was read before
            recorded.append(many)

    event.listen(site.app.extensions["postbag"].database.engine, "commit", commit)

    def post() -> int:
        headers = dict(signature_headers(key, body, time.time()))
        return site.client.post(PATH, data=body, headers=headers).status_code

    def delivered() -> int:
        with site.database.read() as connection:
            return ledger.count(connection)["whole"].states[State.DELIVERED]

    assert post() == 503, "so SendGrid posts all of them again"
    assert recorded == [1_000, 2_000, 3_000, 4_000, 5_000]
    assert delivered() == 4_000
    recorded[:] = [5_000]
    assert post() == 204
    assert recorded[-6:] == [5_000, 6_000, 7_000, 8_000, 9_000, 10_000]
    assert delivered() == 10_000
