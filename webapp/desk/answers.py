"""Show what came back: who answered, how soon, and what waits longest. Not what they say."""

from dataclasses import dataclass
from http import HTTPStatus

from flask import Response, render_template, request, url_for
from flask_babel import format_decimal, format_timedelta
from markupsafe import Markup

from letters.answers import correct, figures, office
from letters.answers.correct import UnknownAnswer
from letters.answers.figures import Answered, Came
from letters.books import ledger
from letters.campaign import Replies
from letters.campaigns import store
from letters.mail.kinds import Kind, Sign
from webapp.desk.entry.door import acting, blueprint
from webapp.desk.wording.done import done
from webapp.site import errors
from webapp.site.language import gettext as _
from webapp.site.language import ngettext
from webapp.site.services import services
from webapp.site.wake import wake_worker
from webapp.site.words import ago, moment

_A_MINUTE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class _Row:
    """One answer in the list."""

    id: str
    letter_id: str
    target_name: str
    is_person: bool
    words: str
    at: Markup


@blueprint.get("/<slug>/answers")
def show_answers(slug: str) -> str:
    """Show one campaign's answers."""
    now = services().now()
    with services().database.read() as connection:
        stored = store.find(connection, slug)
        all_of_them = figures.of_campaign(connection, stored.id)
        of_each = figures.by_target(connection, stored.id)
        waiting = figures.waiting(connection, stored.id)
        newest = figures.newest(connection, stored.id)
        kinds = ledger.answers(connection, stored.id)
        to_all = office.offered(connection, stored.id)
    return render_template(
        "desk/answers.html",
        campaign=stored.campaign,
        is_off=stored.campaign.replies is Replies.DIRECT or not services().settings.reply_domain,
        sentence=_sentence(all_of_them, kinds.get(Kind.AUTOMATIC, 0)),
        targets=[
            (t.target.name, format_decimal(found.letters), _time(found))
            for t in stored.targets
            if (found := of_each.get(t.id)) is not None
        ],
        waiting=[
            (w.letter_id, w.target_name, w.since.isoformat(), ago(w.since, now)) for w in waiting
        ],
        rows=[_row(came) for came in newest],
        to_all=to_all,
        release_url=url_for("desk.release_answer", slug=slug),
        correct_url=url_for("desk.correct_answer", slug=slug),
    )


@blueprint.post("/<slug>/answers")
def correct_answer(slug: str) -> Response:
    """Take an organiser's word on who wrote an answer."""
    try:
        kind = Kind(request.form.get("kind", ""))
        with services().database.write() as connection:
            stored = store.find(connection, slug)
            answer_id, now = request.form.get("answer", ""), services().now()
            correct.put_right(connection, stored.id, answer_id, kind, now, acting())
    except (UnknownAnswer, ValueError):
        return errors.page(
            HTTPStatus.CONFLICT,
            _("There is no such answer"),
            _("Its writer may have been erased, or the page may be old."),
            action=(url_for("desk.show_answers", slug=slug), _("Back to the answers")),
        )
    return done(_("The answer is counted as you said."), "desk.show_answers", slug=slug)


@blueprint.post("/<slug>/answers/release")
def release_answer(slug: str) -> Response:
    """Pass an office's one answer on to everybody who wrote, or do not."""
    answer_id, now = request.form.get("answer", ""), services().now()
    releases = request.form.get("word") == "release"
    with services().database.write() as connection:
        stored = store.find(connection, slug)
        is_there = office.decide(connection, stored.id, answer_id, now, acting(), releases=releases)
    if not is_there:
        return errors.page(
            HTTPStatus.CONFLICT,
            _("There is no such answer"),
            _("Somebody may have decided about it already."),
            action=(url_for("desk.show_answers", slug=slug), _("Back to the answers")),
        )
    if releases:
        wake_worker(services().redis)
    sentence = (
        _("The answer goes to everybody who wrote.")
        if releases
        else _("The answer goes to nobody.")
    )
    return done(sentence, "desk.show_answers", slug=slug)


def _sentence(answered: Answered, automatic: int) -> str:
    by_people = ngettext(
        "A person has answered %(num)s letter.",
        "People have answered %(num)s letters.",
        answered.letters,
    )
    if answered.median_seconds is not None:
        by_people = _(
            "%(sentence)s Half of them within %(time)s.", sentence=by_people, time=_time(answered)
        )
    by_programs = ngettext(
        "%(num)s answer came from a program.", "%(num)s answers came from programs.", automatic
    )
    return f"{by_people} {by_programs}"


def _time(answered: Answered) -> str:
    if answered.median_seconds is None:
        return "–"
    if answered.median_seconds < _A_MINUTE_SECONDS:
        return _("a minute")
    return str(format_timedelta(answered.median_seconds, threshold=1.2))


def _row(came: Came) -> _Row:
    return _Row(
        came.id,
        came.letter_id,
        came.target_name,
        came.kind is Kind.PERSON,
        _sign(came.told_by),
        moment(came.at),
    )


def _sign(sign: Sign) -> str:
    return {
        Sign.AUTO_SUBMITTED: _("it says so itself (Auto-Submitted)"),
        Sign.RETURN_PATH: _("it wants no answer (empty return path)"),
        Sign.X_AUTOREPLY: _("it says so itself (X-Autoreply)"),
        Sign.PRECEDENCE: _("it is sent like mass mail (Precedence)"),
        Sign.WORDS: _("it reads like one"),
        Sign.NONE: _("nothing in it says otherwise"),
        Sign.BY_HAND: _("an organiser said so"),
    }[sign]
