"""The outward wall: a claim becomes one request, and the world's answer one of ours.

SendGrid's mail send has no idempotency key. What counts is whether it certainly did not take a
request, certainly did, or may have; told by type and status code, never by a message's text.
"""

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Final

import aiohttp
import certifi
from aiohttp.abc import AbstractStreamWriter

from letters.settings import Settings
from letters.storage.claims import Claim
from worker.failpoints import Step, reached
from worker.request_body import request_body

_LONGEST_ANSWER_BYTES: Final = 65_536
_IDLE_SECONDS: Final = 10  # shorter than any server keeps a connection, so that we close first


class Answer(Enum):
    """What became of a request."""

    TAKEN = auto()
    SLOW_DOWN = auto()
    """Not taken; nobody may send for a while."""
    KEY_REFUSED = auto()
    """Not taken; our key or our account is refused, and not this letter."""
    UNREACHABLE = auto()
    """Not taken; the request never left."""
    REFUSED = auto()
    """Not taken, and never will be."""
    UNKNOWN = auto()
    """It left, and may have been taken."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one request."""

    answer: Answer
    left_at: datetime | None
    """When the request left; None: it certainly did not."""
    detail: str | None = None
    wait_seconds: float = 0.0


def read_answer(
    status: int, headers: Mapping[str, str], body: bytes, left_at: datetime, now: datetime
) -> Outcome:
    """Return what an answer of SendGrid means."""
    if status == 202:
        return Outcome(Answer.TAKEN, left_at)
    words = f"{status}: {_words(body)}"
    if status == 429:
        return Outcome(Answer.SLOW_DOWN, left_at, words, wait_seconds(headers, now))
    if status in {401, 403}:
        return Outcome(Answer.KEY_REFUSED, left_at, words)
    if 400 <= status < 500:
        return Outcome(Answer.REFUSED, left_at, words)
    return Outcome(Answer.UNKNOWN, left_at, words)


def wait_seconds(headers: Mapping[str, str], now: datetime) -> float:
    """Return how long a 429 asks us to wait: from 1 second to 1 hour, 30 seconds without a word.

    Retry-After holds seconds (a date by RFC 9110 too); X-RateLimit-Reset the second since 1970, as
    SendGrid documents it for its other endpoints, or a small number of seconds.
    """
    for name in ("Retry-After", "X-RateLimit-Reset"):
        text = headers.get(name, "").strip()
        if not text:
            continue
        seconds = _seconds(text, now)
        if seconds is not None:
            return min(3600.0, max(1.0, seconds))
    return 30.0


def _seconds(text: str, now: datetime) -> float | None:
    try:
        number = float(text)
    except ValueError:
        try:
            then = datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT").replace(tzinfo=UTC)
        except ValueError:
            return None
        return (then - now).total_seconds()
    if not abs(number) < float("inf"):
        return None
    return number - now.timestamp() if number > 1_000_000_000 else number


def _words(body: bytes) -> str:
    """Return SendGrid's own words in an answer, at most 500 characters."""
    text = body.decode("utf-8", "replace")
    try:
        errors = json.loads(text)["errors"]
        text = "; ".join(str(error["message"]) for error in errors)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass  # not in SendGrid's form: the text itself is what there is
    # No database keeps half a character, and PostgreSQL no NUL.
    text = text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    return " ".join(text.split())[:500]


class SendGrid:
    """A pooled client for one process, with a total deadline for each request."""

    def __init__(self, settings: Settings, connections: int) -> None:
        self._mail_from: Final = settings.mail_from
        self._url: Final = f"{settings.sendgrid_api_host}/v3/mail/send"
        context = ssl.create_default_context()
        context.load_verify_locations(certifi.where())
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=connections, keepalive_timeout=_IDLE_SECONDS, ssl=context
            ),
            timeout=aiohttp.ClientTimeout(total=settings.send_timeout_seconds),
            headers={
                "Authorization": f"Bearer {settings.sendgrid_api_key}",
                "Content-Type": "application/json",
            },
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def send(self, claim: Claim) -> Outcome:
        """Send one letter, once."""
        body = _Leaving(json.dumps(request_body(claim, self._mail_from)).encode())
        try:
            async with self._session.post(self._url, data=body, allow_redirects=False) as response:
                answer = b""
                if response.status != 202:
                    answer = await response.content.read(_LONGEST_ANSWER_BYTES)
                reached(Step.ANSWER_IN)
                now = datetime.now(UTC)
                left_at = body.left_at or now
                return read_answer(response.status, response.headers, answer, left_at, now)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if body.left_at is None:
                return Outcome(Answer.UNREACHABLE, None, _what_broke(error))
            return Outcome(Answer.UNKNOWN, body.left_at, _what_broke(error))

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()


def _what_broke(error: Exception) -> str:
    """Return why no answer came, for people: the error's own message could hold what was sent."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "its name was not found"
        case aiohttp.ClientSSLError():
            return "no secure connection could be made"
        case TimeoutError():
            return "no answer came in time"
        case aiohttp.ClientConnectorError():
            return "no connection could be made"
        case _:
            return "the connection broke before an answer came"


class _Leaving(aiohttp.BytesPayload):
    """A request's body that notes when it leaves. The client keeps the head back until then."""

    left_at: datetime | None = None

    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        """Write the body. From here on the request may have reached SendGrid."""
        self.left_at = datetime.now(UTC)
        await super().write_with_length(writer, content_length)
        reached(Step.BYTES_OUT)
