"""The outward wall: a claim becomes one request, and the world's answer one of ours.

SendGrid's mail send has no idempotency key. What counts is whether it certainly did not take a
request, certainly did, or may have; told by type and status code, never by a message's text.
"""

import asyncio
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from math import ceil
from typing import Final

import certifi
import pycurl

from letters.notices.links import Links
from letters.reasons import Reason
from letters.sending.claiming.claimed import Claim
from letters.sending.outcomes import Answer, Outcome
from letters.settings import Settings
from letters.tokens import Tokens
from worker.failpoints import Step, reached
from worker.wall.curl import Transfers
from worker.wall.request_body import answered, request_body

_LONGEST_ANSWER_BYTES: Final = 65_536
_BUFFER_BYTES: Final = 16_384  # libcurl's least for what leaves; it would take four times that
_END_OF_HEAD: Final = b"\r\n"


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
        # SendGrid has no other word for it. Either way nothing was taken, and nothing goes.
        reason = Reason.OUT_OF_CREDITS if "maximum credits" in words.lower() else None
        return Outcome(Answer.KEY_REFUSED, left_at, words, reason=reason)
    if 400 <= status < 500:
        return Outcome(Answer.REFUSED, left_at, words)
    return Outcome(Answer.UNKNOWN, left_at, words)


def wait_seconds(headers: Mapping[str, str], now: datetime) -> float:
    """Return how long a 429 asks us to wait: from 1 second to 1 hour, 30 seconds without a word.

    Retry-After holds seconds (a date by RFC 9110 too); X-RateLimit-Reset the second since 1970, as
    SendGrid documents it for its other endpoints, or a small number of seconds.
    """
    told = {name.lower(): value.strip() for name, value in headers.items()}
    for name in ("retry-after", "x-ratelimit-reset"):
        text = told.get(name)
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
        self._settings: Final = settings
        self._tokens: Final = Tokens(settings.secret_keys)
        self._transfers: Final = Transfers(connections)
        self._idle: Final[list[_Exchange]] = []

    async def send(self, claim: Claim) -> Outcome:
        """Send one letter, once."""
        body = self._body(claim)
        exchange = self._idle.pop() if self._idle else _Exchange(self._settings)
        exchange.prepare(body)
        code = await self._transfers.run(exchange.curl)
        status = exchange.status()
        if status:
            reached(Step.ANSWER_IN)
            now = datetime.now(UTC)
            outcome = read_answer(
                status, exchange.headers(), bytes(exchange.answer), exchange.left_at or now, now
            )
        else:
            kind = Answer.UNREACHABLE if exchange.left_at is None else Answer.UNKNOWN
            outcome = Outcome(kind, exchange.left_at, reason=_what_broke(code))
        self._idle.append(exchange)
        return outcome

    def _body(self, claim: Claim) -> bytes:
        answers_to = None
        if claim.together is not None:
            claim = answered(claim, self._tokens, self._settings.reply_domain)
        elif claim.answers_through_us and self._settings.reply_domain:
            answers_to = f"{self._tokens.reply(claim.letter_id)}@{self._settings.reply_domain}"
        no_more = None
        if claim.updates_to is not None:
            no_more = Links(self._settings.public_url, self._tokens).updates(claim.updates_to)
        body = request_body(claim, self._settings.mail_from, answers_to, no_more)
        return json.dumps(body).encode()

    async def close(self) -> None:
        """Close the connections."""
        self._transfers.close()


class _Exchange:
    """One request and its answer at a time, over one of libcurl's handles."""

    def __init__(self, settings: Settings) -> None:
        curl = pycurl.Curl()
        self.curl: Final = curl
        curl.setopt(pycurl.URL, f"{settings.sendgrid_api_host}/v3/mail/send")
        curl.setopt(pycurl.CAINFO, os.environ.get("SSL_CERT_FILE") or certifi.where())
        curl.setopt(pycurl.PROXY, "")  # nor one of the environment
        curl.setopt(pycurl.NOSIGNAL, 1)
        curl.setopt(pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1)
        # 0 would be no deadline at all.
        curl.setopt(pycurl.TIMEOUT_MS, ceil(settings.send_timeout_seconds * 1_000))
        curl.setopt(
            pycurl.HTTPHEADER,
            [
                f"Authorization: Bearer {settings.sendgrid_api_key}",
                "Content-Type: application/json",
                "Expect:",  # do not ask before sending what is long
            ],
        )
        curl.setopt(pycurl.POST, 1)
        curl.setopt(pycurl.BUFFERSIZE, _BUFFER_BYTES)
        curl.setopt(pycurl.UPLOAD_BUFFERSIZE, _BUFFER_BYTES)
        curl.setopt(pycurl.READFUNCTION, self._give)
        # libcurl sends a request anew where a connection that it had kept turns out to be closed.
        # It cannot once the body has begun to leave: the letter would go out twice.
        curl.setopt(pycurl.SEEKFUNCTION, lambda _offset, _origin: pycurl.SEEKFUNC_FAIL)
        curl.setopt(pycurl.HEADERFUNCTION, self._take_line)
        curl.setopt(pycurl.WRITEFUNCTION, self._take)
        self.prepare(b"")

    def prepare(self, body: bytes) -> None:
        """Make ready to send `body`; forget the request before."""
        self.curl.setopt(pycurl.POSTFIELDSIZE, len(body))
        self._unsent = body
        self._head: list[bytes] = []
        self.left_at: datetime | None = None
        self.answer = bytearray()

    def status(self) -> int:
        """Return the answer's status once all its headers are in; 0 before."""
        return self.curl.getinfo(pycurl.RESPONSE_CODE) if _END_OF_HEAD in self._head else 0

    def headers(self) -> dict[str, str]:
        """Return the answer's headers, the first of each name."""
        pairs = [line.decode("latin-1").partition(":") for line in self._head]
        return {name.strip(): value.strip() for name, _, value in reversed(pairs)}

    def _give(self, most: int) -> bytes:
        """Hand the body over. From here on the request may have reached SendGrid."""
        if self.left_at is None:
            self.left_at = datetime.now(UTC)
            # In the loop's next turn the first bytes are with the system.
            asyncio.get_running_loop().call_soon(reached, Step.BYTES_OUT)
        given, self._unsent = self._unsent[:most], self._unsent[most:]
        return given

    def _take_line(self, line: bytes) -> None:
        if line.startswith(b"HTTP/"):
            self._head.clear()  # what came before was for our information only
        self._head.append(line)

    def _take(self, part: bytes) -> int | None:
        """Keep a part of the answer's body; end the transfer when there is enough of it."""
        self.answer += part
        is_enough = self._head[0].split()[1] == b"202" or len(self.answer) > _LONGEST_ANSWER_BYTES
        return 0 if is_enough else None


def _what_broke(code: int) -> Reason:
    """Return why no answer came; libcurl's own message could hold what was sent."""
    match code:
        case pycurl.E_COULDNT_RESOLVE_HOST:
            return Reason.NAME_NOT_FOUND
        case pycurl.E_COULDNT_CONNECT:
            return Reason.NO_CONNECTION
        case pycurl.E_OPERATION_TIMEDOUT:
            return Reason.NO_ANSWER
        case (
            pycurl.E_SSL_CONNECT_ERROR
            | pycurl.E_PEER_FAILED_VERIFICATION
            | pycurl.E_SSL_CACERT_BADFILE
        ):
            return Reason.NOT_SECURE
        case _:
            return Reason.BROKEN
