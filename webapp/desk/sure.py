"""Ask once more before a button reaches many people."""

from typing import Final

from flask import Response, make_response, render_template, request
from flask_babel import format_decimal

from letters.campaign import Campaign
from webapp.site.language import gettext as _
from webapp.site.language import ngettext

MANY: Final = 2
"""From so many letters on it is asked."""
_NOT_AGAIN: Final = frozenset({"csrf_token", "sure"})


def is_sure() -> bool:
    """Tell whether it was asked already."""
    return bool(request.form.get("sure"))


def let_go(number: int, to: str) -> str:
    """Return the question whether letters that wait are to leave."""
    return ngettext(
        "Let %(n)s letter go to %(name)s?",
        "Let %(n)s letters go to %(name)s?",
        number,
        n=format_decimal(number),
        name=to,
    )


def may_be_held() -> str:
    """Return what becomes of letters that are let go, and how that is taken back."""
    return _(
        "They leave one after the other, at their campaign's pace. “Hold” stops those that have "
        "not left."
    )


def ask(campaign: Campaign, question: str, what: str, yes: str, back: str) -> Response:
    """Return the page that asks, with a button that posts the same once more."""
    posted = [(k, v) for k, v in request.form.items(multi=True) if k not in _NOT_AGAIN]
    return make_response(
        render_template(
            "desk/sure.html",
            campaign=campaign,
            question=question,
            what=what,
            yes=yes,
            posted=posted,
            back=back,
        )
    )
