"""The receipt: a supporter sees where each letter is, and changes what has not left."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from sqlalchemy import Connection

from letters.campaign import Status
from letters.campaigns import store
from letters.campaigns.stored import StoredCampaign
from letters.intake.faults import faults_in_body, faults_in_subject
from letters.intake.posted import BODY_MAX, REASON_MAX, Field
from letters.receipts import erasure, successors
from letters.receipts import receipt as receipts
from letters.receipts.receipt import Receipt, SubmittedLetter, TooLate, UnknownSubmission
from letters.receipts.successors import CannotSendOn, Obstacle
from letters.states import NOT_LEFT, State
from letters.text.compose import line_feeds
from letters.tokens import BadToken, digest
from webapp.site import errors
from webapp.site.faults import sentence
from webapp.site.fields import trimmed
from webapp.site.language import gettext as _
from webapp.site.posted import is_unreadable
from webapp.site.services import services
from webapp.site.throttle import admit
from webapp.site.wake import wake_worker
from webapp.site.words import moment, words_for

blueprint = Blueprint("receipt", __name__, url_prefix="/l/<token>")
# Salutation, reason, body and closing with their blank lines.
_TEXT_MAX = BODY_MAX + REASON_MAX + 2_000
_OTHER_POSTS = 10


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
    history: list[tuple[str, str, str]]
    answered: tuple[str, str] | None
    """When, for programs and for people."""
    can_edit: bool
    can_cancel: bool
    edit_error: str | None = None
    offer_to: str = ""
    """Whoever has taken over, and may get the letter if its writer says so."""
    offer_text: str = ""


def _read(token: str) -> tuple[Receipt, StoredCampaign]:
    submission_id = services().tokens.read_receipt(token)
    with services().database.read() as connection:
        receipt = receipts.read(connection, submission_id, services().now())
        stored = store.find(connection, receipt.campaign_slug)
    g.language = stored.campaign.language
    return receipt, stored


@blueprint.errorhandler(BadToken)
@blueprint.errorhandler(UnknownSubmission)
def _unknown(_error: Exception) -> Response:
    return errors.page(
        HTTPStatus.NOT_FOUND,
        _("This link leads nowhere"),
        _("It may have been cut off on its way: please copy the whole link from your mail."),
        _("If you had your letter erased, nothing is left to show."),
        action=("/", _("See the campaigns")),
    )


@blueprint.errorhandler(TooLate)
def _too_late(_error: TooLate) -> Response:
    return errors.page(
        HTTPStatus.CONFLICT,
        _("The letter has left already"),
        _("It can no longer be changed or withdrawn. Your page shows where it is."),
    )


@blueprint.errorhandler(erasure.StillLeaving)
def _still_leaving(_error: erasure.StillLeaving) -> Response:
    return errors.page(
        HTTPStatus.CONFLICT,
        _("Your letter is leaving at this moment"),
        _("Nothing was erased yet. Please try again in a minute."),
    )


@blueprint.before_request
def _limit() -> Response | None:
    if request.method != "POST" or admit(
        services(), "post", services().settings.form_limit.times(_OTHER_POSTS)
    ):
        return None
    return errors.page(
        HTTPStatus.TOO_MANY_REQUESTS,
        _("A lot was asked from here"),
        _("Nothing was changed. Please try again in an hour."),
    )


@blueprint.get("")
def show(token: str) -> Response:
    """Show the receipt."""
    receipt, stored = _read(token)
    return _page(token, receipt, stored)


@blueprint.get("/confirm")
def ask(token: str) -> Response:
    """Show the letters and ask for a yes. Programs that follow links in mails change nothing."""
    receipt, stored = _read(token)
    waiting = [item for item in receipt.letters if item.state is State.UNCONFIRMED]
    if not waiting:
        return make_response(redirect(url_for("receipt.show", token=token), HTTPStatus.SEE_OTHER))
    return make_response(
        render_template(
            "receipt/confirm.html",
            campaign_title=stored.campaign.title,
            items=[_item(letter) for letter in waiting],
            confirm_url=url_for("receipt.confirm", token=token),
            seen=_digest(waiting),
        )
    )


def _digest(letters: Iterable[SubmittedLetter]) -> str:
    """Return what tells whether letters are still the ones that a page showed."""
    return digest("\0".join(part for x in letters for part in (x.id, x.subject, x.text)))


@blueprint.post("/confirm")
def confirm(token: str) -> Response:
    """Take the yes."""
    receipt, _stored = _read(token)
    waiting = [item for item in receipt.letters if item.state is State.UNCONFIRMED]
    if request.form.get("seen", _digest(waiting)) != _digest(waiting):
        # Whoever holds the form's token changed the text after the page was read: read it again.
        return make_response(redirect(url_for("receipt.ask", token=token), HTTPStatus.SEE_OTHER))
    _change(token, lambda c, i: receipts.confirm(c, i, services().now()))
    wake_worker(services().redis)
    return make_response(redirect(url_for("receipt.show", token=token), HTTPStatus.SEE_OTHER))


@blueprint.post("/cancel")
def cancel(token: str) -> Response:
    """Withdraw a letter that has not left; all of them where none is named."""
    receipt, _stored = _read(token)
    named = request.form.get("letter")
    ids = [x.id for x in receipt.letters if (x.id == named if named else x.state in NOT_LEFT)]
    if not ids:
        raise TooLate

    def withdraw(connection: Connection, submission_id: str) -> None:
        receipts.cancel(connection, submission_id, ids, services().now())

    _change(token, withdraw)
    return make_response(redirect(url_for("receipt.show", token=token), HTTPStatus.SEE_OTHER))


@blueprint.post("/edit")
def edit(token: str) -> Response:
    """Replace a letter's subject and text."""
    receipt, stored = _read(token)
    letter_id = request.form.get("letter") or receipt.letters[0].id
    if letter_id not in {letter.id for letter in receipt.letters}:
        raise TooLate
    # What is not posted stays as it is.
    kept = next(letter for letter in receipt.letters if letter.id == letter_id)
    subject = trimmed(request.form.get("subject", kept.subject))
    text = line_feeds(request.form.get("body", kept.text))
    problem = _problem(subject, text)
    if problem is not None:
        return _page(token, receipt, stored, (letter_id, subject, text, problem))
    _change(
        token,
        lambda c, i: receipts.edit(c, i, letter_id, subject, text, services().now()),
    )
    return make_response(redirect(url_for("receipt.show", token=token), HTTPStatus.SEE_OTHER))


@blueprint.post("/send-on")
def send_on(token: str) -> Response:
    """Send a letter that waits to whoever has taken over, as its writer says."""
    receipt, stored = _read(token)
    letter_id = request.form.get("letter", "")
    subject = trimmed(request.form.get("subject"))
    text = line_feeds(request.form.get("body", ""))
    problem = _problem(subject, text)
    if problem is not None:
        return _page(token, receipt, stored, (letter_id, subject, text, problem))
    _change(
        token,
        lambda c, i: successors.send_on(c, i, letter_id, subject, text, services().now()),
    )
    wake_worker(services().redis)
    return make_response(redirect(url_for("receipt.show", token=token), HTTPStatus.SEE_OTHER))


@blueprint.errorhandler(CannotSendOn)
def _cannot_send_on(error: CannotSendOn) -> Response:
    why = {
        Obstacle.NOT_WAITING: _(
            "This letter does not wait for a decision any more: your page shows where it is."
        ),
        Obstacle.HAS_WRITTEN: _(
            "You have a letter to this office already: your page shows where it is."
        ),
    }[error.obstacle]
    return errors.page(HTTPStatus.CONFLICT, _("This letter cannot go there"), why)


@blueprint.post("/erase")
def erase(token: str) -> Response:
    """Withdraw what has not left, and erase everything about this submission."""
    _read(token)  # afterwards nothing tells the campaign's language any more
    _change(token, lambda c, i: erasure.erase(c, i, services().now()))
    erasure.forget_pages(services().database)
    return errors.page(
        HTTPStatus.OK,
        _("Your letter and your details are erased"),
        _("What had not left was withdrawn. Letters that had left cannot be called back."),
        action=("/", _("See the campaigns")),
    )


def _change(token: str, change: Callable[[Connection, str], None]) -> None:
    submission_id = services().tokens.read_receipt(token)
    with services().database.write() as connection:
        change(connection, submission_id)


def _problem(subject: str, text: str) -> str | None:
    unreadable = frozenset(
        field
        for field, typed in ((Field.SUBJECT, subject), (Field.BODY, text))
        if is_unreadable(typed)
    )
    faults = (
        *faults_in_subject(subject, unreadable),
        *faults_in_body(text, _TEXT_MAX, unreadable),
    )
    return sentence(faults[0]) if faults else None


def _page(
    token: str,
    receipt: Receipt,
    stored: StoredCampaign,
    refused: tuple[str, str, str, str] | None = None,
) -> Response:
    is_paused = stored.campaign.status is Status.PAUSED
    items = [_item(letter, refused, is_paused=is_paused) for letter in receipt.letters]
    response = make_response(
        render_template(
            "receipt/receipt.html",
            campaign_title=stored.campaign.title,
            items=items,
            urls={
                name: url_for(f"receipt.{name}", token=token)
                for name in ("edit", "cancel", "erase", "confirm", "send_on")
            },
            can_confirm=any(x.state is State.UNCONFIRMED for x in receipt.letters),
            submitted=moment(receipt.submitted_at),
            saved=None,
        ),
        HTTPStatus.OK if refused is None else HTTPStatus.UNPROCESSABLE_ENTITY,
    )
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _item(
    letter: SubmittedLetter,
    refused: tuple[str, str, str, str] | None = None,
    *,
    is_paused: bool = False,
) -> Item:
    words = words_for(letter.state)
    sentence = words.sentence
    if letter.due_at is not None:
        due = max(letter.due_at, services().now())
        sentence = _("%(sentence)s It should leave about %(time)s.", sentence=sentence,
                     time=moment(due))  # fmt: skip
    if letter.offer is not None:
        sentence = _("%(target)s can no longer be written to. Your letter waits for you to decide.",
                     target=letter.target.name)  # fmt: skip
    if is_paused and letter.state in NOT_LEFT:
        sentence = _("%(sentence)s This campaign is paused for now.", sentence=sentence)
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
            (step.at.isoformat(), moment(step.at), words_for(step.state).word)
            for step in letter.history
        ],
        answered=(letter.answered_at.isoformat(), moment(letter.answered_at))
        if letter.answered_at
        else None,
        can_edit=letter.state in NOT_LEFT,
        can_cancel=letter.state in NOT_LEFT,
        edit_error=error,
        offer_to="" if letter.offer is None else letter.offer.successor.name,
        offer_text="" if letter.offer is None else letter.offer.text,
    )
