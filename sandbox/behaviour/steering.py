"""Let tests steer the stand-in while it runs, and read its books.

`POST /chaos` takes one fault, a list of faults, or one of the orders below; `DELETE /chaos` puts
everything back. `POST /events` signs and posts events of the caller's own making.

- `{"mode": "accept-then-reset", "count": 3, "match": "minister@"}`: see sandbox.chaos. A new
  order about faults takes the place of the earlier ones.
- `{"events": {"hold": true, "duplicate": 3, "shuffle": true, "seed": 7}}`: how events are let go.
- `{"mode": "release-events"}`: lets held events go.
- `{"mode": "api-key", "value": "..."}`: from now on this is the API key.
- `{"mode": "account", "credits": false}`: what the account is like; see sandbox.account.
"""

import dataclasses
import json
from typing import Any, cast

import aiohttp
from aiohttp import web

from sandbox import account
from sandbox.behaviour.chaos import Chaos, MisunderstoodError, read_fault
from sandbox.mail.messages import records
from sandbox.mail.shapes import WHOLE, Flag, Json, Number, Record, Text, departures
from sandbox.stand_in import StandIn

_HANDLING = Record(
    {
        "hold": Flag(),
        "duplicate": Number(1, 1000, whole=True),
        "shuffle": Flag(),
        "seed": WHOLE,
    }
)
_API_KEY = Record({"mode": Text(), "value": Text(shortest=1)}, needed=("value",))


def routes(stand_in: StandIn) -> list[web.RouteDef]:
    """List the routes by which tests steer `stand_in` and judge by it."""

    async def order(request: web.Request) -> web.Response:
        try:
            _obey(stand_in, await request.json())
        except (MisunderstoodError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.Response(status=204)

    async def behave(_request: web.Request) -> web.Response:
        stand_in.behave()
        return web.Response(status=204)

    async def post_events(request: web.Request) -> web.Response:
        return await _post_events(stand_in, request)

    async def outbox(_request: web.Request) -> web.Response:
        return web.json_response([message.body for message in stand_in.messages])

    async def ledger(_request: web.Request) -> web.Response:
        return web.json_response(stand_in.ledger.as_json())

    return [
        web.post("/chaos", order),
        web.delete("/chaos", behave),
        web.post("/events", post_events),
        web.get("/outbox.json", outbox),
        web.get("/ledger.json", ledger),
    ]


def _obey(stand_in: StandIn, order: Json) -> None:
    if isinstance(order, list) and len(faults := records(order)) == len(order):
        stand_in.chaos = Chaos([read_fault(fault) for fault in faults])
        return
    if not isinstance(order, dict):
        raise MisunderstoodError("An order is a JSON object, or a list of faults.")
    rest = {name: value for name, value in order.items() if name != "events"}
    if "events" in order:
        _handle_events(stand_in, order["events"])
    match rest.get("mode"):
        case "api-key":
            _demand(_API_KEY, rest)
            stand_in.api_key = str(rest["value"])
        case "account":
            _demand(account.ORDER, rest)
            # Checked: each field has its attribute's type.
            changes = cast("dict[str, Any]", {n: v for n, v in rest.items() if n != "mode"})
            stand_in.account = dataclasses.replace(stand_in.account, **changes)
        case "release-events":
            _handle_events(stand_in, {"hold": False})
        case _ if rest:
            stand_in.chaos = Chaos([read_fault(rest)])


def _demand(shape: Record, order: Json) -> None:
    for departure in departures(shape, order):
        raise MisunderstoodError(f"{departure.field}: {departure.message}")


def _handle_events(stand_in: StandIn, handling: Json) -> None:
    if stand_in.delivery is None:
        raise MisunderstoodError("No events are posted here: no --webhook was given.")
    _demand(_HANDLING, handling)
    changes = cast("dict[str, Any]", handling)  # checked: each field has its attribute's type
    stand_in.delivery.handle(dataclasses.replace(stand_in.delivery.handling, **changes))


async def _post_events(stand_in: StandIn, request: web.Request) -> web.Response:
    try:
        events: Json = json.loads(await request.read())
    except ValueError:
        events = None
    if not isinstance(events, list):
        return web.json_response({"error": "Events are a JSON array."}, status=400)
    if stand_in.webhook is None:
        return web.json_response({"error": "There is no --webhook to post to."}, status=409)
    try:
        answer = await stand_in.webhook.post(events)
    except (aiohttp.ClientError, TimeoutError) as error:
        sentence = f"The webhook cannot be reached ({type(error).__name__})."
        return web.json_response({"error": sentence}, status=502)
    except UnicodeEncodeError as error:  # half of a surrogate pair
        return web.json_response({"error": str(error)}, status=400)
    return web.Response(status=answer.status, body=answer.body)
