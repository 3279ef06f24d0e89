"""What a writer says about their letters: yes, what else may be done with them, and "not me"."""

from http import HTTPStatus

from flask import Response, make_response, redirect, render_template, request, url_for

from letters.intake.posted import is_ticked
from letters.notices.links import Links
from letters.receipts import confirmation, consent, erasure, refusal, repeats
from letters.receipts.confirmation import ChangedSince
from letters.receipts.receipt import TooLate
from letters.receipts.repeats import Decision
from letters.states import State
from webapp.receipt.door import back, blueprint, change, noindex, read
from webapp.receipt.page import item, urls, writer_of
from webapp.site import errors
from webapp.site.language import gettext as _
from webapp.site.services import services
from webapp.site.wake import wake_worker
from webapp.site.whose import campaigns_url


@blueprint.get("/confirm")
def ask(token: str) -> Response:
    """Show all that a yes sets in motion. Programs that follow links in mails change nothing."""
    receipt, stored = read(token)
    waiting = [letter for letter in receipt.letters if letter.state is State.UNCONFIRMED]
    if not waiting:
        return make_response(redirect(url_for("receipt.show", token=token), HTTPStatus.SEE_OTHER))
    now = services().now()
    return noindex(
        make_response(
            render_template(
                "receipt/confirm.html",
                items=[item(letter, now, stored.campaign.timezone) for letter in waiting],
                urls=urls(token),
                has_changed="changed" in request.args,
                **writer_of(receipt, stored),
            )
        )
    )


@blueprint.post("/confirm")
def confirm(token: str) -> Response:
    """Take the yes, to what was shown."""
    read(token)
    was_seen, now = request.form.get("seen", ""), services().now()
    try:
        change(token, lambda c, i: confirmation.confirm(c, i, was_seen, now))
    except ChangedSince:
        # Whoever holds the form's token changed something after the page was read.
        return make_response(
            redirect(url_for("receipt.ask", token=token, changed=1), HTTPStatus.SEE_OTHER)
        )
    wake_worker(services().redis)
    return back(token, "confirmed")


@blueprint.post("/consent")
def give_consent(token: str) -> Response:
    """Give the consent that the campaign asks for, or take it back."""
    read(token)
    now, is_given = services().now(), is_ticked(request.form.get("opt_in", ""))
    act = consent.give if is_given else consent.take_back
    change(token, lambda c, i: act(c, i, now))
    return back(token, "consented" if is_given else "taken-back")


@blueprint.post("/repeat")
def decide(token: str) -> Response:
    """Take the decision about what was written with the same address once more."""
    receipt, _stored = read(token)
    try:
        decision = Decision(request.form.get("word", ""))
    except ValueError:
        raise TooLate from None
    now, links = services().now(), Links(services().settings.public_url, services().tokens)
    with services().database.write() as connection:
        leads_to = repeats.decide(
            connection,
            links,
            receipt.submission_id,
            request.form.get("repeat", ""),
            decision,
            request.form.get("seen", ""),
            now,
        )
    wake_worker(services().redis)
    return back(services().tokens.receipt(leads_to), str(decision))


@blueprint.get("/not-me")
def ask_not_me(token: str) -> Response:
    """Ask whether somebody else wrote with this address; change nothing."""
    _receipt, stored = read(token)
    return noindex(
        make_response(
            render_template(
                "receipt/not_me.html", campaign_title=stored.campaign.title, urls=urls(token)
            )
        )
    )


@blueprint.post("/not-me")
def not_me(token: str) -> Response:
    """Erase all that was written with this address here, and store nothing more for it."""
    read(token)
    now, tokens = services().now(), services().tokens
    change(token, lambda c, i: refusal.refuse(c, tokens, i, now))
    erasure.forget_pages(services().database)
    return errors.page(
        HTTPStatus.OK,
        _("Everything written with your address is erased"),
        _("What had not left was withdrawn. Letters that had left cannot be called back."),
        _("You get no more mail about this campaign. Its organisers learn that this happened, and "
          "not to whom."),
        action=(campaigns_url(), _("See the campaigns")),
    )  # fmt: skip
