"""Send as a bare asyncio client would, with no database: `python -m bench.bare URL REQUESTS`."""

import asyncio
import ssl
import sys

import aiohttp

CONNECTIONS = 256
BODY = (
    b'{"personalizations": [{"to": [{"email": "t@harbours.example"}], "custom_args": {}}],'
    b' "content": [{"type": "text/plain", "value": "%b"}]}'
    % (b"I walk under the harbour's trees each day. " * 40)
)


async def send_all(url: str, requests: int) -> None:
    left = iter(range(requests))
    connector = aiohttp.TCPConnector(limit=CONNECTIONS, ssl=ssl.create_default_context())
    async with aiohttp.ClientSession(connector=connector) as session:

        async def send() -> None:
            for _ in left:
                async with session.post(
                    f"{url}/v3/mail/send",
                    data=BODY,
                    headers={"Authorization": "Bearer k", "Content-Type": "application/json"},
                ) as response:
                    assert response.status == 202

        await asyncio.gather(*(send() for _ in range(CONNECTIONS)))
    await asyncio.Event().wait()  # until its processor time has been read


if __name__ == "__main__":
    asyncio.run(send_all(sys.argv[1], int(sys.argv[2])))
