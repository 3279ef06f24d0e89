"""Decide about a target to which nothing goes: let sending go on, mend it, name who follows."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Final

from flask import Response, request, url_for
from flask_babel import format_decimal
from sqlalchemy import Connection

from letters.books import ledger
from letters.campaigns import store, targets
from letters.campaigns.stored import StoredCampaign, StoredTarget
from letters.campaigns.targets import CannotDecide, Objection
from letters.notices.alarms import came_back
from letters.offices import suppression
from letters.reasons import Hold
from letters.receipts import successors
from letters.states import NOT_LEFT, Cause, State
from letters.text.addresses import address_in
from webapp.desk import sure
from webapp.desk.entry.door import acting, blueprint
from webapp.desk.wording.done import done
from webapp.desk.wording.words import counted
from webapp.site import errors
from webapp.site.language import gettext as _
from webapp.site.language import ngettext
from webapp.site.services import services
from webapp.site.wake import wake_worker
from worker.wall.suppression import TakenOff, take_off

_MOST_HELD: Final = 20
_MOST_CHOICES: Final = 500


@dataclass(frozen=True, slots=True)
class Held:
    """A target to which nothing goes, as the desk shows it."""

    id: int
    name: str
    email: str
    reason: str
    waiting: int
    can_release: bool
    is_listed: bool
    """SendGrid may keep it on a list of addresses that it sends nothing to."""
    successor: str
    can_take_back: bool
    """No writer has been asked yet about the successor."""
    could_follow: bool
    """There is somebody who can be named to follow."""
    others: list[tuple[str, str]]
    """Id and name of each of them; nobody where they are too many to choose from."""


def held_targets(
    connection: Connection,
    stored: StoredCampaign,
    by_target: Mapping[int, Counter[State]],
    now: datetime,
) -> tuple[list[Held], int]:
    """Return the first targets that a person has to decide about, and how many more there are."""
    held = [
        target
        for target in stored.targets
        if not target.can_be_written_to(now)
        and (target.hold is not None or by_target.get(target.id, Counter[State]())[State.HELD])
    ]
    if not held:
        return [], 0
    follows = targets.successors(connection, stored)
    writable = [t for t in stored.targets if t.can_be_written_to(now)]
    choices = writable if len(writable) <= _MOST_CHOICES else []
    found: list[Held] = []
    for target in held[:_MOST_HELD]:
        waiting = counted(by_target.get(target.id, Counter[State]()), NOT_LEFT)
        after = follows.get(target.id)
        found.append(
            Held(
                target.id,
                target.target.name,
                target.target.email,
                _reason(connection, target),
                waiting,
                not target.withdrawn and _in_time(target, now) and after is None,
                target.hold in suppression.LISTED,
                "" if after is None else after.target.name,
                after is not None and successors.may_be_taken_back(connection, target.id),
                any(t.id != target.id for t in writable[:2]),
                [(str(t.id), t.target.name) for t in choices if t.id != target.id],
            )
        )
    return found, len(held) - len(found)


def _in_time(target: StoredTarget, now: datetime) -> bool:
    return target.valid_before is None or target.valid_before > now


def _reason(connection: Connection, target: StoredTarget) -> str:
    """Return the sentence, without its full stop, that says why nothing goes to a target."""
    if target.withdrawn:
        return _("No longer in the campaign")
    match target.hold:
        case None:
            return _("Its time is over")
        case Hold.BY_ORGANISER:
            return _("An organiser holds its letters")
        case Hold.SUCCEEDED:
            return _("Somebody has taken over")
        case Hold.COMPLAINED:
            what = _("It reported a letter as spam, so sending has stopped")
        case Hold.SUPPRESSED:
            what = _("SendGrid keeps its address on a list of those that it delivers nothing to")
        case Hold.STOPPED_BY_OFFICE:
            what = _("It asked for no more letters")
        case Hold.BOUNCED | Hold.SOFT_FAILURES:
            failed, of = came_back(connection, target.id)
            what = ngettext(
                "The last letter did not arrive, so sending has stopped",
                "%(failed)s of the last %(of)s letters did not arrive, so sending has stopped",
                of,
                failed=format_decimal(failed),
                of=format_decimal(of),
            )
    if not target.hold_words:
        return what
    return _(
        "%(what)s. The other side says: %(words)s", what=what, words=target.hold_words.rstrip(".")
    )


def objection_sentence(error: CannotDecide) -> str:
    """Return why a decision about a target cannot be taken, and what to do."""
    sentence = {
        Objection.NOTHING_GOES: _("Nothing goes to {name} as it is."),
        Objection.WITHDRAWN: _("{name} is no longer in the campaign: add it again first."),
        Objection.DRAFT: _(
            "Nothing goes to the office of {name}, whoever writes: this campaign is a draft, so "
            "let another one decide."
        ),
        Objection.TERM_OVER: _(
            "{name} may be written to until {day} only: change that first, or name a successor."
        ),
        Objection.NO_ADDRESS: _("{email} is not an e-mail address: write it as name@host.org."),
        Objection.ITSELF: _("Nobody follows themselves: name another target."),
        Objection.SUCCESSOR_HELD: _("{name} cannot be written to: mend that first."),
        Objection.NO_SUCCESSOR: _("Nobody has been named who follows {name}."),
        Objection.ASKED: _(
            "The first writers have been asked about {name} already: that cannot be undone."
        ),
        Objection.NO_TARGET: _("{slug} has no target {email}: look at its targets on the desk."),
    }[error.objection]
    return sentence.format(**error.values)


def _carry_on(slug: str, whom: str, word: str, now: datetime) -> None:
    """Do to the rest of the letters what was done to the first of them."""
    cause = Cause.RELEASE if word in {"release", "address", "undo-successor"} else Cause.HOLD
    is_offices = word == "release"
    targets.carry_on(services().database, slug, whom, cause, now, is_offices=is_offices)


@blueprint.post("/<slug>/target")
def decide(slug: str) -> Response:
    """Take an organiser's decision about a target, which is named by its id or its address."""
    whom, typed = request.form.get("target", ""), request.form.get("email", "").strip()
    other = address_in(typed) or typed
    word, now = request.form.get("word", ""), services().now()
    try:
        if (asked := _asked_first(slug, whom, word, other)) is not None:
            return asked
        if word == "release" and (listed := still_listed(slug, whom)):
            return _refused(slug, listed)
        with services().database.write() as connection:
            found = targets.find(connection, slug, whom)
            email, whom = found.target.email, str(found.id)
            match word:
                case "hold":
                    targets.hold_by_hand(connection, slug, whom, now, acting())
                case "release":
                    targets.release(connection, slug, whom, now, acting())
                case "address":
                    targets.change_address(connection, slug, whom, other, now, acting())
                case "successor":
                    targets.name_successor(connection, slug, whom, other, now, acting())
                case "undo-successor":
                    successors.take_back(connection, slug, whom, now, acting())
                case _:
                    return _refused(slug, _("Please choose one of the buttons on the desk."))
        _carry_on(slug, whom, word, now)
    except CannotDecide as error:
        return _refused(slug, objection_sentence(error))
    wake_worker(services().redis)
    sentence = {
        "hold": _("The letters to %(email)s are on hold.", email=email),
        "release": _("Sending to %(email)s goes on.", email=email),
        "address": _("The address is now %(email)s, and sending goes on.", email=other),
        "successor": _("Each writer whose letter waits is asked by mail."),
        "undo-successor": _("Nobody follows any more, and no writer has been asked."),
    }[word]
    return done(sentence, "desk.show", slug=slug)


def _asked_first(slug: str, whom: str, word: str, other: str) -> Response | None:
    """Return a page that asks, where it reaches many and nobody has been asked; None: go on."""
    if word not in {"release", "address", "successor"} or sure.is_sure():
        return None
    with services().database.read() as connection:
        stored = store.find(connection, slug)
        found = targets.find(connection, slug, whom)
        states = ledger.by_target(connection, stored.id).get(found.id, Counter())
        follows = targets.find(connection, slug, other) if word == "successor" else found
    number = sum(states[state] for state in NOT_LEFT)
    if number < sure.MANY:
        return None
    figure, back = format_decimal(number), url_for("desk.show", slug=slug)
    if word == "successor":
        question = ngettext(
            "Ask %(figure)s writer whether their letter may go to %(name)s?",
            "Ask %(figure)s writers whether their letters may go to %(name)s?",
            number,
            figure=figure,
            name=follows.target.name,
        )
        what = _(
            "Each gets a mail, which cannot be called back once it has left. Until the first has, "
            "you can undo it here."
        )
        return sure.ask(stored.campaign, question, what, _("Ask them"), back)
    to = other if word == "address" else found.target.name
    return sure.ask(stored.campaign, sure.let_go(number, to), sure.may_be_held(),
                    _("Let them go"), back)  # fmt: skip


def still_listed(slug: str, whom: str) -> str | None:
    """Take a target's office off SendGrid's lists; return why that could not be done, if so."""
    with services().database.read() as connection:
        email = targets.find(connection, slug, whom).target.email
        addresses = suppression.to_take_off(connection, email)
    if not addresses or request.form.get("taken_off"):
        return None
    match take_off(services().settings, addresses):
        case TakenOff.DONE:
            return None
        case TakenOff.MAY_NOT:
            return _(
                "Nothing goes to %(email)s yet: SendGrid may keep it on a list of addresses to"
                " which it delivers nothing, and our key may not take it off. Do that at SendGrid,"
                " under Suppressions, and say so on the desk when you let sending go on.",
                email=email,
            )
        case TakenOff.NO_ANSWER:
            return _(
                "Nothing goes to %(email)s yet: SendGrid was to take it off its list of addresses"
                " to which it delivers nothing, and did not answer. Try again later.",
                email=email,
            )


def _refused(slug: str, sentence: str) -> Response:
    return errors.page(
        HTTPStatus.CONFLICT,
        _("This could not be done"),
        sentence,
        action=(url_for("desk.show", slug=slug), _("Back to the desk")),
    )
