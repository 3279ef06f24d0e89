"""Show one office over the campaigns that one may open, and decide about it in all of them."""

from http import HTTPStatus

from flask import Response, render_template, request, url_for
from flask_babel import format_decimal

from letters.campaign import Campaign
from letters.campaigns import store
from letters.campaigns.store import UnknownCampaign
from letters.campaigns.stored import StoredCampaign
from letters.desk import office as offices
from letters.desk.office import View, Word
from letters.offices.mailbox import Office
from letters.offices.suppression import LISTED
from letters.pacing.bundles import How
from letters.reasons import Hold
from letters.states import State
from webapp.desk import sure
from webapp.desk.entry.door import acting, blueprint, signed_in
from webapp.desk.record import deed_words, door_word
from webapp.desk.targets import still_listed
from webapp.desk.wording.done import done
from webapp.desk.wording.words import hold_words
from webapp.site import errors
from webapp.site.language import gettext as _
from webapp.site.language import ngettext
from webapp.site.services import services
from webapp.site.wake import wake_worker
from webapp.site.words import moment, state_word, words_for


@blueprint.get("/<slug>/office/<int:target_id>")
def show_office(slug: str, target_id: int) -> str:
    """Show the office of one of a campaign's targets."""
    stored, seen = _seen(slug, target_id)
    zone = stored.campaign.timezone
    words = deed_words()
    return render_template(
        "desk/office.html",
        campaign=stored.campaign,
        office=seen.office,
        hold="" if seen.office.hold is None else hold_words(seen.office.hold),
        hold_said=_said(seen.office),
        how=_how(How(seen.office.how)),
        held_at=moment(seen.office.held_at, zone) if seen.office.held_at else "",
        seats=[(seat, "" if seat.hold is None else hold_words(seat.hold)) for seat in seen.seats],
        states=[(state_word(state, n), n) for state in State if (n := seen.states[state])],
        buttons=_buttons(seen),
        is_listed=seen.office.hold in LISTED,
        told=[
            {
                "url": url_for("desk.show_letter", slug=each.slug, letter_id=each.letter_id),
                "word": words_for(each.state).word,
                "shape": words_for(each.state).shape,
                "at": moment(each.at, zone),
                "words": each.words,
            }
            for each in seen.told
        ],
        entries=[
            {
                "at": moment(entry.at, zone),
                "by": entry.by or door_word(entry.door),
                "deed": words[entry.deed],
                "slug": entry.slug,
                "detail": entry.detail,
            }
            for entry in seen.entries
        ],
        decide_url=url_for("desk.decide_office", slug=slug, target_id=target_id),
    )


@blueprint.post("/<slug>/office/<int:target_id>")
def decide_office(slug: str, target_id: int) -> Response:
    """Take an organiser's decision about an office, in each campaign that they may open."""
    stored, seen = _seen(slug, target_id)
    word = request.form.get("word", "")
    if word not in list(Word):
        return _refused(slug, target_id, _("Please choose one of the buttons on the desk."))
    decided = Word(word)
    email = next(seat.email for seat in seen.seats if seat.target_id == target_id)
    moves = seen.again if decided is Word.AGAIN else sum(seat.held for seat in seen.seats)
    if decided is not Word.HOLD and moves >= sure.MANY and not sure.is_sure():
        return _ask(stored.campaign, target_id, seen, decided, moves)
    if decided is Word.RELEASE and (listed := still_listed(slug, email)):
        return _refused(slug, target_id, listed)
    moved = offices.decide(services().database, seen, decided, services().now(), acting())
    wake_worker(services().redis)
    figure = format_decimal(moved)
    said = {
        Word.HOLD: ngettext("%(figure)s letter is on hold.", "%(figure)s letters are on hold.",
                            moved, figure=figure),
        Word.RELEASE: ngettext("%(figure)s letter waits its turn again.",
                               "%(figure)s letters wait their turn again.", moved, figure=figure),
        Word.AGAIN: ngettext("%(figure)s letter is queued once more.",
                             "%(figure)s letters are queued once more.", moved, figure=figure),
    }[decided]  # fmt: skip
    return done(said, "desk.show_office", slug=slug, target_id=str(target_id))


def _ask(campaign: Campaign, target_id: int, seen: View, word: Word, number: int) -> Response:
    """Return the page that asks before many letters are to leave."""
    back = url_for("desk.show_office", slug=campaign.slug, target_id=target_id)
    if word is Word.RELEASE:
        question, yes = sure.let_go(number, seen.office.address), _("Let them go")
    else:
        question = ngettext("Queue %(n)s letter again?", "Queue %(n)s letters again?", number,
                            n=format_decimal(number))  # fmt: skip
        yes = _("Queue them again")
    return sure.ask(campaign, question, sure.may_be_held(), yes, back)


def _seen(slug: str, target_id: int) -> tuple[StoredCampaign, View]:
    """Return campaign and office; raise UnknownCampaign where that is no target of it."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
        if not any(each.id == target_id and not each.withdrawn for each in stored.targets):
            raise UnknownCampaign(slug)
        return stored, offices.view(connection, target_id, signed_in().only_given)


def _said(office: Office) -> str:
    """Return what was said when it was held, and by whom; nothing where nothing was."""
    if not office.hold_words:
        return ""
    if office.hold is Hold.BY_ORGANISER:
        return _("Whoever held it says: %(words)s", words=office.hold_words)
    return _("The other side says: %(words)s", words=office.hold_words)


def _buttons(seen: View) -> list[tuple[str, str]]:
    """Return what can be decided, each with the number of letters that it moves."""
    queued = sum(seat.queued for seat in seen.seats)
    held = sum(seat.held for seat in seen.seats)
    found: list[tuple[str, str]] = []
    if not seen.is_open or held:
        figure = format_decimal(held)
        label = ngettext("Let %(n)s letter go", "Let %(n)s letters go", held, n=figure)
        found.append(("release", label))
    if seen.is_open:
        label = _("Hold what comes")
        if queued:
            figure = format_decimal(queued)
            label = ngettext("Hold %(n)s letter", "Hold %(n)s letters", queued, n=figure)
        found.append(("hold", label))
    if seen.again:
        label = ngettext(
            "Queue %(n)s letter again",
            "Queue %(n)s letters again",
            seen.again,
            n=format_decimal(seen.again),
        )
        found.append(("again", label))
    return found


def _how(how: How) -> str:
    return {
        How.EACH: "",
        How.DAILY: _("It asked for all letters of a day in one message."),
        How.WEEKLY: _("It asked for all letters of a week in one message."),
    }[how]


def _refused(slug: str, target_id: int, sentence: str) -> Response:
    return errors.page(
        HTTPStatus.CONFLICT,
        _("This could not be done"),
        sentence,
        action=(url_for("desk.show_office", slug=slug, target_id=target_id), _("Back to the desk")),
    )
