"""Post webhook messages to other systems: public addresses only, no redirects, bounded in time."""

import asyncio
import logging
import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime
from ipaddress import ip_address
from typing import Final

import aiohttp
import certifi
from aiohttp.connector import AddrInfoType

from letters.settings import Settings
from letters.storage.database import Database
from letters.webhooks import delivery
from letters.webhooks.delivery import Result
from letters.webhooks.message import Message, headers
from letters.webhooks.public_url import BadUrl, check_url, is_own_machine, may_post_to

_TIMEOUT_SECONDS: Final = 10
_AT_ONCE: Final = 10
_log = logging.getLogger(__name__)


def _gate(*, may_be_own: bool) -> Callable[[AddrInfoType], socket.socket]:
    """Return what opens sockets to public addresses, and raises OSError for all others.

    It is asked for the very address that is about to be connected to, however it was spelled and
    whoever resolved it: a check of the URL or of the name could see another one.
    """

    def open_socket(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        if not may_post_to(ip_address(str(address[0]).partition("%")[0]), may_be_own=may_be_own):
            raise OSError("this is a private address")
        return socket.socket(family, kind, protocol)

    return open_socket


def connector(*, may_be_own: bool) -> aiohttp.TCPConnector:
    """Return what connects to public addresses only, or in a trial to this machine as well."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return aiohttp.TCPConnector(
        limit=_AT_ONCE,
        ssl=context,
        resolver=aiohttp.ThreadedResolver(),
        socket_factory=_gate(may_be_own=may_be_own),
    )


def deliver(database: Database, settings: Settings, now: datetime) -> int:
    """Post what is due; return how many messages were tried. Raises StorageUnavailable.

    A process that dies between posting and recording posts again: receivers know a repeated
    message by its id.
    """
    with database.read() as connection:
        if not delivery.any_due(connection, now):
            return 0
    with database.write() as connection:
        messages = delivery.take_due(connection, now)
    results = asyncio.run(post(messages, now, may_be_own=is_own_machine(settings.public_url)))
    if results:
        with database.write() as connection:
            delivery.settle(connection, results, now)
    failed = sum(result.trouble is not None for result in results)
    if failed:
        _log.warning("%d of %d webhook messages were not taken", failed, len(results))
    return len(results)


async def post(messages: Sequence[Message], now: datetime, *, may_be_own: bool) -> list[Result]:
    """Post messages, a few at once, and return what became of each."""
    timeout = aiohttp.ClientTimeout(total=_TIMEOUT_SECONDS)
    # No proxy and no netrc of the environment; nothing that a receiver sets is sent back.
    async with aiohttp.ClientSession(
        connector=connector(may_be_own=may_be_own),
        timeout=timeout,
        trust_env=False,
        cookie_jar=aiohttp.DummyCookieJar(),
    ) as session:
        turns = asyncio.Semaphore(_AT_ONCE)

        async def post_one(message: Message) -> Result:
            async with turns:
                return Result(message, await _trouble(session, message, now, may_be_own=may_be_own))

        return await asyncio.gather(*(post_one(message) for message in messages))


async def _trouble(
    session: aiohttp.ClientSession, message: Message, now: datetime, *, may_be_own: bool
) -> str | None:
    try:
        check_url(message.url, may_be_own=may_be_own)
        async with session.post(
            message.url, data=message.body, headers=headers(message, now), allow_redirects=False
        ) as answer:
            # Its words are not read: they would be shown to whoever typed the URL.
            return None if 200 <= answer.status < 300 else delivery.answered(answer.status)
    except BadUrl as error:
        return error.why
    except TimeoutError:
        return delivery.TIMED_OUT
    except (aiohttp.ClientError, OSError, ValueError):
        return delivery.UNREACHABLE
