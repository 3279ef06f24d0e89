"""The receipt: a supporter sees where each letter is, and changes what has not left."""

from http import HTTPStatus
from zoneinfo import ZoneInfo

from flask import Response, request
from sqlalchemy import Connection

from letters.campaigns.stored import StoredCampaign
from letters.intake.faults import faults_in_body, faults_in_subject
from letters.intake.posted import BODY_MAX, REASON_MAX, Field
from letters.receipts import erasure, shared, successors
from letters.receipts import receipt as receipts
from letters.receipts.receipt import Receipt, TooLate
from letters.receipts.successors import CannotSendOn, Obstacle
from letters.states import NOT_LEFT
from letters.text.compose import line_feeds
from letters.text.paper import printed
from letters.text.paper.sheet import set_on_paper
from webapp.action.made import pdf
from webapp.receipt.door import back, blueprint, change, noindex, read
from webapp.receipt.page import SHARED, page
from webapp.site import errors
from webapp.site.faults import sentence
from webapp.site.fields import trimmed
from webapp.site.language import gettext as _
from webapp.site.posted import is_unreadable
from webapp.site.services import services
from webapp.site.wake import wake_worker
from webapp.site.whose import campaigns_url

# Salutation, reason, body and closing with their blank lines.
_TEXT_MAX = BODY_MAX + REASON_MAX + 2_000


@blueprint.get("")
def show(token: str) -> Response:
    """Show the receipt."""
    receipt, stored = read(token)
    return page(token, receipt, stored)


@blueprint.post("/cancel")
def cancel(token: str) -> Response:
    """Withdraw a letter that has not left; all of them where none is named."""
    receipt, _stored = read(token)
    named = request.form.get("letter")
    ids = [x.id for x in receipt.letters if (x.id == named if named else x.state in NOT_LEFT)]
    if not ids:
        raise TooLate

    def withdraw(connection: Connection, submission_id: str) -> None:
        receipts.cancel(connection, submission_id, ids, services().now())

    change(token, withdraw)
    return back(token, "withdrawn")


@blueprint.post("/edit")
def edit(token: str) -> Response:
    """Replace subject and text of a letter, or of all that share them."""
    receipt, stored = read(token)
    if "shared" in request.form:
        return _edit_shared(token, receipt, stored)
    letter_id = request.form.get("letter") or receipt.letters[0].id
    if letter_id not in {letter.id for letter in receipt.letters}:
        raise TooLate
    # What is not posted stays as it is.
    kept = next(letter for letter in receipt.letters if letter.id == letter_id)
    subject = trimmed(request.form.get("subject", kept.subject))
    text = line_feeds(request.form.get("body", kept.text))
    problem = _problem(subject, text)
    if problem is not None:
        return page(token, receipt, stored, (letter_id, subject, text, problem))
    change(
        token,
        lambda c, i: receipts.edit(c, i, letter_id, subject, text, services().now()),
    )
    return back(token, "kept")


def _edit_shared(token: str, receipt: Receipt, stored: StoredCampaign) -> Response:
    found = shared.shared(stored, receipt)
    subject = trimmed(request.form.get("subject"))
    text = line_feeds(request.form.get("body", ""))
    problem = _problem(subject, text)
    if problem is None and found is not None and request.form["shared"] == found.seen:
        anew = shared.texts(stored, receipt, found.letters, text)
        try:
            change(token, lambda c, i: receipts.edit_all(c, i, subject, anew, services().now()))
        except TooLate:  # one of them is leaving at this moment
            receipt, stored = read(token)
        else:
            return back(token, "kept")
    words = problem or _(
        "One of these letters has changed or left since you read them, so nothing is changed yet. "
        "Please look once more."
    )
    return page(token, receipt, stored, (SHARED, subject, text, words))


@blueprint.post("/alone")
def go_alone(token: str) -> Response:
    """Keep a letter out of the bundle: it waits its turn."""
    receipt, _stored = read(token)
    letter_id = request.form.get("letter", "")
    if letter_id not in {letter.id for letter in receipt.letters}:
        raise TooLate
    change(token, lambda c, i: receipts.go_alone(c, i, letter_id))
    return back(token, "alone")


@blueprint.post("/send-on")
def send_on(token: str) -> Response:
    """Send a letter that waits to whoever has taken over, as its writer says."""
    receipt, stored = read(token)
    letter_id = request.form.get("letter", "")
    subject = trimmed(request.form.get("subject"))
    text = line_feeds(request.form.get("body", ""))
    problem = _problem(subject, text)
    if problem is not None:
        return page(token, receipt, stored, (letter_id, subject, text, problem))
    change(
        token,
        lambda c, i: successors.send_on(c, i, letter_id, subject, text, services().now()),
    )
    wake_worker(services().redis)
    return back(token, "sent-on")


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
    read(token)  # afterwards nothing tells the campaign's language any more
    change(token, lambda c, i: erasure.erase(c, i, services().now()))
    erasure.forget_pages(services().database)
    return errors.page(
        HTTPStatus.OK,
        _("Your letter and your details are erased"),
        _("What had not left was withdrawn. Letters that had left cannot be called back."),
        action=(campaigns_url(), _("See the campaigns")),
    )


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


@blueprint.get("/letter.pdf")
def letter_pdf(token: str) -> Response:
    """Return the writer's own letters, set as letters; kept nowhere, and one set at a time."""
    receipt, stored = read(token)
    campaign = stored.campaign
    day = receipt.submitted_at.astimezone(ZoneInfo(campaign.timezone)).date()
    sheets = [
        printed.own_sheet(letter.target, letter.subject, letter.text, day, campaign.language)
        for letter in receipt.letters[: printed.MOST_LETTERS]
    ]
    refused = pdf.cannot_be_set(sheets)
    if refused is not None:
        return noindex(refused)
    made = pdf.alone(
        services().redis,
        lambda: set_on_paper(
            sheets,
            title=campaign.title,
            language=campaign.language,
            day=day,
            whose=stored.organisation.name if stored.organisation else "",
        ),
    )
    if made is None:
        return pdf.busy()
    response = Response(made, HTTPStatus.OK, mimetype="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="letter.pdf"'
    return noindex(response)
