"""What operators ask: is it alive, is it ready, and how much waits."""

import hmac
import json
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final, cast

from flask import Blueprint, Response, current_app, request
from redis import RedisError

from letters.books import ledger
from letters.campaign import Status
from letters.campaigns import store
from letters.states import State
from letters.storage.database import StorageUnavailable
from letters.storage.migrate import Schema, standing
from webapp.site.refused import Refusals
from webapp.site.services import services

blueprint = Blueprint("operations", __name__)
_CAME_THROUGH: Final = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
"""A proxy of which TRUSTED_PROXIES does not know may tell so, and then nobody is near."""


@blueprint.get("/healthz")
def healthz() -> Response:
    """Say that this process is alive."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> Response:
    """Say how each part is that we need."""
    states = {"database": _database(), "redis": _redis()}
    ready = all(state == "ok" for state in states.values())
    return Response(
        json.dumps(states if _is_operator() else {"ready": ready}),
        HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE,
        mimetype="application/json",
    )


@blueprint.get("/metrics")
def metrics() -> Response:
    """Return letters by campaign and state, and what was refused, as Prometheus reads it."""
    if not _is_operator():
        return Response("For operators only.\n", HTTPStatus.FORBIDDEN, mimetype="text/plain")
    lines = [
        "# HELP postbag_letters Letters, by campaign and state.",
        "# TYPE postbag_letters gauge",
    ]
    with services().database.read() as connection:
        for stored in store.find_all(connection):
            books = ledger.shown(connection, stored.id)
            if stored.campaign.status is Status.DRAFT and not books.submitted:
                continue  # what is being prepared is nobody's business
            lines += [
                f'postbag_letters{{campaign="{stored.campaign.slug}",state="{state}"}} '
                f"{books.states.get(state, 0)}"
                for state in State
            ]
    lines += [
        "# HELP postbag_refused_total Requests refused, by door and status.",
        "# TYPE postbag_refused_total counter",
    ]
    refusals = cast("Refusals", current_app.extensions["refusals"])
    lines += [
        f'postbag_refused_total{{door="{door}",status="{status}"}} {number}'
        for (door, status), number in refusals.counted().items()
    ]
    return Response("\n".join(lines) + "\n", mimetype="text/plain; version=0.0.4")


def _is_operator() -> bool:
    """Tell whether an operator asks: with the token, or where there is none from this machine."""
    settings = services().settings
    if settings.operator_token:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        given, wanted = token.strip().encode(), settings.operator_token.encode()
        return scheme.lower() == "bearer" and hmac.compare_digest(given, wanted)
    if not settings.trusted_proxies and any(name in request.headers for name in _CAME_THROUGH):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def _database() -> str:
    database = services().database
    try:
        found = standing(database)
        if found not in {Schema.CURRENT, Schema.NEWER}:
            return str(found)
        database.prove_write()
    except StorageUnavailable as error:
        return "only reads" if error.only_reads else "unreachable"
    return "ok"


def _redis() -> str:
    try:
        services().redis.ping()
    except RedisError:
        return "unreachable"
    return "ok"
