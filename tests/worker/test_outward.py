"""Nothing that an organiser types leads inside: sixty spellings against the connecting socket."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import aiohttp
import pytest

from letters.webhooks.message import Message, new_secret
from letters.webhooks.public_url import BadUrl, check_url
from worker import webhooks

LOOPBACK = """
127.0.0.1 127.1 127.0.1 127.255.255.254 2130706433 0x7f000001 0x7f.1 0177.0.0.1 017700000001
0x7F.0x0.0x0.0x1 127.0.0.1. 127.000.000.001 0 0.0.0.0 localhost LOCALHOST localhost. foo.localhost
ip6-localhost localhost.localdomain %31%32%37.0.0.1 127.0.0.1%2f.example.org [::1]
[0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1] [::ffff:0:127.0.0.1]
[64:ff9b::127.0.0.1] [64:ff9b:1::7f00:1] [2002:7f00:1::] [::]
"""
OTHER_DIGITS = [
    "\u2460\u2461\u2466.0.0.1",  # in circles
    "\uff11\uff12\uff17.0.0.1",  # full width
    "\U0001d7cf\U0001d7d0\U0001d7d5.0.0.1",  # bold
    "127\u30020\u30020\u30021",  # ideographic full stops
    "127\uff0e0\uff0e0\uff0e1",
    "127\uff610\uff610\uff611",
    "\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3",
    "l\u00adocalhost",
    "loc\u200balhost",
]
METADATA = """
169.254.169.254 169.254.43518 2852039166 0xa9fea9fe 0251.0376.0251.0376 [fe80::1] [fe80::1%25lo]
[::ffff:169.254.169.254] [fd00:ec2::254] 168.63.129.16 100.100.100.200 metadata
metadata.google.internal
"""
PRIVATE = """
10.0.0.1 10.1 172.16.0.1 192.168.0.1 3232235521 100.64.0.1 [fc00::1] [fec0::1] 198.18.0.1 192.0.2.1
224.0.0.1 255.255.255.255 240.0.0.1 [ff02::1]
"""
SPELLINGS = [*LOOPBACK.split(), *OTHER_DIGITS, *METADATA.split(), *PRIVATE.split()]


@pytest.fixture
def listener() -> Iterator[tuple[int, list[str]]]:
    """Listen on every address of this machine; give the port and who came."""
    came: list[str] = []
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        server.settimeout(0.1)
        ended = threading.Event()

        def listen() -> None:
            while not ended.is_set():
                try:
                    wire, address = server.accept()
                except TimeoutError:
                    continue
                came.append(address[0])
                wire.close()

        thread = threading.Thread(target=listen)
        thread.start()
        yield server.getsockname()[1], came
        ended.set()
        thread.join()


def test_there_are_sixty() -> None:
    assert len(SPELLINGS) == len(set(SPELLINGS)) >= 60


def test_no_spelling_of_an_inner_address_is_connected_to(
    listener: tuple[int, list[str]],
) -> None:
    port, came = listener

    async def connect() -> None:
        # Past the check of the URL: what the socket itself lets through.
        async with aiohttp.ClientSession(connector=webhooks.connector(may_be_own=False)) as client:
            for host in SPELLINGS:
                with pytest.raises((aiohttp.ClientError, OSError, ValueError)):
                    await client.post(
                        f"http://{host}:{port}/", timeout=aiohttp.ClientTimeout(total=3)
                    )

    asyncio.run(connect())
    assert came == []


def test_nor_is_it_taken_as_a_url_or_posted_to(listener: tuple[int, list[str]]) -> None:
    port, came = listener
    urls = [f"https://{host}:{port}/" for host in SPELLINGS]
    for url in urls:
        with pytest.raises(BadUrl):
            check_url(url, may_be_own=False)
    messages = [Message(str(n), 1, url, new_secret(), b"{}") for n, url in enumerate(urls)]
    results = asyncio.run(webhooks.post(messages, datetime.now(UTC), may_be_own=False))
    assert all(result.trouble for result in results)
    assert came == []


def test_the_listener_would_have_heard_it(listener: tuple[int, list[str]]) -> None:
    port, came = listener

    async def connect() -> None:
        async with aiohttp.ClientSession(connector=webhooks.connector(may_be_own=True)) as client:
            with pytest.raises(aiohttp.ClientError):
                await client.post(f"http://127.0.0.1:{port}/")

    asyncio.run(connect())
    assert came


@pytest.mark.parametrize(
    "url",
    ["https://hooks.example.org/a", "https://xn--bcher-kva.example/", "https://93.184.215.14/"],
)
def test_public_names_and_addresses_are_taken(url: str) -> None:
    check_url(url, may_be_own=False)
