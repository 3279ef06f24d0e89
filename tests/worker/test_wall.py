"""What the wire does, and what we then say of the letter. A socket plays SendGrid."""

import asyncio
import json
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from letters.reasons import Reason
from letters.sending.claiming.claimed import LEAD, Claim
from letters.sending.outcomes import Answer, Outcome
from letters.settings import Settings, read_settings
from sandbox.keys import new_key, public_key
from tests.support.played import CLOSE, TAKEN, Played
from worker.wall.sendgrid import SendGrid

TIMEOUT_SECONDS: Final = 0.5


def settings(host: str) -> Settings:
    return read_settings(
        {
            "DATABASE_URL": "sqlite:///unused.db",
            "REDIS_URL": "redis://127.0.0.1",
            "SECRET_KEY": secrets.token_hex(16),
            "PUBLIC_URL": "http://localhost",
            "SENDGRID_API_KEY": "SG.a-key-for-tests",
            "SENDGRID_API_HOST": host,
            "SENDGRID_EVENT_PUBLIC_KEY": public_key(new_key()),
            "MAIL_FROM": "letters@postbag.example",
            "SEND_TIMEOUT": str(TIMEOUT_SECONDS),
        }
    )


def claim(body: str = "Dear Minister,\n\nPlease.") -> Claim:
    now = datetime.now(UTC)
    return Claim(
        letter_id="1" * 32, attempt_id="2" * 32, is_notice=False, category="trees",
        to_name="The Minister", to_email="minister@harbours.example", from_name="Ana Reed",
        reply_to=("Ana Reed", "ana@readers.example"), subject="Keep the trees", body=body,
        leave_at=now, leave_by=now + LEAD, slot=None, is_probe=False,
    )  # fmt: skip


def send(*answers: bytes, letters: int = 1, body: str = "Please.") -> tuple[Played, list[Outcome]]:
    """Send letters, one after the other, to a server that gives these answers."""

    async def play() -> tuple[Played, list[Outcome]]:
        played = Played(*answers)
        async with played.listening() as port:
            sendgrid = SendGrid(settings(f"http://127.0.0.1:{port}"), connections=4)
            outcomes = [await sendgrid.send(claim(body)) for _ in range(letters)]
            await sendgrid.close()
        return played, outcomes

    return asyncio.run(play())


def kinds(outcomes: list[Outcome]) -> list[Answer]:
    return [outcome.answer for outcome in outcomes]


def test_letters_share_a_connection() -> None:
    played, outcomes = send(TAKEN, TAKEN, TAKEN, letters=3)
    assert kinds(outcomes) == [Answer.TAKEN] * 3
    assert played.connections == 1


@pytest.mark.parametrize("characters", [1, 10_000, 200_000])
def test_the_body_arrives_whole(characters: int) -> None:
    text = "é" * characters
    played, outcomes = send(TAKEN, body=text)
    assert kinds(outcomes) == [Answer.TAKEN]
    assert json.loads(played.bodies[0])["content"][0]["value"] == text


def test_a_letter_is_not_sent_again_when_a_kept_connection_is_closed_on_it() -> None:
    played, outcomes = send(TAKEN, CLOSE, letters=2)
    assert kinds(outcomes) == [Answer.TAKEN, Answer.UNKNOWN]
    assert len(played.bodies) == 2  # an HTTP client would have sent the second once more
    assert outcomes[1].left_at is not None


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (CLOSE, Answer.UNKNOWN),
        (b"HTTP/1.1 202 Acc", Answer.UNKNOWN),
        (b"HTTP/1.1 202 Accepted\r\nX-Message-Id: 7\r\n", Answer.UNKNOWN),
        (b"nonsense\r\n\r\n", Answer.UNKNOWN),
        (b"HTTP/1.1 100 Continue\r\n\r\n", Answer.UNKNOWN),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + TAKEN, Answer.TAKEN),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + TAKEN, Answer.TAKEN),
        (b"HTTP/1.1 202 Accepted\r\nContent-Length: 9\r\n\r\n", Answer.TAKEN),
        (b"HTTP/1.1 202 Accepted\r\nContent-Length: 999999999\r\n\r\nword", Answer.TAKEN),
        (b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n", Answer.UNKNOWN),
        (b"HTTP/1.1 500 Oops\r\nContent-Length: 99\r\n\r\nhalf", Answer.UNKNOWN),
        (b"HTTP/1.1 400 Bad\r\nContent-Length: 99\r\n\r\nhalf", Answer.REFUSED),
        (b"HTTP/1.1 401 Who\r\nContent-Length: 0\r\n\r\n", Answer.KEY_REFUSED),
    ],
)
def test_only_what_was_said_counts(answer: bytes, meaning: Answer) -> None:
    played, outcomes = send(answer)
    assert kinds(outcomes) == [meaning]
    assert len(played.bodies) == 1


def test_an_endless_answer_is_read_so_far_and_no_further() -> None:
    words = b"x" * 1_000_000
    head = b"HTTP/1.1 400 Bad\r\nContent-Length: 1000000000\r\n\r\n"
    _, outcomes = send(head + words)
    assert kinds(outcomes) == [Answer.REFUSED]
    assert outcomes[0].detail == "400: " + "x" * 500


def test_a_wait_is_read_from_the_headers() -> None:
    _, outcomes = send(b"HTTP/1.1 429 Slow\r\nretry-after: 7\r\nContent-Length: 0\r\n\r\n")
    assert kinds(outcomes) == [Answer.SLOW_DOWN]
    assert outcomes[0].wait_seconds == 7.0


def test_where_nobody_listens_nothing_has_left() -> None:
    async def to_a_closed_port() -> Outcome:
        server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        server.close()
        sendgrid = SendGrid(settings(f"http://127.0.0.1:{port}"), connections=1)
        outcome = await sendgrid.send(claim())
        await sendgrid.close()
        return outcome

    outcome = asyncio.run(to_a_closed_port())
    assert outcome == Outcome(Answer.UNREACHABLE, None, reason=Reason.NO_CONNECTION)


@pytest.mark.parametrize(
    ("has_authorities", "reason"),
    [(True, Reason.NO_ANSWER), (False, Reason.NOT_SECURE)],
)
def test_where_no_secure_connection_comes_about_nothing_has_left(
    has_authorities: bool,
    reason: Reason,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not has_authorities:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))

    async def to_a_plain_port() -> tuple[Played, Outcome]:
        played = Played(TAKEN)
        async with played.listening() as port:
            sendgrid = SendGrid(settings(f"https://127.0.0.1:{port}"), connections=1)
            outcome = await sendgrid.send(claim())
            await sendgrid.close()
        return played, outcome

    played, outcome = asyncio.run(to_a_plain_port())
    assert outcome == Outcome(Answer.UNREACHABLE, None, reason=reason)
    assert played.bodies == []
