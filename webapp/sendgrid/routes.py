"""SendGrid's Event Webhook: what it says of a letter, believed only with its signature."""

import hashlib
import logging
import re
from base64 import b64decode
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from flask import Blueprint, Response, request
from sendgrid.helpers.eventwebhook import EventWebhookHeader
from sqlalchemy.exc import SQLAlchemyError

from letters.sending import events as tracking
from letters.storage.database import StorageUnavailable
from webapp.sendgrid.events import read_events
from webapp.site.linger import linger
from webapp.site.services import services

blueprint = Blueprint("webhook", __name__)
_MOST_BYTES: Final = 4 * 2**20
# Timestamp and body are signed with nothing between them: only a fixed length keeps them apart.
_TIMESTAMP: Final = re.compile(r"[0-9]{10}")
_log = logging.getLogger(__name__)


@blueprint.post("/webhooks/sendgrid")
def take() -> Response:
    """Take a batch of events, in one transaction."""
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
        with services().database.write() as connection:
            tracking.record(connection, events, now)
    except (StorageUnavailable, SQLAlchemyError) as error:
        _log.error("events could not be recorded: %s", type(error).__name__)
        return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)
    return Response(status=HTTPStatus.NO_CONTENT)


def _signed_body() -> bytes | None:
    timestamp = request.headers.get(EventWebhookHeader.TIMESTAMP, "")
    header = request.headers.get(EventWebhookHeader.SIGNATURE, "")
    try:
        signature = b64decode(header, validate=True)
    except ValueError:
        return None
    if not signature or not _TIMESTAMP.fullmatch(timestamp):
        return None  # and the body is not worth reading
    body = request.get_data(cache=False)
    try:
        # Not with the SDK's verifier: it wants a text, and what is signed is bytes. Hashed in two
        # steps, so that no copy is made of what may be a stranger's four mebibytes.
        digest = hashlib.sha256(timestamp.encode())
        digest.update(body)
        _public_key(services().settings.sendgrid_event_public_key).verify(
            signature, digest.digest(), ECDSA(Prehashed(SHA256()))
        )
    except InvalidSignature:
        return None
    return body


@lru_cache(maxsize=1)
def _public_key(setting: str) -> EllipticCurvePublicKey:
    key = load_der_public_key(b64decode(setting))
    if not isinstance(key, EllipticCurvePublicKey):
        raise TypeError("the settings have been checked for this")
    return key
