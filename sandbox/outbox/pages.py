"""Show the outbox: every message as the one who received it would see it."""

import itertools
import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sandbox.mail.messages import Message
from sandbox.outbox.sheets import Sheet, sheet_of
from sandbox.stand_in import StandIn

_TEMPLATES = Path(__file__).parent.parent.parent / "templates" / "outbox"
_PAGE_LENGTH = 25
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def routes(stand_in: StandIn) -> list[web.RouteDef]:
    """List the pages of the outbox."""
    templates = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def page(template: str, status: int = 200, **values: object) -> web.Response:
        html = templates.get_template(template).render(values)
        return web.Response(status=status, text=html, content_type="text/html", headers=_HEADERS)

    async def outbox(request: web.Request) -> web.Response:
        to, before = request.query.get("to", "").strip(), request.query.get("before", "")
        found = _newest_first(stand_in, to.lower(), int(before) if before.isdecimal() else None)
        shown = list(itertools.islice(found, _PAGE_LENGTH))
        older = next(found, None) and urlencode({"to": to, "before": shown[-1].n})
        return page(
            "outbox.html",
            sheets=[_sheet(stand_in, message) for message in shown],
            count=len(stand_in.messages),
            to=to,
            older=older,
            is_first_page=not before,
            refresh=request.path_qs,
        )

    async def one_message(request: web.Request) -> web.Response:
        n = request.match_info["n"]
        message = stand_in.messages.get(int(n))
        if message is None:
            return page("missing.html", status=404, n=n)
        return page(
            "message.html",
            sheet=_sheet(stand_in, message),
            request=json.dumps(message.body, ensure_ascii=False, indent=2),
            refresh=request.path_qs,
            posts_events=stand_in.delivery is not None,
        )

    async def look(_request: web.Request) -> web.StreamResponse:
        return web.FileResponse(_TEMPLATES / "outbox.css", headers={"Cache-Control": "no-cache"})

    return [
        web.get("/", outbox),
        web.get(r"/messages/{n:\d{1,18}}", one_message),
        web.get("/outbox.css", look),
    ]


def _newest_first(stand_in: StandIn, to: str, before: int | None) -> Iterator[Message]:
    for message in stand_in.messages.newest_first():
        newer = before is not None and message.n >= before
        if not newer and any(to in one.email.lower() for one in message.recipients()):
            yield message


def _sheet(stand_in: StandIn, message: Message) -> Sheet:
    is_settled = stand_in.messages.is_settled(message.n)
    return sheet_of(message, time.time(), is_settled=is_settled)
