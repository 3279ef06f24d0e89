"""Requests that come slowly, in pieces, or are none: what the web server makes of them."""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rig.servers import PATIENCE_SECONDS, Valkey
from tests.conftest import AtMost
from tests.support.stack import Stack
from webapp.server.arrivals import Arrived, look

HOST = b"Host: localhost\r\n"
CANARY = "can4ry-of-a-token"


@pytest.fixture(scope="module")
def web(
    make_database_url: Callable[[], str], valkey: Valkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """Give a stack of its own, with its log as in production and two processes."""
    with Stack(
        tmp_path_factory.mktemp("slow"),
        make_database_url(),
        valkey.new_database(),
        worker_count=0,
        LOG_FORMAT="json",
        WEB_CONCURRENCY="2",
    ) as running:
        running.load("slow", "delivered@slow.example")
        yield running


def connect(web: Stack) -> socket.socket:
    return socket.create_connection(("127.0.0.1", web.settings.port), 20)


def ask(web: Stack, request: bytes) -> tuple[int, bytes]:
    """Send some bytes, say that there are no more, and give status and answer."""
    with connect(web) as wire:
        wire.sendall(request)
        wire.shutdown(socket.SHUT_WR) if b"chunked" in request else None
        answer = b""
        while piece := wire.recv(65_536):
            answer += piece
            if answer.startswith(b"HTTP/1.1 200") and b"\r\n0\r\n" in answer:
                break
        return int(answer.split(b" ", 2)[1]) if answer else 0, answer


HALF = {
    "nothing": b"",
    "half a head": b"GET /c/slow HTTP/1.1\r\nHost: loc",
    "half a body": b"POST /c/slow HTTP/1.1\r\n" + HOST + b"Content-Length: 1000\r\n\r\nna",
    "half a chunk": b"POST /c/slow HTTP/1.1\r\n" + HOST
    + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    "half a large body": b"POST /webhooks/sendgrid HTTP/1.1\r\n" + HOST
    + b"Content-Length: 4000000\r\n"
    + b"X-Twilio-Email-Event-Webhook-Timestamp: 1600000000\r\n"
    + b"X-Twilio-Email-Event-Webhook-Signature: YQ==\r\n\r\nna",
}  # fmt: skip


@pytest.mark.parametrize("kind", HALF)
def test_thirty_half_open_connections_stop_nobody(web: Stack, kind: str, at_most: AtMost) -> None:
    with ExitStack() as held:
        for _ in range(30):
            wire = held.enter_context(connect(web))
            wire.sendall(HALF[kind])
        time.sleep(0.3)
        took = []
        for _ in range(5):
            begun = time.monotonic()
            assert web.get("/healthz").status == 200
            took.append(time.monotonic() - begun)
        at_most(sorted(took)[2], 0.1)


def test_what_does_not_arrive_in_time_is_closed(web: Stack, at_most: AtMost) -> None:
    with connect(web) as wire:
        wire.sendall(HALF["half a body"])
        begun = time.monotonic()
        assert wire.recv(1_000) in {b"", b"\r\n"}
        at_most(time.monotonic() - begun, 13)


def test_a_request_may_come_byte_by_byte_and_several_at_once(web: Stack) -> None:
    request = b"GET /healthz HTTP/1.1\r\n" + HOST + b"\r\n"
    with connect(web) as wire:
        for byte in request:
            wire.sendall(bytes([byte]))
        answers = b""
        while not answers.endswith(b"ok\n"):
            answers += wire.recv(1_000)
        wire.sendall(request * 3 + request[:9])  # the last of four comes in two pieces
        time.sleep(0.2)
        wire.sendall(request[9:])
        while answers.count(b"\r\n\r\nok\n") < 5:
            answers += wire.recv(1_000)
        assert answers.count(b"HTTP/1.1 200 OK") == 5


def test_chunks_and_what_waits_for_our_word_are_taken(web: Stack) -> None:
    head = b"POST /desk/sign-in HTTP/1.1\r\n" + HOST
    form = b"Content-Type: application/x-www-form-urlencoded\r\n"
    chunks = head + form + b"Transfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n"
    assert ask(web, chunks)[0] == 400  # it has no token
    with connect(web) as wire:
        wire.sendall(head + form + b"Content-Length: 3\r\nExpect: 100-continue\r\n\r\n")
        assert wire.recv(1_000).startswith(b"HTTP/1.1 100 ")
        wire.sendall(b"a=b")
        assert wire.recv(100).startswith(b"HTTP/1.1 400 ")


LINE = f"/l/{CANARY}".encode()
MALFORMED = {
    "no version": b"GET " + LINE + b"\r\n" + HOST + b"\r\n",
    "a stray byte": b"GET " + LINE + b"\xe2\x80\xa6 x HTTP/1.1\r\n" + HOST + b"\r\n",
    "a wrong version": b"GET " + LINE + b" HTTP/7.1\r\n" + HOST + b"\r\n",
    "no method": b"\x16\x03\x01" + LINE + b"\r\n\r\n",
    "a header without a colon": b"GET " + LINE + b" HTTP/1.1\r\nnothing " + LINE + b"\r\n\r\n",
    "a space before the colon": b"GET " + LINE + b" HTTP/1.1\r\nTE : " + LINE + b"\r\n\r\n",
    "folded": b"GET " + LINE + b" HTTP/1.1\r\nA: b\r\n " + LINE + b"\r\n\r\n",
    "only line feeds": b"GET " + LINE + b" HTTP/1.1\nHost: a\n\n",
    "two lengths": b"POST " + LINE
    + b" HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a length with a sign": b"POST " + LINE + b" HTTP/1.1\r\nContent-Length: +3\r\n\r\nabc",
    "length and chunks": b"POST " + LINE
    + b" HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an unknown coding": b"POST " + LINE + b" HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n",
    "a bad chunk": b"POST " + LINE + b"/edit HTTP/1.1\r\n" + HOST
    + b"Transfer-Encoding: chunked\r\n\r\n" + LINE + b"\r\n0\r\n\r\n",
    "an unended chunk": b"POST " + LINE + b"/edit HTTP/1.1\r\n" + HOST
    + b"Transfer-Encoding: chunked\r\n\r\n5\r\nabcdeXX\r\n0\r\n\r\n",
    "a chunk that ends early": b"POST " + LINE + b"/edit HTTP/1.1\r\n" + HOST
    + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
    "a bad chunk for SendGrid": b"POST /webhooks/sendgrid HTTP/1.1\r\n" + HOST
    + b"X-Twilio-Email-Event-Webhook-Timestamp: 1600000000\r\n"
    + b"X-Twilio-Email-Event-Webhook-Signature: YQ==\r\n"
    + b"Transfer-Encoding: chunked\r\n\r\n" + LINE + b"\r\n0\r\n\r\n",
    "a long line": b"GET " + LINE + b"x" * 9_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "a long head": b"GET " + LINE + b" HTTP/1.1\r\n" + b"A: " + b"x" * 9_000 + b"\r\n\r\n",
    "many headers": b"GET " + LINE + b" HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n",
    "zeros": b"\x00" * 200 + b"\r\n\r\n",
    "an odd expectation": b"GET " + LINE + b" HTTP/1.1\r\n" + HOST + b"Expect: 7\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("kind", MALFORMED)
def test_malformed_requests_are_refused_and_leave_no_word_in_the_log(web: Stack, kind: str) -> None:
    status, answer = ask(web, MALFORMED[kind])
    assert 400 <= status < 500, status
    assert CANARY.encode() not in answer
    for line in (web.folder / "web.log").read_text().splitlines():
        assert set(json.loads(line)) >= {"time", "level", "logger", "message"}
        for word in (CANARY, "127.0.0.1", "Traceback"):
            assert word not in line
    assert web.get("/healthz").status == 200


def test_what_is_refused_is_counted_by_door(web: Stack) -> None:
    for kind in ("no version", "a long line", "many headers", "an odd expectation"):
        ask(web, MALFORMED[kind])
    web.get("/nowhere")
    web.get("/l/forged")
    told = web.get("/metrics").body.decode()
    for line in (
        'postbag_refused_total{door="server",status="400"}',
        'postbag_refused_total{door="server",status="414"}',
        'postbag_refused_total{door="server",status="417"}',
        'postbag_refused_total{door="server",status="431"}',
        'postbag_refused_total{door="nowhere",status="404"}',
        'postbag_refused_total{door="receipt",status="404"}',
    ):
        assert line in told


def test_no_answer_names_the_host_that_a_stranger_wrote(web: Stack) -> None:
    for path in (b"//desk/x", b"/desk//x", b"/desk/", b"/c//slow", b"/c/slow/", b"/desk"):
        request = b"GET " + path + b" HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
        assert b"evil.example" not in ask(web, request)[1], path


def test_the_server_ends_within_ten_seconds_of_sigterm(web: Stack, at_most: AtMost) -> None:
    with ExitStack() as held:
        for half in HALF.values():
            held.enter_context(connect(web)).sendall(half)
        time.sleep(0.3)
        assert web.web is not None
        begun = time.monotonic()
        web.web.send_signal(signal.SIGTERM)
        web.web.wait(PATIENCE_SECONDS)
        at_most(time.monotonic() - begun, 10)
    web.start_web()


def test_a_weak_host_is_said_before_anything_is_served(web: Stack, tmp_path: Path) -> None:
    done = subprocess.run(
        ["python", "-m", "worker"],
        cwd=Path(__file__).parents[2],
        env={**web.environment, "HOST": "everywhere", "SECRET_KEY": "aaaaaaaaaaaaaaaa"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert [line.split()[0] for line in done.stderr.splitlines()] == ["SECRET_KEY", "HOST"]


WHOLE = b"POST / HTTP/1.1\r\nContent-Length: 5\r\nA: b\r\n\r\nhello"


@given(st.integers(0, len(WHOLE)))
def test_a_request_is_whole_when_its_last_byte_is_there(sent: int) -> None:
    wanted = Arrived.WHOLE if sent == len(WHOLE) else Arrived.PART
    assert look(WHOLE[:sent]) is wanted


@given(st.binary(max_size=200))
def test_anything_can_be_looked_at(sent: bytes) -> None:
    assert look(sent) in Arrived
