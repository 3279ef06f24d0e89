"""Write to everybody who wrote: a draft, a test to oneself, the number on the button, a pause."""

from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from flask import Response, make_response, render_template, request, url_for
from flask_babel import format_decimal
from markupsafe import Markup
from sqlalchemy import Connection

from letters.campaigns import store
from letters.campaigns.stored import StoredCampaign
from letters.intake.faults import Fault, Wrong, faults_in_body, faults_in_subject
from letters.intake.posted import BODY_MAX, Field
from letters.notices import mailings
from letters.notices.mailings import Audience, ChangedSince, Draft, Mailing, Sort, UnknownMailing
from letters.states import State
from letters.text.compose import line_feeds
from letters.updates import deliver, recipients, unsubscribe
from letters.updates.wording import notice_of
from webapp.desk.entry.door import acting, blueprint, signed_in
from webapp.desk.wording.done import done
from webapp.site import errors
from webapp.site.faults import sentence
from webapp.site.fields import trimmed
from webapp.site.guards.throttle import admit
from webapp.site.language import gettext as _
from webapp.site.language import ngettext
from webapp.site.posted import is_unreadable
from webapp.site.services import services
from webapp.site.wake import wake_worker
from webapp.site.words import moment, words_for

_BY_HAND: Final = (Sort.UPDATE, Sort.OUTCOME)
_WAITS: Final = frozenset({State.QUEUED, State.SENDING})


@dataclass(frozen=True, slots=True)
class _Row:
    """One mailing in the list."""

    id: str
    subject: str
    what: str
    stage: str
    at: Markup


@blueprint.get("/<slug>/updates")
def show_updates(slug: str) -> str:
    """Show a campaign's updates, outcomes and offices' answers to everybody."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
        found = mailings.of_campaign(connection, stored.id)
        counted = mailings.counts(connection, [each.id for each in found])
        stopped = len(unsubscribe.stopped(connection, stored.id))
    return render_template(
        "desk/updates.html",
        campaign=stored.campaign,
        rows=[_row(each, counted[each.id], stored) for each in found],
        stopped=stopped,
    )


@blueprint.get("/<slug>/updates/new")
def new_update(slug: str) -> Response:
    """Show the empty form."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
    return _form_page(stored, Draft(Sort.UPDATE, Audience.WRITERS, "", "", includes_later=False))


@blueprint.post("/<slug>/updates/new")
def write_update(slug: str) -> Response:
    """Keep a new draft, and lead to its preview."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
    return _keep(stored, None)


@blueprint.get("/<slug>/updates/<mailing_id>")
def show_update(slug: str, mailing_id: str) -> Response:
    """Show a draft as everybody would get it, or how far a mailing has come."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
        found = mailings.find(connection, stored.id, mailing_id)
        if found.released_at is not None:
            return _progress_page(connection, stored, found)
        number = recipients.number(connection, services().tokens, found)
    return _form_page(stored, found.draft, found, number=number)


@blueprint.post("/<slug>/updates/<mailing_id>")
def change_update(slug: str, mailing_id: str) -> Response:
    """Change, test, send or delete a draft; pause or resume what goes out."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
        found = mailings.find(connection, stored.id, mailing_id)
    do, now = request.form.get("do", ""), services().now()
    if do == "keep":
        return _keep(stored, mailing_id)
    if do == "test":
        return _test(stored, found)
    with services().database.write() as connection:
        match do:
            case "send":
                seen = request.form.get("seen", "")
                mailings.release(connection, stored.id, mailing_id, seen, now, acting())
            case "pause":
                mailings.pause(connection, stored.id, mailing_id, now, acting())
            case "resume":
                mailings.resume(connection, stored.id, mailing_id, now, acting())
            case "no-later":
                mailings.leave_out_later(connection, stored.id, mailing_id, now, acting())
            case "delete":
                mailings.throw_away(connection, stored.id, mailing_id)
            case _:
                raise UnknownMailing(do)
    wake_worker(services().redis)
    words = {
        "send": _("It is on its way. It takes its turn beside the letters, which come first."),
        "pause": _("It is paused: nothing more of it leaves."),
        "resume": _("It goes on."),
        "no-later": _("Whoever joins from now on does not get it."),
        "delete": _("The draft is deleted."),
    }[do]
    if do == "delete":
        return done(words, "desk.show_updates", slug=slug)
    return done(words, "desk.show_update", slug=slug, mailing_id=mailing_id)


@blueprint.errorhandler(UnknownMailing)
def _unknown(_error: UnknownMailing) -> Response:
    slug = (request.view_args or {})["slug"]
    return errors.page(
        HTTPStatus.CONFLICT if request.method == "POST" else HTTPStatus.NOT_FOUND,
        _("There is no such update"),
        _("Somebody may have sent, changed or deleted it meanwhile."),
        action=(url_for("desk.show_updates", slug=slug), _("Back to the updates")),
    )


@blueprint.errorhandler(ChangedSince)
def _changed(_error: ChangedSince) -> Response:
    where = request.view_args or {}
    return errors.page(
        HTTPStatus.CONFLICT,
        _("This has changed since you read it"),
        _("Nothing was sent. Please look at the preview once more."),
        action=(url_for("desk.show_update", **where), _("To the preview")),
    )


def _keep(stored: StoredCampaign, mailing_id: str | None) -> Response:
    draft, wrongs = _read()
    if wrongs:
        return _form_page(stored, draft, wrongs=wrongs, mailing_id=mailing_id)
    with services().database.write() as connection:
        mailing_id = mailings.keep(connection, stored.id, mailing_id, draft, services().now())
    return done("", "desk.show_update", slug=stored.campaign.slug, mailing_id=mailing_id)


def _test(stored: StoredCampaign, found: Mailing) -> Response:
    if found.released_at is not None:
        raise UnknownMailing(found.id)
    if not admit(services(), "test", services().settings.form_limit):
        return errors.page(
            HTTPStatus.TOO_MANY_REQUESTS, _("That was too often"), _("Please try again in an hour.")
        )
    email, now = signed_in().email, services().now()
    with services().database.write() as connection:
        deliver.send_test(connection, services().links, found, stored, email, now, acting())
    wake_worker(services().redis)
    sentence = _("A test is on its way to %(email)s.", email=email)
    return done(sentence, "desk.show_update", slug=stored.campaign.slug, mailing_id=found.id)


def _read() -> tuple[Draft, dict[str, list[str]]]:
    """Return what was typed, and what is wrong with it by its field."""
    form = request.form
    wrongs: dict[str, list[str]] = {}
    sort, audience = form.get("sort", ""), form.get("audience", "")
    if sort not in _BY_HAND:
        wrongs["sort"] = [_("Please choose what it is.")]
    if audience not in list(Audience):
        wrongs["audience"] = [_("Please choose whom it is for.")]
    subject, text = trimmed(form.get("subject")), line_feeds(form.get("text", ""))
    unreadable = frozenset(
        field
        for field, typed in ((Field.SUBJECT, subject), (Field.BODY, text))
        if is_unreadable(typed)
    )
    fault = next(faults_in_subject(subject, unreadable), None)
    if fault is not None:
        wrongs["subject"] = [_told(fault, _("Please give it a subject."))]
    fault = next(faults_in_body(text, BODY_MAX, unreadable), None)
    if fault is not None:
        wrongs["text"] = [_told(fault, _("Please write at least one sentence."))]
    draft = Draft(
        Sort(sort) if "sort" not in wrongs else Sort.UPDATE,
        Audience(audience) if "audience" not in wrongs else Audience.WRITERS,
        subject,
        text,
        includes_later="includes_later" in form,
    )
    return draft, wrongs


def _told(fault: Fault, missing: str) -> str:
    return missing if fault.wrong is Wrong.MISSING else sentence(fault)


def _form_page(
    stored: StoredCampaign,
    draft: Draft,
    found: Mailing | None = None,
    *,
    number: int = 0,
    wrongs: dict[str, list[str]] | None = None,
    mailing_id: str | None = None,
) -> Response:
    slug = stored.campaign.slug
    draft_id = found.id if found else mailing_id
    links = services().links
    page = render_template(
        "desk/update.html",
        campaign=stored.campaign,
        draft=draft,
        beside=wrongs or {},
        sorts=[(str(sort), _sort_word(sort)) for sort in _BY_HAND],
        audiences=[(str(each), _audience_word(each)) for each in Audience],
        preview=notice_of(draft, stored, links, f"{links.public_url}/u/…") if found else None,
        number=number,
        figure=format_decimal(number),
        asks_consent=bool(stored.campaign.opt_in),
        url=url_for("desk.change_update", slug=slug, mailing_id=draft_id)
        if draft_id
        else url_for("desk.write_update", slug=slug),
    )
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrongs else HTTPStatus.OK
    return make_response(page, status)


def _progress_page(connection: Connection, stored: StoredCampaign, found: Mailing) -> Response:
    counted = mailings.counts(connection, [found.id])[found.id]
    return make_response(
        render_template(
            "desk/update_sent.html",
            campaign=stored.campaign,
            row=_row(found, counted, stored),
            mailing=found,
            counts=[
                (words_for(state).word, format_decimal(counted[state]))
                for state in State
                if counted[state]
            ],
            is_by_office=found.target_id is not None,
            waits=found.done_at is None or any(counted[state] for state in _WAITS),
            url=url_for("desk.change_update", slug=stored.campaign.slug, mailing_id=found.id),
        )
    )


def _row(found: Mailing, counted: Counter[State], stored: StoredCampaign) -> _Row:
    subject, timezone = found.draft.subject, stored.campaign.timezone
    if found.target_id is not None:
        name = next(t.target.name for t in stored.targets if t.id == found.target_id)
        subject = _("%(name)s answers everybody who wrote", name=name)
        what = _("Passed on for an office")
    else:
        what = f"{_sort_word(found.draft.sort)} · {_audience_word(found.draft.audience)}"
    return _Row(
        found.id,
        subject,
        what,
        _stage(found, counted),
        moment(found.released_at or found.written_at, timezone),
    )


def _stage(found: Mailing, counted: Counter[State]) -> str:
    if found.released_at is None:
        return _("A draft: nobody has got it.")
    waiting, everybody = sum(counted[state] for state in _WAITS), counted.total()
    gone = everybody - waiting - counted[State.CANCELLED] - counted[State.FAILED]
    sentence = ngettext(
        "%(figure)s person has been sent it.",
        "%(figure)s people have been sent it.",
        gone,
        figure=format_decimal(gone),
    )
    more = ""
    if found.paused_at is not None:
        more = _("It is paused.")
    elif waiting or (found.done_at is None and not found.draft.includes_later):
        more = _("More are on their way.")
    elif found.done_at is None:
        more = _("Whoever joins gets it too.")
    return f"{sentence} {more}".rstrip()


def _sort_word(sort: Sort) -> str:
    return {
        Sort.UPDATE: _("An update"),
        Sort.OUTCOME: _("The outcome"),
        Sort.ANSWER: _("An office's answer"),
    }[sort]


def _audience_word(audience: Audience) -> str:
    return {
        Audience.WRITERS: _("for those who wrote"),
        Audience.NEWS: _("for those who agreed to hear more"),
    }[audience]
