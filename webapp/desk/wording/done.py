"""Say in one line, on the page that follows an act, what was done."""

from http import HTTPStatus

from flask import Response, flash, make_response, redirect, url_for


def done(sentence: str, endpoint: str, **places: str) -> Response:
    """Lead to a page of the desk, which says `sentence` once.

    It waits in the cookie of the session, which is there anyway.
    """
    if sentence:
        flash(sentence)
    return make_response(
        redirect(url_for(endpoint, _external=False, **places), HTTPStatus.SEE_OTHER)
    )
