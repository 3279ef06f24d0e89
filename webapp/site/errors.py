"""Turn what went wrong into a page in the site's own dress, with all that was typed on it."""

import logging
from http import HTTPStatus

from flask import Flask, Response, make_response, render_template, request, url_for
from gunicorn.http.errors import NoMoreData, ParseException
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException

from letters.campaigns.store import UnknownCampaign
from letters.intake.posted import BODY_MAX, REASON_MAX, SUBJECT_MAX
from letters.storage.database import StorageUnavailable
from webapp.site.language import gettext as _
from webapp.site.posted import form_as_read

_log = logging.getLogger(__name__)
_KEPT_FIELDS = {"reason": REASON_MAX, "subject": SUBJECT_MAX, "body": BODY_MAX}
"""What is shown again, and how much of each: as much as its field takes."""


def page(
    status: HTTPStatus,
    heading: str,
    *sentences: str,
    action: tuple[str, str] | None = None,
    template: str = "shared/message.html",
    **more: object,
) -> Response:
    """Return a page with a heading, some sentences, and what was typed if anything was.

    `more` is what another `template` shows beside.
    """
    labels = {
        "reason": _("Why this matters to you"),
        "subject": _("Subject"),
        "body": _("Your letter"),
    }
    typed = form_as_read()
    kept = [
        (labels[name], text)
        for name, most in _KEPT_FIELDS.items()
        if (text := typed.get(name, "")[:most]).strip()
    ]
    return make_response(
        render_template(
            template, heading=heading, sentences=sentences, action=action, kept=kept, **more
        ),
        status,
    )


def not_found() -> Response:
    """Return the page for an address that leads nowhere."""
    return page(
        HTTPStatus.NOT_FOUND,
        _("There is no such page"),
        _("The address may be mistyped, or the page may be gone."),
        action=(url_for("listed.index"), _("See the campaigns")),
    )


def _unavailable(error: StorageUnavailable) -> Response:
    _log.error("the database is away: %s", error)
    return page(
        HTTPStatus.SERVICE_UNAVAILABLE,
        _("We cannot do this right now"),
        _("Nothing was stored and nothing was sent. Please try again in a few minutes."),
        _("If you were writing, keep a copy of your text until then."),
    )


def _refused(error: DataError) -> Response:
    # Text that a database cannot hold, such as NUL, in a field of which no door takes care.
    _log.error("the database refused what came to %s: %s", request.endpoint, type(error).__name__)
    return page(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        _("This cannot be taken as it is"),
        _("There is an invisible control character in it. Please type it anew."),
    )


def _http(error: HTTPException) -> Response:
    status = HTTPStatus(error.code or 500)
    if status is HTTPStatus.NOT_FOUND:
        return not_found()
    if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return page(
            status,
            _("That is too much at once"),
            _("Please shorten what you typed and send it again."),
        )
    if error.response is not None:
        return make_response(error.response)
    response = page(
        status, _("That did not work"), _("Please go back and try it again from the start.")
    )
    response.headers.extend(
        (name, value) for name, value in error.get_headers() if name in {"Allow", "Location"}
    )
    return response


def _malformed(error: Exception) -> Response:
    # Seen only when the body is read: a chunk that is none, or one that did not come in time.
    _log.info("refused a malformed body: %s", type(error).__name__)
    response = page(
        HTTPStatus.BAD_REQUEST,
        _("That did not work"),
        _("Please go back and try it again from the start."),
    )
    response.headers["Connection"] = "close"
    return response


def _unexpected(error: Exception) -> Response:
    # Only the kind of the error: its message could hold what somebody typed.
    _log.error("unexpected %s at %s", type(error).__name__, request.endpoint, exc_info=error)
    return page(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        _("Something went wrong on our side"),
        _("Please try again. If it happens once more, tell whoever sent you the link."),
    )


def register(app: Flask) -> None:
    """Let `app` answer every error with a page."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(StorageUnavailable, _unavailable)
    app.register_error_handler(UnknownCampaign, lambda _error: not_found())
    app.register_error_handler(DataError, _refused)
    app.register_error_handler(ParseException, _malformed)
    app.register_error_handler(NoMoreData, _malformed)
    app.register_error_handler(Exception, _unexpected)
