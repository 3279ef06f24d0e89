"""Answer messages as offices do: a person, or a program, through SendGrid's Inbound Parse.

The address decides, as in sandbox.events: `answers@…` is a person's, `away@…` a program's. What
goes to an address at the domain of Inbound Parse comes back as SendGrid would post it: from the
person with the parsed fields, from the program as a whole message. It is posted again until it is
taken, for as long as the stand-in runs.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

from sandbox.behaviour.events import signature_headers
from sandbox.mail.messages import Message, records, texts

_AFTER_S = 0.5
_FIRST_RETRY_S = 1.0
_LAST_RETRY_S = 60.0
_TIMEOUT = aiohttp.ClientTimeout(total=15)
_PERSON = "answers"
_PROGRAM = "away"


@dataclass(frozen=True)
class Reply:
    """One post to Inbound Parse's address."""

    body: bytes
    content_type: str


class Replies:
    """Answers on their way."""

    def __init__(
        self, url: str, domain: str, key: EllipticCurvePrivateKey, session: aiohttp.ClientSession
    ) -> None:
        """Post answers that go to `domain` to `url`, signed with `key`."""
        self._url, self._domain, self._key, self._session = url, domain.lower(), key, session
        self._posts: set[asyncio.Task[None]] = set()

    def add(self, message: Message) -> None:
        """Let those answer to whom `message` goes, if they do."""
        for reply in replies_to(message, self._domain):
            post = asyncio.create_task(self._deliver(reply))
            self._posts.add(post)
            post.add_done_callback(self._posts.discard)

    async def close(self) -> None:
        """Stop; what was not taken is answered anew when the stand-in is started again."""
        for post in self._posts:
            post.cancel()
        await asyncio.gather(*self._posts, return_exceptions=True)

    async def _deliver(self, reply: Reply) -> None:
        await asyncio.sleep(_AFTER_S)
        retry_s = _FIRST_RETRY_S
        while not await self._is_done(reply):
            await asyncio.sleep(retry_s)
            retry_s = min(2 * retry_s, _LAST_RETRY_S)

    async def _is_done(self, reply: Reply) -> bool:
        """Post once. SendGrid tries again where the server is in trouble, and else gives up."""
        headers = {
            "Content-Type": reply.content_type,
            "User-Agent": "Sendlib/1.0 server.sendgrid.net",
            **signature_headers(self._key, reply.body, time.time()),
        }
        try:
            async with self._session.post(
                self._url, data=reply.body, headers=headers, timeout=_TIMEOUT, allow_redirects=False
            ) as response:
                status = response.status
        except (aiohttp.ClientError, TimeoutError):
            return False
        if 300 <= status < 500:
            sys.stderr.write(f"An answer was refused with {status}, and is lost.\n")
        return status < 500


def replies_to(message: Message, domain: str) -> Iterable[Reply]:
    """Give what comes back of a message, to addresses at `domain`."""
    to = texts(message.body.get("reply_to")).get("email", "")
    if to.lower().rpartition("@")[2] != domain:
        return
    subject = str(message.body.get("subject", ""))
    said = "".join(texts(part).get("value", "") for part in records(message.body.get("content")))
    for place, recipient in enumerate(message.recipients()):
        who = recipient.email.partition("@")[0].partition("+")[0].lower()
        own_id = f"<{place}.{message.message_id}@office.example>"
        name = recipient.name or "The office"
        if who == _PERSON:
            yield _persons(to, recipient.email, name, subject, said, own_id)
        elif who == _PROGRAM:
            yield _programs(to, recipient.email, name, subject, own_id)


def _persons(to: str, sender: str, name: str, subject: str, said: str, own_id: str) -> Reply:
    quoted = "\n".join(f"> {line}".rstrip() for line in said.splitlines())
    text = (
        "Thank you for your letter. I have read it, and I will bring the matter up.\n\n"
        f"{name}\n\nYou wrote:\n{quoted}\n"
    )
    sent_by = f'"{_plain(name)}" <{sender}>'
    return _form(
        {
            "headers": f"Message-ID: {own_id}\nFrom: {sent_by}\nTo: {to}\nMIME-Version: 1.0\n",
            "dkim": "{@office.example : pass}",
            "to": to,
            "from": sent_by,
            "subject": f"Re: {subject}",
            "text": text,
            "sender_ip": "127.0.0.1",
            "envelope": json.dumps({"to": [to], "from": sender}),
            "attachments": "0",
            "charsets": json.dumps(
                dict.fromkeys(("to", "from", "subject", "text"), "UTF-8"), separators=(",", ":")
            ),
            "SPF": "pass",
        }
    )


def _programs(to: str, sender: str, name: str, subject: str, own_id: str) -> Reply:
    head = [
        f'From: "{_plain(name)}" <{sender}>',
        f"To: {to}",
        f"Subject: Automatic reply: {_plain(subject)}",
        f"Message-ID: {own_id}",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
    ]
    text = "Thank you for your message. We get many and answer them in turn.\r\n"
    return _form(
        {
            "dkim": "none",
            "email": "\r\n".join([*head, "", text]),
            "to": to,
            "from": sender,
            "subject": f"Automatic reply: {_plain(subject)}",
            "sender_ip": "127.0.0.1",
            "envelope": json.dumps({"to": [to], "from": ""}),
            "charsets": '{"to":"UTF-8","from":"UTF-8","subject":"UTF-8"}',
            "SPF": "none",
        }
    )


def _plain(text: str) -> str:
    return " ".join(text.replace('"', "").replace("\\", "").split())


def _form(fields: dict[str, str]) -> Reply:
    mark = "xYzZY"
    while any(mark in value for value in fields.values()):
        mark += "x"
    body = "".join(
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    return Reply(f"{body}--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}")
