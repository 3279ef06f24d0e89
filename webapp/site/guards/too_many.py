"""Refuse more posts from one network than people make who open their own pages."""

from http import HTTPStatus

from flask import Response, request

from webapp.site import errors
from webapp.site.guards.throttle import admit
from webapp.site.language import gettext as _
from webapp.site.services import services

_OTHER_POSTS = 10
"""For each submission that is let in."""


def refuse_too_many_posts() -> Response | None:
    """Return the page that says so, before a request is answered; None: this one is let in."""
    if request.method != "POST" or admit(
        services(), "post", services().settings.form_limit.times(_OTHER_POSTS)
    ):
        return None
    return errors.page(
        HTTPStatus.TOO_MANY_REQUESTS,
        _("A lot was asked from here"),
        _("Nothing was changed. Please try again in an hour."),
    )
