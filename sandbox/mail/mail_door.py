"""Answer SendGrid's API: mail send, suppressions, and what a careful client looks at first."""

import asyncio
import hmac
import json
import random
import time
from typing import NoReturn

from aiohttp import web

from sandbox.behaviour.misbehaviour import befall
from sandbox.keys import public_key
from sandbox.mail import mail_send
from sandbox.mail.messages import Listing, first_recipient
from sandbox.mail.shapes import Array, Email, Json, Record, Refusal, departures
from sandbox.stand_in import StandIn
from sandbox.suppressions import GLOBAL, LISTS

_UNSUBSCRIBED = Record({"recipient_emails": Array(Email())}, needed=("recipient_emails",))
REQUEST_LIMIT_BYTES = 30 * 1024 * 1024  # SendGrid's limit for a whole message


def routes(stand_in: StandIn) -> list[web.RouteDef]:
    """List the routes of SendGrid's API that the stand-in knows."""

    async def send(request: web.Request) -> web.StreamResponse:
        return await _mail_send(stand_in, request)

    async def scopes(request: web.Request) -> web.StreamResponse:
        answer: Json = {"scopes": [*stand_in.account.scopes.split()]}
        return _unauthorized(stand_in, request) or web.json_response(answer)

    async def domains(request: web.Request) -> web.StreamResponse:
        refused = _may_not(stand_in, request, "whitelabel.read")
        return refused or web.json_response(stand_in.account.domains())

    async def webhooks(request: web.Request) -> web.StreamResponse:
        url = stand_in.options.webhook or ""
        refused = _may_not(stand_in, request, "user.webhooks.event.settings.read")
        return refused or web.json_response(stand_in.account.webhooks(url))

    async def signed_webhook(request: web.Request) -> web.StreamResponse:
        refused = _may_not(stand_in, request, "user.webhooks.event.settings.read")
        answer = stand_in.account.signed(public_key(stand_in.signing_key))
        return refused or web.json_response(answer)

    async def parse(request: web.Request) -> web.StreamResponse:
        url, domain = stand_in.options.inbound, stand_in.options.inbound_domain
        rows: Json = [{"url": url, "hostname": domain}] if url else []
        refused = _may_not(stand_in, request, "user.webhooks.parse.settings.read")
        return refused or web.json_response({"result": rows})

    async def unknown(request: web.Request) -> web.StreamResponse:
        status = 405 if request.path == "/v3/mail/send" else 404
        return _errors(status, Refusal(None, "There is nothing here for this method and path."))

    return [
        web.post("/v3/mail/send", send),
        web.get("/v3/scopes", scopes),
        web.get("/v3/whitelabel/domains", domains),
        web.get("/v3/user/webhooks/event/settings/all", webhooks),
        web.get("/v3/user/webhooks/event/settings/signed", signed_webhook),
        web.get("/v3/user/webhooks/event/settings/signed/{id}", signed_webhook),
        web.get("/v3/user/webhooks/parse/settings", parse),
        *_suppression_routes(stand_in),
        web.route("*", "/v3/{rest:.*}", unknown),
    ]


def _suppression_routes(stand_in: StandIn) -> list[web.RouteDef]:
    async def listed(request: web.Request) -> web.StreamResponse:
        name = request.match_info["list"]
        entry = stand_in.suppressions.find(name, request.match_info["email"], time.time())
        refused = _may_not(stand_in, request, f"suppression.{name}.read")
        return refused or web.json_response([entry.as_json()] if entry else [])

    async def unsubscribed(request: web.Request) -> web.StreamResponse:
        entry = stand_in.suppressions.find(GLOBAL, request.match_info["email"], time.time())
        refused = _may_not(stand_in, request, "asm.suppressions.global.read")
        return refused or web.json_response({"recipient_email": entry.email} if entry else {})

    async def take_off(request: web.Request) -> web.StreamResponse:
        name, email = request.match_info.get("list", GLOBAL), request.match_info["email"]
        scope = "asm.suppressions.global" if name == GLOBAL else f"suppression.{name}"
        if refused := _may_not(stand_in, request, f"{scope}.delete"):
            return refused
        now = time.time()
        if stand_in.suppressions.find(name, email, now) is None:
            return _errors(404, Refusal(None, "The address is not on this list."))
        stand_in.suppressions.change(Listing(name, email, on=False, at=now))
        return web.Response(status=204)

    async def unsubscribe(request: web.Request) -> web.StreamResponse:
        refused = _may_not(stand_in, request, "asm.suppressions.global.create")
        return refused or await _unsubscribe(stand_in, request)

    on_list = f"/v3/suppression/{{list:{'|'.join(LISTS)}}}/{{email}}"
    everywhere = "/v3/asm/suppressions/global"
    return [
        web.get(on_list, listed),
        web.delete(on_list, take_off),
        web.post(everywhere, unsubscribe),
        web.get(f"{everywhere}/{{email}}", unsubscribed),
        web.delete(f"{everywhere}/{{email}}", take_off),
    ]


async def _unsubscribe(stand_in: StandIn, request: web.Request) -> web.StreamResponse:
    body, refused = _parsed(await request.read())
    if refused is not None:
        return refused
    if found := list(departures(_UNSUBSCRIBED, body)):
        return _errors(400, *found)
    emails = body["recipient_emails"] if isinstance(body, dict) else []
    for email in emails if isinstance(emails, list) else []:
        stand_in.suppressions.change(Listing(GLOBAL, str(email), on=True, at=time.time()))
    return web.json_response(body, status=201)


async def _mail_send(stand_in: StandIn, request: web.Request) -> web.StreamResponse:
    try:
        raw = await request.read()
    except web.HTTPRequestEntityTooLarge:
        raw = None
    received_at = time.time()
    body, refused = _parsed(raw)
    recipient = first_recipient(body)
    answer = (
        _unauthorized(stand_in, request)
        or _out_of_credits(stand_in)
        or refused
        or _wrong_type(request)
        or _judged(body, received_at)
    )
    if answer is not None or not isinstance(body, dict):
        answer = answer or _errors(400)
        stand_in.refuse(recipient, received_at, str(answer.status))
        await _pause(stand_in)
        return answer

    blow = stand_in.chaos.strike(recipient.email)
    message_id = None
    # The books are closed on this request before anything can go wrong on the way back.
    if blow is None or blow.taken:
        done = blow.answer() if blow else "202"
        message_id = stand_in.take(body, recipient, received_at, done)
    else:
        stand_in.refuse(recipient, received_at, blow.answer())
    await _pause(stand_in)
    headers = {"X-Message-Id": message_id} if message_id else {}
    if blow is not None:
        return await befall(request, blow, headers)
    return web.Response(status=202, headers=headers)


def _judged(body: Json, now: float) -> web.Response | None:
    found = mail_send.refusals(body, now)
    if found:
        return _errors(400, *found)
    return web.Response(status=200) if mail_send.only_a_trial(body) else None


def _parsed(raw: bytes | None) -> tuple[Json, web.Response | None]:
    if raw is None:
        return None, _errors(413, Refusal(None, "The request is larger than 30 MB."))
    try:
        body: Json = json.loads(raw.decode("utf-8"), parse_constant=_no_json)
        if rb"\u" in raw:
            # Half of a surrogate pair, escaped, is JSON; but no text, and no mail can carry it.
            json.dumps(body, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError:
        return None, _errors(415, Refusal(None, "The request must be UTF-8."))
    except (ValueError, RecursionError):
        return None, _errors(400, Refusal(None, "Bad Request"))
    return body, None


def _no_json(constant: str) -> NoReturn:
    raise ValueError(constant)  # Python would read NaN and Infinity; JSON has neither


def _wrong_type(request: web.Request) -> web.Response | None:
    if request.content_type == "application/json":
        return None
    return _errors(415, Refusal(None, "The Content-Type must be application/json."))


def _unauthorized(stand_in: StandIn, request: web.Request) -> web.Response | None:
    given = request.headers.get("Authorization", "")
    wanted = f"Bearer {stand_in.api_key}"
    if hmac.compare_digest(given.encode("utf-8", "surrogateescape"), wanted.encode()):
        return None
    return _errors(401, Refusal(None, "The API key is missing, wrong, expired or revoked."))


def _may_not(stand_in: StandIn, request: web.Request, scope: str) -> web.Response | None:
    if refused := _unauthorized(stand_in, request):
        return refused
    if stand_in.account.busy:
        return _errors(stand_in.account.busy, Refusal(None, "try again later"))
    if stand_in.account.may(scope):
        return None
    return _errors(403, Refusal(None, "access forbidden"))


def _out_of_credits(stand_in: StandIn) -> web.Response | None:
    if stand_in.account.credits:
        return None
    return _errors(401, Refusal(None, "Maximum credits exceeded"))


def _errors(status: int, *found: Refusal) -> web.Response:
    return web.json_response(mail_send.error_body(list(found)), status=status)


async def _pause(stand_in: StandIn) -> None:
    low_ms, high_ms = stand_in.options.answer_ms
    if high_ms:
        await asyncio.sleep(random.uniform(low_ms, high_ms) / 1000)  # noqa: S311 - a delay
