"""The pre-written letter as a PDF, for those who would rather print and sign it.

To set a letter takes a few tenths of a second, and twenty long ones take seconds. So each is made
once a day for all processes, which find it in Redis; and only one is made at a time.
"""

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Final, cast
from zoneinfo import ZoneInfo

from flask import Blueprint, Response
from redis import Redis, RedisError

from letters.text.paper import printed
from letters.text.paper.glyphs import Lack, Part, lacking
from letters.text.paper.sheet import Sheet, set_on_paper
from webapp.action.closed import shut
from webapp.action.opened import lead_on, open_campaign
from webapp.site import errors
from webapp.site.language import gettext as _
from webapp.site.services import services

blueprint = Blueprint("pdf", __name__)
lead_on(blueprint)
_DAY_SECONDS: Final = 86_400
_LONGEST_SECONDS: Final = 60
"""A process that dies while it makes one keeps the others from it for no longer."""
_PATIENCE_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 0.1
_MAKING: Final = "postbag:pdf:making"
_here: Final = threading.Lock()
"""One at a time in this process as well: Redis may be away."""


@blueprint.get("/c/<slug>/letter.pdf")
def letter(slug: str) -> Response:
    """Return the campaign's letter, set as a letter."""
    stored = open_campaign(slug)
    now = services().now()
    closed = shut(stored, now)
    if closed is not None:
        return closed
    campaign = stored.campaign
    today = now.astimezone(ZoneInfo(campaign.timezone)).date()
    targets = [
        at.target
        for at in stored.targets
        if not at.withdrawn and (at.valid_before is None or now < at.valid_before)
    ]
    sheets = printed.sheets(campaign, targets, today)
    refused = cannot_be_set(sheets)
    if refused is not None:
        return refused
    whose = stored.organisation.name if stored.organisation else ""
    about = (sheets, campaign.title, campaign.language, whose)
    pdf = once(
        services().redis,
        hashlib.sha256(repr((about, today)).encode()).hexdigest(),
        lambda: set_on_paper(
            sheets, title=campaign.title, language=campaign.language, day=today, whose=whose
        ),
    )
    if pdf is None:
        return busy()
    response = Response(pdf, HTTPStatus.OK, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{slug}.pdf"'
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def once(redis: Redis, name: str, make: Callable[[], bytes]) -> bytes | None:
    """Return what stands in Redis under `name`, or make it; None where another is being made."""

    def make_unless_made() -> bytes:
        # Whoever was alone before may have made it since we looked.
        return _found(redis, name) or _keep(redis, name, make())

    until = time.monotonic() + _PATIENCE_SECONDS
    while (found := _found(redis, name)) is None:
        made = alone(redis, make_unless_made)
        if made is not None:
            return made
        if time.monotonic() > until:
            return None
        time.sleep(_LOOK_SECONDS)
    return found


def alone(redis: Redis, make: Callable[[], bytes]) -> bytes | None:
    """Return what `make` makes, kept nowhere; None where something else is being made."""
    if not _here.acquire(blocking=False):
        return None
    try:
        if not _begin(redis):
            return None
        try:
            return make()
        finally:
            _end(redis)
    finally:
        _here.release()


def cannot_be_set(sheets: Sequence[Sheet]) -> Response | None:
    """Return the page that says which letters the fonts lack; None where they lack none."""
    lacks = lacking(sheets)
    if not lacks:
        return None
    return errors.page(
        HTTPStatus.NOT_FOUND,
        _("There is no PDF of this letter"),
        printing_lack(lacks[0]),
        _("Please print the page with the letter instead: your browser may know this writing."),
    )


def printing_lack(lack: Lack) -> str:
    """Return where which letter cannot be set."""
    places = {
        Part.ADDRESS: _("the addressee"),
        Part.SALUTATION: _("the salutation"),
        Part.SUBJECT: _("the subject"),
        Part.BODY: _("the text"),
        Part.CLOSING: _("the closing"),
    }
    return _(
        "A PDF cannot show “%(letter)s”, which stands in %(place)s: its fonts have Latin, Greek, "
        "Cyrillic and Arabic letters.",
        letter=lack.character,
        place=places[lack.part],
    )


def busy() -> Response:
    """Return the page that says that another letter is just being set."""
    page = errors.page(
        HTTPStatus.SERVICE_UNAVAILABLE,
        _("We cannot do this right now"),
        _("The PDF is being made just now. Please try again in a moment."),
    )
    page.headers["Retry-After"] = "5"
    return page


def _found(redis: Redis, name: str) -> bytes | None:
    try:
        return cast("bytes | None", redis.get(f"postbag:pdf:{name}"))
    except RedisError:
        return None


def _begin(redis: Redis) -> bool:
    try:
        return bool(redis.set(_MAKING, "1", nx=True, ex=_LONGEST_SECONDS))
    except RedisError:
        return True  # at least nobody else in this process makes one


def _keep(redis: Redis, name: str, made: bytes) -> bytes:
    with suppress(RedisError):  # it is made once more, then
        redis.set(f"postbag:pdf:{name}", made, ex=_DAY_SECONDS)
    return made


def _end(redis: Redis) -> None:
    with suppress(RedisError):  # it ends by itself
        redis.delete(_MAKING)
