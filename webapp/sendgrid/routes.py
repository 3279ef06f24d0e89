"""SendGrid's Event Webhook: what it says of a letter, believed only with its signature."""

import logging
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, request
from sqlalchemy.exc import SQLAlchemyError

from letters.sending.events.take import take as take_events
from letters.storage.database import StorageUnavailable
from letters.updates import unwanted
from webapp.sendgrid.events import read_events
from webapp.sendgrid.signature import Signature
from webapp.site.guards.linger import linger
from webapp.site.services import services

blueprint = Blueprint("webhook", __name__)
_MOST_BYTES: Final = 4 * 2**20
_log = logging.getLogger(__name__)


@blueprint.post("/webhooks/sendgrid")
def take() -> Response:
    """Take a batch of events."""
    request.max_content_length = _MOST_BYTES  # of a chunked body it shows on reading
    if request.content_length is not None and request.content_length > _MOST_BYTES:
        return linger(Response(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
    body = _signed_body()
    if body is None:
        return Response(status=HTTPStatus.FORBIDDEN)
    now = services().now()
    try:
        events = read_events(body, now)
    except (ValueError, RecursionError):
        return Response(status=HTTPStatus.BAD_REQUEST)
    if not events:
        return Response(status=HTTPStatus.NO_CONTENT)
    try:
        reports = [event for event in events if event.is_unwanted]
        if reports:
            unwanted.heed(services().database, services().tokens, reports, now)
        take_events(services().database, services().redis, events, now)
    except (StorageUnavailable, SQLAlchemyError) as error:
        _log.error("events could not be recorded: %s", type(error).__name__)
        return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
    return Response(status=HTTPStatus.NO_CONTENT)


def _signed_body() -> bytes | None:
    signature = Signature.read(request.headers)
    if signature is None:
        return None
    body = request.get_data(cache=False)
    signature.add(body)
    return body if signature.is_by(services().settings.sendgrid_event_public_key) else None
