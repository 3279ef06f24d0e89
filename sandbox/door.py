"""Let nobody in but this computer's own programs and pages.

The stand-in shows sign-in mails. A page from elsewhere, open in the same browser, reaches it too:
under a name of its own that leads to 127.0.0.1, or with a form. So hosts and origins of others are
refused, and an order has to be JSON, which no form can send.
"""

from typing import Final
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

_OURS: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_CHANGES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_FROM_HERE: Final = frozenset({"", "same-origin", "none"})


def guard(host: str) -> Middleware:
    """Answer 421 to a foreign host, 403 to a foreign origin and 415 to an order that is no JSON.

    `host` is the address that it listens on, which is ours too.
    """
    ours = _OURS | {host}

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not _is_among(ours, f"//{request.headers.get('Host', '')}"):
            return web.json_response({"error": "this is not our host"}, status=421)
        origin = request.headers.get("Origin")
        is_foreign = origin is not None and not _is_among(ours, origin)
        if request.method in _CHANGES:
            is_foreign = is_foreign or request.headers.get("Sec-Fetch-Site", "") not in _FROM_HERE
            is_order = not request.path.startswith("/v3/") and request.body_exists
            if is_order and request.content_type != "application/json":
                return web.json_response({"error": "an order is application/json"}, status=415)
        if is_foreign:
            return web.json_response({"error": "this is not our origin"}, status=403)
        return await handler(request)

    return guarded


def _is_among(ours: frozenset[str], url: str) -> bool:
    """Tell whether a URL's host is this computer, by a name that nobody else can give."""
    try:
        return urlsplit(url).hostname in ours
    except ValueError:
        return False
