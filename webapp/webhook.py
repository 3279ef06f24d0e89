"""SendGrid's Event Webhook: what it says of a letter, believed only with its signature."""

import logging
import re
from http import HTTPStatus
from typing import Final

from flask import Blueprint, Response, request
from sendgrid.helpers.eventwebhook import EventWebhook, EventWebhookHeader
from sqlalchemy.exc import SQLAlchemyError

from letters import tracking
from letters.storage.database import StorageUnavailable
from webapp.events import read_events
from webapp.parts import parts

door = Blueprint("webhook", __name__)
_MOST_BYTES: Final = 4 * 2**20
# Timestamp and body are signed with nothing between them: only a fixed length keeps them apart.
_TIMESTAMP: Final = re.compile(r"[0-9]{10}")
_log = logging.getLogger(__name__)


@door.post("/webhooks/sendgrid")
def take() -> Response:
    """Take a batch of events, in one transaction."""
    if request.content_length is None or request.content_length > _MOST_BYTES:
        return Response(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    signature = request.headers.get(EventWebhookHeader.SIGNATURE, "")
    timestamp = request.headers.get(EventWebhookHeader.TIMESTAMP, "")
    body = request.get_data(cache=False)
    if not _is_signed(body, signature, timestamp):
        return Response(status=HTTPStatus.FORBIDDEN)
    now = parts().now()
    try:
        events = read_events(body, now)
    except (ValueError, RecursionError):
        return Response(status=HTTPStatus.BAD_REQUEST)
    if not events:
        return Response(status=HTTPStatus.NO_CONTENT)
    try:
        with parts().database.write() as connection:
            tracking.record(connection, events, now)
    except (StorageUnavailable, SQLAlchemyError) as error:
        _log.error("events could not be recorded: %s", type(error).__name__)
        return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
    return Response(status=HTTPStatus.NO_CONTENT)


def _is_signed(body: bytes, signature: str, timestamp: str) -> bool:
    if not _TIMESTAMP.fullmatch(timestamp):
        return False
    webhook = EventWebhook(parts().settings.sendgrid_event_public_key)
    try:
        return bool(webhook.verify_signature(body.decode("utf-8"), signature, timestamp))
    except Exception:  # noqa: BLE001 - the verifier raises many kinds for what is malformed
        return False
