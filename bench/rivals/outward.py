"""The ways in which a rival sends a letter: with SendGrid's SDK, or a client that is pooled."""

import json
import os
import ssl
from functools import cache
from types import TracebackType
from typing import Self

import aiohttp
import urllib3
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Mail

KEY = os.environ["SENDGRID_API_KEY"]
HOST = os.environ["SENDGRID_API_HOST"]
TEXT = "I walk under the harbour's trees each day. " * 40
TO = "minister@harbours.example"


def letter(number: int) -> Mail:
    return Mail("letters@postbag.example", TO, f"Trees {number}", plain_text_content=TEXT)


@cache
def whole() -> dict[str, object]:
    """Make what a request says but for its subject once."""
    made: dict[str, object] = letter(0).get()
    return made


@cache
def pool() -> urllib3.PoolManager:
    """Make one pool for the process, with a connection for each thread."""
    context = ssl.create_default_context()
    return urllib3.PoolManager(maxsize=int(os.environ["BENCH_THREADS"]), ssl_context=context)


def send(number: int) -> None:
    if os.environ["BENCH_CLIENT"] == "sdk":
        status = SendGridAPIClient(KEY, host=HOST).send(letter(number)).status_code
    else:
        status = (
            pool()
            .request(
                "POST",
                f"{HOST}/v3/mail/send",
                body=json.dumps(letter(number).get()).encode(),
                headers={"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"},
            )
            .status
        )
    if status != 202:
        raise RuntimeError(status)


class Client:
    """A pooled client for what runs in an event loop."""

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=256, ssl=ssl.create_default_context())
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        self._session = aiohttp.ClientSession(connector=connector, headers=headers)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def send(self, number: int) -> None:
        body = json.dumps({**whole(), "subject": f"Trees {number}"}).encode()
        async with self._session.post(f"{HOST}/v3/mail/send", data=body) as answer:
            if answer.status != 202:
                raise RuntimeError(answer.status)
