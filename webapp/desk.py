"""The organisers' desk: see the books, decide what needs a person, steer."""

import json
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from flask import (
    Blueprint,
    Response,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import format_decimal
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response as BaseResponse

from letters import attention, export, intake, ledger, organisers, settling
from letters.campaign import Status
from letters.notices import Notice
from letters.organisers import Organiser
from letters.pacing import leaves_at, next_open
from letters.states import State
from letters.storage import campaigns
from letters.storage.campaigns import StoredCampaign
from webapp import errors
from webapp.language import gettext as _
from webapp.language import ngettext
from webapp.parts import parts
from webapp.throttle import admit
from webapp.wake import wake_worker
from webapp.words import ago, moment, words_for

door = Blueprint("desk", __name__, url_prefix="/desk")
# Everything else of the desk is closed.
OPEN: Final = frozenset({"desk.sign_in", "desk.ask_link", "desk.send_link"})
_WAITING: Final = (State.UNCONFIRMED, State.QUEUED, State.HELD)
_SENT: Final = (State.SENDING, State.UNKNOWN, State.ACCEPTED, State.DEFERRED)
_BAD: Final = (State.BOUNCED, State.DROPPED, State.FAILED)


@dataclass(frozen=True, slots=True)
class Part:
    """One state's share of the books."""

    state: str
    word: str
    shape: str
    number: int
    meaning: str


@dataclass(frozen=True, slots=True)
class ShownBooks:
    """The books as a page tells them."""

    submitted: int
    parts: list[Part]
    sentence: str


@door.before_request
def _guard() -> BaseResponse | None:
    """Close the desk to whoever is not signed in, and every change to forged requests."""
    if request.method not in {"GET", "HEAD", "OPTIONS"}:
        current_app.extensions["csrf_guard"].protect()
    if request.endpoint in OPEN:
        return None
    token = session.get("token", "")
    with parts().database.read() as connection:
        found = organisers.of_session(connection, token, parts().now()) if token else None
    if found is None:
        return redirect(url_for("desk.ask_link"), HTTPStatus.SEE_OTHER)
    g.organiser = found
    return None


@door.get("/sign-in/<token>")
def sign_in(token: str) -> Response:
    """Sign in, once."""
    with parts().database.write() as connection:
        opened = organisers.use_link(connection, token, parts().now())
    if opened is None:
        return errors.page(
            HTTPStatus.FORBIDDEN,
            _("This link has been used or is too old"),
            _("A link signs you in once. Ask for a new one."),
            action=(url_for("desk.ask_link"), _("Ask for a new link")),
        )
    session.clear()
    session["token"] = opened
    session.permanent = True
    return make_response(redirect(url_for("desk.list_campaigns"), HTTPStatus.SEE_OTHER))


@door.get("/sign-in")
def ask_link() -> str:
    """Ask for an address to mail a link to."""
    return _sign_in_page(None)


@door.post("/sign-in")
def send_link() -> str | Response:
    """Mail a link to an organiser; answer a stranger the same."""
    if not admit(parts(), "sign-in", parts().settings.form_limit):
        return errors.page(
            HTTPStatus.TOO_MANY_REQUESTS,
            _("That was too often"),
            _("Please try again in an hour."),
        )
    email = request.form.get("email", "")[:254]
    now = parts().now()
    with parts().database.write() as connection:
        if organisers.find(connection, email) is not None:
            token = organisers.invite(connection, email, now)
            link = f"{parts().settings.public_url}/desk/sign-in/{token}"
            intake.post(connection, _link_notice(link), email.strip().lower(), now)
    wake_worker(parts().redis)
    return _sign_in_page(_("If this address belongs to an organiser, a link is on its way to it."))


@door.post("/sign-out")
def sign_out() -> Response:
    """End this session."""
    with parts().database.write() as connection:
        organisers.end_session(connection, session.get("token", ""))
    session.clear()
    return make_response(redirect(url_for("desk.ask_link"), HTTPStatus.SEE_OTHER))


@door.get("")
def list_campaigns() -> str:
    """List every campaign with its books in a sentence."""
    signed_in: Organiser = g.organiser
    with parts().database.read() as connection:
        rows = [
            (stored, ledger.shown(connection, stored.id))
            for stored in campaigns.find_all(connection)
        ]
    return render_template(
        "desk_list.html",
        campaigns=[
            {
                "slug": stored.campaign.slug,
                "title": stored.campaign.title,
                "status": _status_word(stored.campaign.status),
                "submitted": books.submitted,
                "sentence": _shown_books(books).sentence,
            }
            for stored, books in rows
        ],
        email=signed_in.email,
        sign_out_url=url_for("desk.sign_out"),
        csrf_token=generate_csrf,
    )


@door.get("/<slug>")
def show(slug: str) -> str:
    """Show one campaign: its books, what needs a person, its targets."""
    now = parts().now()
    with parts().database.read() as connection:
        stored = campaigns.find(connection, slug)
        books = ledger.shown(connection, stored.id)
        by_target = ledger.by_target(connection, stored.id)
        unknowns = attention.unknown_letters(
            connection, stored.id, now, parts().settings.unknown_grace_seconds
        )
        failures = attention.failed_letters(connection, stored.id)
        alarms = attention.alarms(connection, stored, now)
    return render_template(
        "desk_campaign.html",
        campaign=stored.campaign,
        books=_shown_books(books),
        alarms=[(_alarm_sentence(alarm), None, "") for alarm in alarms],
        targets=[_target_row(stored, t, by_target.get(t.id, Counter())) for t in stored.targets],
        unknowns=[
            (found.letter_id, found.target_name, ago(found.since, now), found.since.isoformat())
            for found in unknowns
        ],
        failures=[
            (found.letter_id, found.target_name, found.detail or "", ago(found.since, now))
            for found in failures
        ],
        status=str(stored.campaign.status),
        status_word=_status_word(stored.campaign.status),
        status_url=url_for("desk.set_status", slug=slug),
        settle_url=url_for("desk.settle", slug=slug),
        csrf_token=generate_csrf,
        email=g.organiser.email,
        sign_out_url=url_for("desk.sign_out"),
    )


@door.get("/<slug>/ledger.json")
def ledger_json(slug: str) -> Response:
    """Return the campaign's part of `postbag ledger --json`, with its targets."""
    with parts().database.read() as connection:
        stored = campaigns.find(connection, slug)
        books = ledger.shown(connection, stored.id)
        by_target = ledger.by_target(connection, stored.id)
    answer = books.as_json()
    answer["targets"] = {
        t.target.email: {
            str(state): by_target.get(t.id, Counter()).get(state, 0) for state in State
        }
        for t in stored.targets
    }
    return Response(json.dumps(answer), mimetype="application/json")


@door.get("/<slug>/letters.csv")
def letters_csv(slug: str) -> Response:
    """Stream every letter as CSV that no spreadsheet can mistake for a formula."""
    with parts().database.read() as connection:
        stored = campaigns.find(connection, slug)
    response = Response(export.rows(parts().database, stored), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-letters.csv"'
    return response


@door.post("/<slug>/status")
def set_status(slug: str) -> Response:
    """Pause, resume or close a campaign."""
    try:
        status = Status(request.form.get("status", ""))
    except ValueError:
        return errors.page(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            _("There is no such status"),
            _("Choose live, paused, closed or draft."),
        )
    with parts().database.write() as connection:
        campaigns.set_status(connection, slug, status)
    wake_worker(parts().redis)
    return make_response(redirect(url_for("desk.show", slug=slug), HTTPStatus.SEE_OTHER))


@door.post("/<slug>/settle")
def settle(slug: str) -> Response:
    """Take an organiser's word about an unknown letter, or queue a failed one again."""
    letter_id, word = request.form.get("letter", ""), request.form.get("word", "")
    try:
        with parts().database.write() as connection:
            if word == "queue-again":
                settling.again(connection, letter_id, parts().now())
            else:
                settling.settle(connection, letter_id, settling.Word(word), parts().now())
    except (settling.CannotSettle, ValueError):
        return errors.page(
            HTTPStatus.CONFLICT,
            _("There is nothing to decide about this letter any more"),
            _("News of it may have come in the meantime. The desk shows where it is now."),
            action=(url_for("desk.show", slug=slug), _("Back to the desk")),
        )
    wake_worker(parts().redis)
    return make_response(redirect(url_for("desk.show", slug=slug), HTTPStatus.SEE_OTHER))


def _sign_in_page(notice: str | None) -> str:
    return render_template(
        "desk_sign_in.html",
        form_url=url_for("desk.send_link"),
        notice=notice,
        csrf_token=generate_csrf,
    )


def _link_notice(link: str) -> Notice:
    body = [
        _("With this link you sign in to the organisers' desk, once, within two days:"),
        link,
        _("If you did not ask for it, you need do nothing."),
    ]
    return Notice(_("Your link to the organisers' desk"), "\n\n".join(body) + "\n")


def _status_word(status: Status) -> str:
    return {
        Status.DRAFT: _("draft: nobody else sees it"),
        Status.LIVE: _("live: takes letters and sends them"),
        Status.PAUSED: _("paused: takes letters and sends none"),
        Status.CLOSED: _("closed: takes no letters and sends what waits"),
    }[status]


def _shown_books(books: ledger.Books) -> ShownBooks:
    shown = [
        Part(
            str(state),
            words.desk_word or words.word,
            words.shape,
            books.states[state],
            words.meaning,
        )
        for state in State
        if books.states.get(state)
        for words in (words_for(state),)
    ]
    total = ngettext(
        "%(letters)s letter",
        "%(letters)s letters",
        books.submitted,
        letters=format_decimal(books.submitted),
    )
    if not shown:
        return ShownBooks(0, [], _("No letters yet"))
    sums = " + ".join(f"{format_decimal(part.number)} {part.word}" for part in shown)
    return ShownBooks(books.submitted, shown, f"{total} = {sums}")


def _target_row(
    stored: StoredCampaign, target: campaigns.StoredTarget, states: Counter[State]
) -> dict[str, str | int | None]:
    waiting = states[State.QUEUED]
    pacing, timezone = stored.campaign.pacing, target.target.timezone
    first = next_open(pacing, timezone, max(target.next_slot_at, parts().now()))
    held = target.held_reason
    if target.withdrawn:
        held = _("no longer in the campaign")
    return {
        "name": target.target.name,
        "email": target.target.email,
        "waiting": sum(states[state] for state in _WAITING),
        "sent": sum(states[state] for state in _SENT),
        "delivered": states[State.DELIVERED],
        "bounced": sum(states[state] for state in _BAD),
        "next_slot_text": moment(first) if waiting else "",
        "ends_text": moment(leaves_at(pacing, timezone, first, waiting - 1)) if waiting else "",
        "held_reason": held,
    }


def _alarm_sentence(alarm: attention.Alarm) -> str:
    match alarm.kind:
        case attention.Kind.KEY_REFUSED:
            return _(
                "SendGrid refuses our key, so all sending has stopped. It said: %(words)s. Check "
                "SENDGRID_API_KEY; sending goes on by itself when the key works.",
                words=alarm.words,
            )
        case attention.Kind.UNREACHABLE:
            return _(
                "SendGrid cannot be reached (%(words)s). Letters wait and are tried again by "
                "themselves.",
                words=alarm.words,
            )
        case attention.Kind.TARGET_HELD:
            return _(
                "Sending to %(target)s has stopped. Its server said: %(words)s",
                target=alarm.target_name,
                words=alarm.words,
            )
