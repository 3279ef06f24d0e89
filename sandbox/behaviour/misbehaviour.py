"""Carry out a fault on one open request."""

import asyncio
import socket
import struct
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from sandbox.behaviour.chaos import Act, Blow
from sandbox.mail.mail_send import error_body
from sandbox.mail.shapes import Refusal

_DRIP_S = 1.0
_BLOCK = b"." * 65536
_BLOCK_EVERY_S = 0.01  # without end, but no reason to take a whole core


async def befall(
    request: web.Request, blow: Blow, headers: Mapping[str, str]
) -> web.StreamResponse:
    """Answer `request` as `blow` says, with `headers` where the answer has a head.

    Ends by cancellation when the client goes away.
    """
    headers = {**headers, **blow.fault.headers}
    seconds = blow.fault.seconds
    match blow.fault.act:
        case Act.STATUS:
            return _status(blow.status(), headers)
        case Act.RESET:
            return _reset(request)
        case Act.HANG:
            if seconds is None:
                await asyncio.Event().wait()
            else:
                await asyncio.sleep(seconds)
            return _reset(request)
        case Act.DRIP:
            every_s = _DRIP_S if seconds is None else seconds
            return await _drip(request, blow.status(), headers, every_s)
        case Act.ENDLESS:
            return await _endless(request, blow.status(), headers)


def _status(status: int, headers: Mapping[str, str]) -> web.Response:
    if status < 400:
        return web.Response(status=status, headers=headers)
    body = error_body([Refusal(None, _phrase(status))])
    return web.json_response(body, status=status, headers=headers)


def _reset(request: web.Request) -> web.Response:
    transport = request.transport
    if transport is not None:
        # Lingering for no time at all makes the close an RST in place of a FIN.
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()  # aiohttp wants one; there is no connection left to send it on


async def _drip(
    request: web.Request, status: int, headers: Mapping[str, str], every_s: float
) -> web.Response:
    lines = [
        f"HTTP/1.1 {status} {_phrase(status)}",
        *(f"{name}: {value}" for name, value in headers.items()),
        "Content-Length: 0",
        "Connection: close",
        "",
        "",
    ]
    for byte in "\r\n".join(lines).encode("latin-1", "replace"):
        await asyncio.sleep(every_s)
        if request.transport is None:
            break
        request.transport.write(bytes([byte]))
    if request.transport is not None:
        request.transport.close()
    return web.Response()


async def _endless(
    request: web.Request, status: int, headers: Mapping[str, str]
) -> web.StreamResponse:
    response = web.StreamResponse(status=status, headers=headers)
    await response.prepare(request)
    while True:
        await response.write(_BLOCK)
        await asyncio.sleep(_BLOCK_EVERY_S)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"  # 599 and its like have no phrase
