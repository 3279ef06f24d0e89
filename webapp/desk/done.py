"""Say in one line, on the page that follows an act, what was done."""

from http import HTTPStatus

from flask import Response, flash, make_response, redirect, url_for


def done(sentence: str, endpoint: str, *, slug: str | None = None) -> Response:
    """Lead to a page of the desk, which says `sentence` once.

    It waits in the cookie of the session, which is there anyway.
    """
    if sentence:
        flash(sentence)
    where = url_for(endpoint) if slug is None else url_for(endpoint, slug=slug)
    return make_response(redirect(where, HTTPStatus.SEE_OTHER))
