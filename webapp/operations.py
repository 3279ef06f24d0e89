"""What operators ask: is it alive, is it ready, and how much waits."""

import hmac
import json
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final

from flask import Blueprint, Response, request
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from redis import RedisError
from redis.exceptions import OutOfMemoryError

from letters.storage.database import StorageUnavailable
from letters.storage.migrate import Schema, standing
from webapp import metrics as watched
from webapp.site.services import services

blueprint = Blueprint("operations", __name__)
_TRIAL: Final = "postbag:ready"
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
    """Return what operators watch, as Prometheus reads it."""
    if not _is_operator():
        return Response("For operators only.\n", HTTPStatus.FORBIDDEN, mimetype="text/plain")
    return Response(watched.text(), content_type=CONTENT_TYPE_PLAIN_0_0_4)


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
        services().redis.set(_TRIAL, "", ex=60)  # one that is full still answers a ping
    except OutOfMemoryError:
        return "full"
    except RedisError:
        return "unreachable"
    return "ok"
