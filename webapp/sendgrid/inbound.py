"""SendGrid's Inbound Parse: answers, believed only with their signature."""

import logging
from collections.abc import Iterator
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import Final

from flask import Blueprint, Response, request
from sqlalchemy.exc import SQLAlchemyError

from letters.answers import take, to_all
from letters.answers.take import Door
from letters.mail.incoming import Incoming
from letters.storage.database import StorageUnavailable
from webapp.sendgrid.parsed import read_mail
from webapp.sendgrid.signature import Signature
from webapp.site.guards.linger import linger
from webapp.site.services import services
from webapp.site.wake import wake_worker

blueprint = Blueprint("inbound", __name__)
_MOST_BYTES: Final = 30 * 2**20
_IN_MEMORY_BYTES: Final = 2**20
_AT_ONCE: Final = 2**16
_log = logging.getLogger(__name__)


@blueprint.post("/webhooks/sendgrid/inbound")
def take_mail() -> Response:
    """Take one message: an answer to a letter is passed on, everything else dropped.

    Nothing in the answer tells a letter's address from one that is nobody's.
    """
    request.max_content_length = _MOST_BYTES  # of a chunked body it shows on reading
    if request.content_length is not None and request.content_length > _MOST_BYTES:
        return linger(Response(status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE))
    settings = services().settings
    signature = Signature.read(request.headers)
    if signature is None or not settings.reply_domain:
        return Response(status=HTTPStatus.FORBIDDEN)
    # It is read twice: nothing of it is looked at before all of it is believed.
    with SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES) as body:
        while piece := request.stream.read(_AT_ONCE):
            signature.add(piece)
            body.write(piece)
        if not signature.is_by(settings.sendgrid_inbound_public_key):
            return Response(status=HTTPStatus.FORBIDDEN)
        body.seek(0)
        mail = read_mail(request.headers.get("Content-Type", ""), _pieces(body))
    return _taken(mail)


def _pieces(body: "SpooledTemporaryFile[bytes]") -> Iterator[bytes]:
    while piece := body.read(_AT_ONCE):
        yield piece


def _taken(mail: Incoming | None) -> Response:
    settings = services().settings
    door = Door(services().tokens, settings.reply_domain, frozenset({settings.mail_from.lower()}))
    letter_ids = take.letters_answered(door, mail) if mail is not None else ()
    mails = to_all.mails_answered(door, mail) if mail is not None else ()
    if mail is None or not (letter_ids or mails):
        return Response(status=HTTPStatus.NO_CONTENT)
    try:
        with services().database.write() as connection:
            relayed = take.take(connection, letter_ids, mail, services().now())
            relayed += to_all.take_for_all(
                connection, services().links, mails, mail, services().now()
            )
    except (StorageUnavailable, SQLAlchemyError) as error:
        _log.error("an answer could not be taken: %s", type(error).__name__)
        return Response(status=HTTPStatus.SERVICE_UNAVAILABLE)  # SendGrid tries it again
    if relayed:
        wake_worker(services().redis)
    return Response(status=HTTPStatus.NO_CONTENT)
