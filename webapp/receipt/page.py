"""Set the receipt: where each letter is, what is kept of its writer, and what they may do."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from babel.lists import format_list
from flask import Response, make_response, render_template, request, url_for
from flask_babel import format_date, format_decimal, get_locale
from markupsafe import Markup

from letters.campaign import Status
from letters.campaigns.stored import StoredCampaign
from letters.pacing.bundles import How
from letters.receipts import confirmation, repeats, shared
from letters.receipts.receipt import Receipt, SubmittedLetter
from letters.states import NOT_LEFT, State
from webapp.receipt.door import noindex
from webapp.site.language import gettext as _
from webapp.site.language import ngettext
from webapp.site.services import services
from webapp.site.share import share
from webapp.site.words import marked, moment, sentence_for, state_word, words_for

# What a form leads to, by the name that the templates have for it.
_VIEWS = {
    "edit": "edit",
    "cancel": "cancel",
    "alone": "go_alone",
    "erase": "erase",
    "confirm": "confirm",
    "send_on": "send_on",
    "consent": "give_consent",
    "repeat": "decide",
    "not_me": "not_me",
    "pdf": "letter_pdf",
    "receipt": "show",
}


SHARED = "shared"
"""Stands for the id of a letter where what will not do was meant for all that share it."""


@dataclass(frozen=True, slots=True)
class AtOnce:
    """The letters that can be changed at once, as the page shows them."""

    seen: str
    """Empty: there are none any more, and what was typed is only shown."""
    names: str
    is_all: bool
    number: int
    subject: str
    text: str
    error: str | None


@dataclass(frozen=True, slots=True)
class Item:
    """One letter as the page shows it."""

    letter_id: str
    target_name: str
    target_role: str
    target_address: str
    subject: str
    text: str
    state: str
    state_word: str
    state_sentence: str
    shape: str
    stage: int
    bad: bool
    history: list[tuple[Markup, str]]
    answered: Markup | None
    can_edit: bool
    can_cancel: bool
    goes_with_others: bool
    edit_error: str | None = None
    offer_to: str = ""
    """Whoever has taken over, and may get the letter if its writer says so."""
    offer_text: str = ""


def urls(token: str) -> dict[str, str]:
    """Return where the forms of a receipt's pages lead."""
    return {name: url_for(f"receipt.{view}", token=token) for name, view in _VIEWS.items()}


def writer_of(receipt: Receipt, stored: StoredCampaign) -> dict[str, object]:
    """Return what every page of a receipt knows of its writer, and what waits for their word."""
    with services().database.read() as connection:
        return {
            "campaign_title": stored.campaign.title,
            "writer": receipt,
            "opt_in": stored.campaign.opt_in,
            "opt_in_moment": moment(receipt.opt_in_at, stored.campaign.timezone)
            if receipt.opt_in_at
            else None,
            # Of what is shown, and not of what may stand in the books a moment later.
            "seen": confirmation.seen_on(receipt),
            "repeats": repeats.of_submission(connection, receipt.submission_id),
            "names": {target.id: target.target.name for target in stored.targets},
        }


def page(
    token: str,
    receipt: Receipt,
    stored: StoredCampaign,
    refused: tuple[str, str, str, str] | None = None,
) -> Response:
    """Return the receipt; `refused` is a letter's id, with the subject and text that will not do.

    Its fourth part says why.
    """
    now, campaign = services().now(), stored.campaign
    is_paused = campaign.status is Status.PAUSED
    items = [
        item(letter, now, campaign.timezone, refused, is_paused=is_paused)
        for letter in receipt.letters
    ]
    response = make_response(
        render_template(
            "receipt/receipt.html",
            items=items,
            together=_together(receipt),
            at_once=_at_once(receipt, stored, refused),
            urls=urls(token),
            can_confirm=any(x.state is State.UNCONFIRMED for x in receipt.letters),
            submitted=moment(receipt.submitted_at, campaign.timezone),
            done=_done(),
            share=share(stored.campaign) if request.args.get("done") == "confirmed" else None,
            last_day=format_date(campaign.ends, "long") if campaign.ends else None,
            retention_days=services().settings.retention_days,
            **writer_of(receipt, stored),
        ),
        HTTPStatus.OK if refused is None else HTTPStatus.UNPROCESSABLE_ENTITY,
    )
    return noindex(response)


def _together(receipt: Receipt) -> str | None:
    """Return how many of several letters are in each state; None for a letter alone."""
    number = len(receipt.letters)
    if number == 1:
        return None
    counted = Counter(letter.state for letter in receipt.letters)
    states = [
        f"{format_decimal(counted[state])} {state_word(state, counted[state])}"
        for state in State
        if counted[state]
    ]
    return ngettext(
        "%(figure)s letter: %(states)s",
        "%(figure)s letters: %(states)s",
        number,
        figure=format_decimal(number),
        states=format_list(states, locale=get_locale()),
    )


def _at_once(
    receipt: Receipt, stored: StoredCampaign, refused: tuple[str, str, str, str] | None
) -> AtOnce | None:
    found = shared.shared(stored, receipt)
    typed = refused[1:] if refused is not None and refused[0] == SHARED else None
    if found is None and typed is None:
        return None
    letters = found.letters if found else ()
    subject, text, error = typed or (
        found.subject if found else "",
        found.text if found else "",
        None,
    )
    return AtOnce(
        found.seen if found else "",
        format_list([letter.target.name for letter in letters], locale=get_locale()),
        len(letters) == len(receipt.letters),
        len(letters),
        subject,
        text,
        error,
    )


def _done() -> str | None:
    """Return the line that says what was done."""
    return {
        "confirmed": _("Thank you. What you said yes to takes its turn to leave."),
        "consented": _("You agreed. You can take it back here at any time."),
        "taken-back": _("You took it back."),
        "withdrawn": _("What you withdrew will not be sent."),
        "kept": _("Your changes are kept."),
        "alone": _("Your letter goes by itself, and waits its turn."),
        "sent-on": _("Your letter goes to whoever has taken over."),
        "instead": _("This letter goes instead of the first one."),
        "as-well": _("This letter goes as well as the first one."),
        "neither": _("Only the first letter goes."),
    }.get(request.args.get("done", ""))


def item(
    letter: SubmittedLetter,
    now: datetime,
    timezone: str,
    refused: tuple[str, str, str, str] | None = None,
    *,
    is_paused: bool = False,
) -> Item:
    """Return one letter as the page shows it."""
    words = words_for(letter.state)
    why = next((s.reason for s in reversed(letter.history) if s.state is letter.state), None)
    sentence = sentence_for(letter.state, why)
    if letter.due_at is not None:
        due = max(letter.due_at, now)
        if letter.goes_with_others:
            template = _(
                "%(sentence)s More people have written than this office could read one by one in "
                "time. So it goes whole, with letters of others in one message, about %(time)s."
            )
        elif letter.office_wishes is How.DAILY:
            template = _(
                "%(sentence)s This office asked for one message a day, so your letter goes whole "
                "with those of others, about %(time)s."
            )
        elif letter.office_wishes is How.WEEKLY:
            template = _(
                "%(sentence)s This office asked for one message a week, so your letter goes whole "
                "with those of others, about %(time)s."
            )
        else:
            template = _("%(sentence)s It should leave about %(time)s.")
        sentence = marked(template, sentence=sentence, time=moment(due, timezone))
    if letter.offer is not None:
        sentence = _("%(target)s can no longer be written to. Your letter waits for you to decide.",
                     target=letter.target.name)  # fmt: skip
    if is_paused and letter.state in NOT_LEFT:
        sentence = marked(_("%(sentence)s This campaign is paused for now."), sentence=sentence)
    error = None
    subject, text = letter.subject, letter.text
    if refused is not None and refused[0] == letter.id:
        error = refused[3]
    return Item(
        letter_id=letter.id,
        target_name=letter.target.name,
        target_role=letter.target.role,
        target_address=letter.target.address,
        subject=subject,
        text=text,
        state=str(letter.state),
        state_word=words.word,
        state_sentence=sentence,
        shape=words.shape,
        stage=words.stage,
        bad=words.shape == "cross",
        history=[
            (moment(step.at, timezone), words_for(step.state).word) for step in letter.history
        ],
        answered=moment(letter.answered_at, timezone) if letter.answered_at else None,
        can_edit=letter.state in NOT_LEFT,
        can_cancel=letter.state in NOT_LEFT,
        goes_with_others=letter.goes_with_others,
        edit_error=error,
        offer_to="" if letter.offer is None else letter.offer.successor.name,
        offer_text="" if letter.offer is None else letter.offer.text,
    )
