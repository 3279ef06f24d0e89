"""One letter's page: where it is, what happened, and what a person may do about it."""

from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

from flask import Response, render_template, request, url_for
from sqlalchemy import Connection

from letters.campaigns import store
from letters.campaigns.stored import StoredCampaign
from letters.desk import organisers
from letters.desk.seek import one_letter
from letters.desk.seek.finding import may_be_named
from letters.desk.seek.one_letter import Letter, NoLetter
from letters.receipts import erasure, writers
from letters.receipts.writers import Kept
from letters.record import Deed, record
from letters.sending import settling
from webapp.desk.entry.door import acting, blueprint, signed_in
from webapp.desk.seek.news import answer_word, cause_word, purpose_word
from webapp.desk.wording.done import done
from webapp.desk.wording.words import reason_words
from webapp.site import errors
from webapp.site.language import gettext as _
from webapp.site.language import ngettext
from webapp.site.services import services
from webapp.site.wake import wake_worker
from webapp.site.words import moment, words_for

_Result = TypeVar("_Result")


@blueprint.get("/<slug>/letters/<letter_id>")
def show_letter(slug: str, letter_id: str) -> str | Response:
    """Show one letter. That somebody looked is in the record, by the letter's id."""
    found = _find(slug, letter_id)
    if found is None:
        return errors.not_found()
    stored, letter = found
    if request.method == "GET":
        with services().database.write() as connection:
            record(
                connection,
                Deed.LETTER_SHOWN,
                services().now(),
                by=acting(),
                campaign_id=stored.id,
                detail=letter_id,
            )
    zone = stored.campaign.timezone
    words = words_for(letter.state)
    return render_template(
        "desk/letter.html",
        campaign=stored.campaign,
        letter=letter,
        word=words.word,
        shape=words.shape,
        meaning=words.meaning,
        since=moment(letter.state_at, zone),
        submitted=moment(letter.submitted_at, zone),
        confirmed=moment(letter.confirmed_at, zone) if letter.confirmed_at else None,
        erased=moment(letter.erased_at, zone) if letter.erased_at else None,
        may_read=signed_in().is_admin,
        steps=[
            (
                moment(step.at, zone),
                words_for(step.state),
                " ".join(
                    part
                    for part in (
                        cause_word(step.cause) if step.cause else "",
                        reason_words(step.reason) if step.reason else "",
                    )
                    if part
                ),
                step.detail,
            )
            for step in letter.steps
        ],
        requests=[
            (
                moment(each.began_at, zone),
                answer_word(each.answer),
                reason_words(each.reason) if each.reason else "",
                each.detail,
                each.attempt_id,
            )
            for each in letter.requests
        ],
        news=[
            (
                moment(each.happened_at, zone),
                cause_word(each.cause) if each.cause else "",
                each.detail,
            )
            for each in letter.news
        ],
        mails=[
            (purpose_word(mail.purpose), words_for(mail.state), moment(mail.at, zone))
            for mail in letter.mails
        ],
    )


@blueprint.post("/<slug>/letters/<letter_id>")
def act_on_letter(slug: str, letter_id: str) -> Response:
    """Mail its writer the link again, or take a person's word about it."""
    found, word = _find(slug, letter_id), request.form.get("word", "")
    if found is None:
        return errors.not_found()
    stored, letter = found
    try:
        with services().database.write() as connection:
            sentence = _act(connection, stored, letter, word)
    except (settling.CannotSettle, ValueError):
        return errors.page(
            HTTPStatus.CONFLICT,
            _("There is nothing to decide about this letter any more"),
            _("News of it may have come in the meantime. The desk shows where it is now."),
            action=(
                url_for("desk.show_letter", slug=slug, letter_id=letter_id),
                _("Back to the letter"),
            ),
        )
    wake_worker(services().redis)
    return done(sentence, "desk.show_letter", slug=slug, letter_id=letter_id)


def _act(connection: Connection, stored: StoredCampaign, letter: Letter, word: str) -> str:
    """Do what `word` says; return what was done. Raises CannotSettle and ValueError."""
    now, seen = services().now(), request.form.get("attempt", "")
    match word:
        case "link":
            email = writers.address_of(connection, letter.submission_id)
            if email is None:
                raise settling.CannotSettle(settling.Doubt.ERASED)
            only = {stored.id}
            number = writers.mail_links(
                connection, services().links, email, now, by=acting(), within=only
            )
            return ngettext(
                "The link is on its way to the writer.",
                "%(num)s links are on their way to the writer.",
                number,
            )
        case "queue-again":
            settling.again(connection, letter.id, now, acting(), seen=seen)
        case _:
            settling.settle(connection, letter.id, settling.Word(word), now, acting(), seen=seen)
    return {
        "sent": _("The letter counts as sent."),
        "failed": _("The letter counts as failed."),
    }.get(word, _("The letter waits to be sent again."))


@blueprint.get("/<slug>/letters/<letter_id>/writer")
def show_writer(slug: str, letter_id: str) -> str | Response:
    """Show all that is kept of a letter's writer in the campaigns that one may see."""
    found = _find(slug, letter_id)
    if found is None:
        return errors.not_found()
    stored, letter = found
    if request.method == "HEAD":
        return ""  # nobody sees anything, so nobody has looked

    def look(connection: Connection, email: str, within: frozenset[int] | None) -> list[Kept]:
        return writers.of_address(connection, email, services().now(), by=acting(), within=within)

    kept = _for_writer(letter, look) or []
    with services().database.read() as connection:
        items = [_item(store.find(connection, each.receipt.campaign_slug), each) for each in kept]
    return render_template(
        "desk/writer.html", campaign=stored.campaign, letter=letter, items=items,
        may_read=signed_in().is_admin,
    )  # fmt: skip


@blueprint.post("/<slug>/letters/<letter_id>/writer")
def erase_writer(slug: str, letter_id: str) -> Response:
    """Erase a letter's writer in the campaigns that one may see."""
    found = _find(slug, letter_id)
    if found is None:
        return errors.not_found()

    def erase(connection: Connection, email: str, within: frozenset[int] | None) -> int:
        return writers.erase(connection, email, services().now(), by=acting(), within=within)

    try:
        number = _for_writer(found[1], erase) or 0
    except erasure.StillLeaving:
        return errors.page(
            HTTPStatus.CONFLICT,
            _("This could not be done"),
            _("A letter or a mail of theirs is leaving at this moment: try again in a minute."),
            action=(
                url_for("desk.show_writer", slug=slug, letter_id=letter_id),
                _("Back to the writer"),
            ),
        )
    erasure.forget_pages(services().database)
    sentence = ngettext(
        "%(num)s submission was erased. Its letters still count.",
        "%(num)s submissions were erased. Their letters still count.",
        number,
    )
    return done(sentence, "desk.show_letter", slug=slug, letter_id=letter_id)


def _find(slug: str, letter_id: str) -> tuple[StoredCampaign, Letter] | None:
    """Return a letter with its campaign; None: this campaign has no such letter."""
    with services().database.read() as connection:
        stored = store.find(connection, slug)
        try:
            return stored, one_letter.read(connection, letter_id, stored.id)
        except NoLetter:
            return None


def _for_writer(
    letter: Letter, do: Callable[[Connection, str, frozenset[int] | None], _Result]
) -> _Result | None:
    """Do something about a letter's writer, by their address; None: they have been erased."""
    with services().database.write() as connection:
        email = writers.address_of(connection, letter.submission_id)
        if email is None:
            return None
        return do(connection, email, organisers.only_open(connection, signed_in()))


def _item(stored: StoredCampaign, kept: Kept) -> dict[str, object]:
    """Return one submission as the page shows it: nothing of who it was before their yes."""
    receipt, about = kept.receipt, stored.campaign
    said_yes = receipt.confirmed_at is not None
    is_told = any(may_be_named(about, one.state, is_confirmed=said_yes) for one in receipt.letters)
    return {
        "slug": about.slug,
        "title": about.title,
        "is_told": is_told,
        "receipt": receipt,
        "submitted": moment(receipt.submitted_at, about.timezone),
        "letters": [(letter, words_for(letter.state)) for letter in receipt.letters],
        "repeats": kept.repeats if is_told else (),
        "repeats_number": len(kept.repeats),
    }
