"""Find letters: by their writer's address or name, by an id, by state and by target."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask import render_template, request, url_for
from flask_babel import format_decimal

from letters.books import ledger
from letters.campaigns import store
from letters.campaigns.stored import StoredCampaign
from letters.desk.seek import finding
from letters.desk.seek.finding import Asked, Found, Line, Place, Way
from letters.record import Deed, record
from letters.states import State
from letters.text.addresses import near_miss, read_address
from webapp.desk.entry.door import acting, blueprint
from webapp.site.language import gettext as _
from webapp.site.language import ngettext
from webapp.site.services import services
from webapp.site.words import moment, state_word, words_for

_LONGEST = 254
_MOST_CHOICES = 500


@blueprint.get("/<slug>/letters")
def find_letters(slug: str) -> str:
    """Show the letters that fit what was asked for, fifty a page.

    A list that nobody searched for names nobody. Who searches is in the record.
    """
    typed = request.args.get("q", "").strip()[:_LONGEST]
    with services().database.read() as connection:
        stored = store.find(connection, slug)
        asked = _asked(stored, typed)
        found = finding.find(connection, stored, asked)
        by_target = ledger.by_target(connection, stored.id)
    if found.way is not Way.ALL and request.method == "GET":
        with services().database.write() as connection:
            detail = f"{len(found.letters)}"
            record(
                connection,
                Deed.LETTERS_SOUGHT,
                services().now(),
                by=acting(),
                campaign_id=stored.id,
                detail=detail,
            )
    names = {t.id: t.target.name for t in stored.targets}
    return render_template(
        "desk/letters.html",
        campaign=stored.campaign,
        typed=typed,
        state=request.args.get("state", ""),
        target=request.args.get("target", ""),
        states=_states(by_target),
        targets=_choices(stored),
        are_many=len(stored.targets) > _MOST_CHOICES,
        sentence=_sentence(found, asked, by_target),
        hint=_hint(found, asked),
        meant=_meant(found, typed),
        rows=[_row(slug, line, names, stored.campaign.timezone) for line in found.letters],
        way=str(found.way),
        next_url=_next_url(slug, found),
    )


def _choices(stored: StoredCampaign) -> list[tuple[str, str]]:
    """Return address and name of each target; nobody where they are too many to choose from."""
    if len(stored.targets) > _MOST_CHOICES:
        return []
    return sorted({t.target.email: t.target.name for t in stored.targets}.items())


def _asked(stored: StoredCampaign, typed: str) -> Asked:
    state, target = request.args.get("state", ""), request.args.get("target", "").strip().lower()
    ids = frozenset(
        t.id for t in stored.targets if target in {t.target.email.lower(), t.target.name.lower()}
    )
    return Asked(
        typed,
        State(state) if state in list(State) else None,
        ids if target else None,
        Place.read(request.args.get("after", "")),
    )


def _states(by_target: Mapping[int, Counter[State]]) -> list[tuple[str, str, int]]:
    """Return each state that a letter is in, with its word and number."""
    total = sum(by_target.values(), Counter[State]())
    return [(str(state), state_word(state, total[state]), total[state]) for state in State
            if total[state]]  # fmt: skip


def _sentence(found: Found, asked: Asked, by_target: Mapping[int, Counter[State]]) -> str:
    if found.way is Way.ALL:
        number = sum(
            letters
            for target_id, states in by_target.items()
            for state, letters in states.items()
            if (asked.target_ids is None or target_id in asked.target_ids)
            and asked.state in {None, state}
        )
        return ngettext("%(figure)s letter", "%(figure)s letters", number, figure=_figure(number))
    number = len(found.letters)
    if not number and not (found.way is Way.NAME and found.next):
        return _("No letter of this campaign was found.")
    figure = f"{_figure(number)}+" if found.next and found.way is not Way.NAME else _figure(number)
    return ngettext("%(figure)s letter found", "%(figure)s letters found", number, figure=figure)


def _hint(found: Found, asked: Asked) -> str:
    """Return what whoever asks should know about how was looked."""
    is_narrowed = asked.state is not None or asked.target_ids is not None
    match found.way:
        case Way.NAME:
            looked = ngettext(
                "Names and addresses were compared in the %(figure)s letter with the latest news.",
                "Names and addresses were compared in the %(figure)s letters with the latest news.",
                found.looked_at,
                figure=_figure(found.looked_at),
            )
            if asked.after is not None:
                looked = ngettext(
                    "Names and addresses were compared in %(figure)s letter more.",
                    "Names and addresses were compared in %(figure)s letters more.",
                    found.looked_at,
                    figure=_figure(found.looked_at),
                )
            if found.next is None:
                return looked
            more = _("A whole address or an id finds a letter among all of them.")
            return f"{looked} {more}"
        case Way.ADDRESS if not found.letters:
            return " ".join(
                (
                    _("Capitals, dots and what follows a + make no difference."),
                    _("Of a writer who was erased nothing is found by address; a letter's id still "
                      "finds it."),
                    *([_("Only the state and the target chosen below were looked through.")]
                      if is_narrowed else []),
                )
            )  # fmt: skip
        case _:
            return ""


def _meant(found: Found, typed: str) -> str:
    """Return the address that was perhaps meant, where nothing was found."""
    if found.way is not Way.ADDRESS or found.letters:
        return ""
    return near_miss(read_address(typed)) or ""


def _row(slug: str, line: Line, names: Mapping[int, str], timezone: str) -> dict[str, object]:
    words = words_for(line.state)
    return {
        "url": url_for("desk.show_letter", slug=slug, letter_id=line.letter_id),
        "target": names.get(line.target_id, ""),
        "state": str(line.state),
        "word": words.word,
        "shape": words.shape,
        "since": moment(line.state_at, timezone),
        "name": line.name,
        "email": line.email,
    }


def _next_url(slug: str, found: Found) -> str:
    if found.next is None:
        return ""
    kept: dict[str, Any] = {
        name: request.args[name] for name in ("q", "state", "target") if request.args.get(name)
    }
    return url_for("desk.find_letters", slug=slug, **kept, after=str(found.next))


def _figure(number: int) -> str:
    return str(format_decimal(number))
