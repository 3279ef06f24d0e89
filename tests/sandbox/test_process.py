"""The stand-in as a process: how it starts, ends, and comes back."""

import itertools
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP384R1, generate_private_key
from sendgrid.helpers.eventwebhook import EventWebhook

from rig import ROOT
from sandbox.keys import UnusableKeyError, load_or_make, pem, public_key
from tests.support.stand_in import (
    API_KEY,
    PATIENCE_S,
    StandInProcess,
    WebhookReceiver,
    letter,
    met_with_a_reset,
)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "SANDBOX_API_KEY"}
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_told_even_with_a_client_hanging(number: int) -> None:
    with StandInProcess() as stand_in:
        stand_in.order({"mode": "accept-then-hang"})
        with pytest.raises(TimeoutError):
            stand_in.send(letter(), timeout_s=0.3)
        assert stand_in.stop(number) == (0, "")


def test_messages_and_owed_events_survive_a_kill(tmp_path: Path, webhook: WebhookReceiver) -> None:
    arguments = ("--messages", str(tmp_path / "messages.jsonl"), "--webhook", webhook.url)
    settled, owed = letter(), letter()
    with StandInProcess(arguments) as stand_in:
        stand_in.send(settled)
        webhook.wait_for_event(settled, "delivered")
        stand_in.order({"events": {"hold": True}})
        stand_in.send(owed)
        stand_in.stop(signal.SIGKILL)
    assert webhook.events(owed) == []

    webhook.posts.clear()
    with StandInProcess(arguments) as stand_in:
        webhook.wait_for_event(owed, "delivered")
        assert stand_in.outbox() == [settled, owed]
        assert stand_in.entry(settled)["taken"]
        assert stand_in.entry(owed)["n"] == 2
    assert webhook.events(settled) == []


def test_it_speaks_https_to_a_strict_client(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    with StandInProcess(("--tls", "--tls-ca", str(ca), "--answer-ms", "50-60"), ca=ca) as stand_in:
        assert stand_in.url.startswith("https://127.0.0.1:")
        before = time.monotonic()
        assert stand_in.send(letter()).status == 202
        assert time.monotonic() - before > 0.05
        stand_in.order({"mode": "accept-then-reset"})
        with met_with_a_reset():
            stand_in.send(letter())


def test_no_events_are_posted_when_none_are_wanted(webhook: WebhookReceiver) -> None:
    with StandInProcess(("--webhook", webhook.url, "--no-events")) as stand_in:
        assert stand_in.request("POST", "/chaos", json={"events": {"hold": True}}).status == 400
        stand_in.send(letter("dropped@harbours.example"))
        assert stand_in.request("POST", "/events", json=[{"event": "open"}]).status == 204
    assert [post.events() for post in webhook.posts] == [[{"event": "open"}]]


def test_without_a_webhook_there_is_nobody_to_tell() -> None:
    with StandInProcess() as stand_in:
        assert stand_in.send(letter()).status == 202
        assert stand_in.request("POST", "/events", json=[]).status == 409


def test_what_the_webhook_does_not_take_comes_again_more_and_more_slowly(
    webhook: WebhookReceiver,
) -> None:
    webhook.statuses = itertools.chain([0, 503], itertools.repeat(204))
    with StandInProcess(("--webhook", webhook.url)) as stand_in:
        body = letter("dropped@harbours.example")
        stand_in.send(body)
        webhook.wait(lambda: len(webhook.events(body)) == 3)
        while b"has been reported" not in stand_in.request("GET", "/messages/1").body:
            pass
        assert stand_in.stop()[1].splitlines() == [
            "The webhook cannot be reached (ServerDisconnectedError); trying again in 1 s.",
            "The webhook takes events again.",
        ]
    first, second, third = webhook.posts
    assert first.body == second.body == third.body
    assert second.arrived_at - first.arrived_at > 0.9
    assert third.arrived_at - second.arrived_at > 1.9


def test_a_webhook_out_of_reach_is_a_bad_gateway(webhook: WebhookReceiver) -> None:
    nowhere = webhook.url.replace("http://", "https://")
    with StandInProcess(("--webhook", nowhere)) as stand_in:
        assert stand_in.request("POST", "/events", json=[]).status == 502


def test_a_bare_one_keeps_the_ids_alone(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    arguments = ("--bare", "--tls-ca", str(ca), "--answer-ms", "1-2")
    with StandInProcess(arguments, ca=ca) as stand_in:
        body = letter()
        answer = stand_in.send(body)
        assert (answer.status, answer.headers["X-Message-Id"]) == (202, "1")
        assert stand_in.entry(body)["taken"] is True
        assert stand_in.outbox() == []
        assert stand_in.request("GET", "/nothing").status == 404


def test_it_ends_with_its_parent() -> None:
    starter = (
        "import os, subprocess, sys;"
        "child = subprocess.Popen([sys.executable, '-m', 'sandbox', '--die-with-parent'],"
        " stdout=subprocess.PIPE, text=True);"
        "print(child.pid, child.stdout.readline(), flush=True);"
        "sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", starter],
        cwd=ROOT,
        env={**os.environ, "SANDBOX_API_KEY": API_KEY},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        pid, word, *_ = parent.stdout.readline().split()
        assert word == "Listening"
        parent.kill()
    deadline = time.monotonic() + PATIENCE_S
    while Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_taken_port_is_said_in_a_sentence() -> None:
    with StandInProcess() as stand_in:
        port = stand_in.url.rpartition(":")[2]
        second = run("sandbox", "--api-key", "k", "--port", port)
    assert second.returncode == 1
    assert second.stderr == (f"Port {port} is taken. Stop what uses it or choose another port.\n")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("--messages", "[]\n", "line 1: no message"),
        ("--signing-key", "nothing", "holds no private key in PEM form"),
    ],
)
def test_a_file_that_is_not_ours_is_said_in_a_sentence(
    tmp_path: Path, name: str, content: str, sentence: str
) -> None:
    (tmp_path / "file").write_text(content)
    ended = run("sandbox", "--api-key", "k", name, str(tmp_path / "file"))
    assert ended.returncode == 1
    assert sentence in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_folder_that_is_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    ended = run("sandbox", "--api-key", "k", "--messages", str(tmp_path / "no" / "file"))
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--api-key", "k", "--port", "70000"],
        ["--api-key", "k", "--answer-ms", "9-5"],
        ["--api-key", "k", "--answer-ms", "soon"],
    ],
)
def test_arguments_that_make_no_sense_are_refused(arguments: list[str]) -> None:
    assert run("sandbox", *arguments).returncode == 2


def test_the_public_key_is_shown_as_sendgrid_shows_it(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    first, again = run("sandbox.keys", str(path)), run("sandbox.keys", str(path))
    assert first.returncode == 0
    assert first.stdout == again.stdout
    EventWebhook(first.stdout.strip())  # raises if it is no key
    assert first.stdout.startswith("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_keys_wants_one_file(tmp_path: Path) -> None:
    assert run("sandbox.keys").returncode == 2
    ended = run("sandbox.keys", str(tmp_path / "no" / "key.pem"))
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)


def test_a_key_of_another_kind_is_not_used(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(pem(generate_private_key(SECP384R1())))
    with pytest.raises(UnusableKeyError, match="another kind"):
        load_or_make(path)


def test_a_key_that_is_there_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    assert public_key(load_or_make(path)) == public_key(load_or_make(path))
