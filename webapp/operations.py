"""What operators ask: is it alive, is it ready, and how much waits."""

import json
from http import HTTPStatus

from flask import Blueprint, Response
from redis import RedisError

from letters.books import ledger
from letters.campaign import Status
from letters.campaigns import store
from letters.states import State
from letters.storage.database import StorageUnavailable
from letters.storage.migrate import Schema, standing
from webapp.site.services import services

blueprint = Blueprint("operations", __name__)


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
        json.dumps(states),
        HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE,
        mimetype="application/json",
    )


@blueprint.get("/metrics")
def metrics() -> Response:
    """Return letters by campaign and state, as Prometheus reads it."""
    lines = [
        "# HELP postbag_letters Letters, by campaign and state.",
        "# TYPE postbag_letters gauge",
    ]
    with services().database.read() as connection:
        for stored in store.find_all(connection):
            books = ledger.shown(connection, stored.id)
            if stored.campaign.status is Status.DRAFT and not books.submitted:
                continue  # anybody may ask, and what is being prepared is nobody's business
            lines += [
                f'postbag_letters{{campaign="{stored.campaign.slug}",state="{state}"}} '
                f"{books.states.get(state, 0)}"
                for state in State
            ]
    return Response("\n".join(lines) + "\n", mimetype="text/plain; version=0.0.4")


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
