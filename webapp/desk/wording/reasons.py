"""Say in the reader's language why a campaign cannot go live, and the ways out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from flask_babel import format_date, format_decimal, format_timedelta

from letters.campaign import Campaign, Target
from letters.pacing.crowd import crowd
from letters.pacing.readiness import MOST_PER_HOUR, Kind, Reason, Remedy, Way
from letters.settings import Limit
from letters.text.first_lines import Oddity, odd_lines
from letters.text.paper.printed import unprintable
from webapp.action.made.pdf import printing_lack
from webapp.site.language import gettext as _
from webapp.site.language import ngettext

_MOST_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Told:
    """A reason in words: a sentence that names the figure, and two ways out."""

    kind: Kind
    what: str
    ways: tuple[str, str]

    def __str__(self) -> str:
        """Return all of it in one line."""
        return f"{self.what} {self.ways[0]} {self.ways[1]}"


def told(reason: Reason) -> Told:
    """Return a reason in the language of this request."""
    lasts = [way.last.date() for way in reason.ways if way.last is not None]
    same_day = len(lasts) > len(set(lasts))
    first, second = (_way(way, reason, with_time=same_day) for way in reason.ways)
    return Told(reason.kind, _what(reason), (first, second))


def cautions(campaign: Campaign) -> list[str]:
    """Return what is worth a look before a campaign goes live, a sentence for each letter."""
    odd = odd_lines(campaign)
    sentences = [
        _("The letter to %(name)s begins “%(line)s”.", name=one.target.name, line=one.line)
        + f" {_odd(one.oddity)}"
        for one in odd[:_MOST_SHOWN]
    ]
    more = len(odd) - len(sentences)
    if more:
        sentences.append(
            ngettext(
                "And %(figure)s more letter begins oddly.",
                "And %(figure)s more letters begin oddly.",
                more,
                figure=format_decimal(more),
            )
        )
    return [*sentences, *map(printing_lack, unprintable(campaign))]


def terms_over(over: Sequence[Target]) -> list[str]:
    """Return who cannot be written to any more, a sentence for each."""
    sentences = [
        _(
            "%(name)s could be written to until %(day)s only: the page leaves them out.",
            name=target.name,
            day=_day(target.valid_until),
        )
        for target in over[:_MOST_SHOWN]
    ]
    more = len(over) - len(sentences)
    if more:
        sentence = ngettext(
            "And %(figure)s more is left out.",
            "And %(figure)s more are left out.",
            more,
            figure=format_decimal(more),
        )
        sentences.append(sentence)
    return sentences


def crowd_sentence(limit: Limit, campaign: Campaign) -> str:
    """Return what becomes of many people behind one network, a school or a phone company."""
    found = crowd(limit.count, limit.period_seconds, campaign.pacing)
    return ngettext(
        "From one network, such as a school's, %(people)s person can write in %(period)s; others "
        "are asked to wait, and keep their text.",
        "From one network, such as a school's, %(people)s people can write in %(period)s; others "
        "are asked to wait, and keep their text.",
        found.people,
        people=format_decimal(found.people),
        period=format_timedelta(timedelta(seconds=found.period_seconds), threshold=2),
    ) + " " + _(
        "The last of their letters to one office has left after %(time)s of sending.",
        time=format_timedelta(found.leaves_within, threshold=1.2),
    )  # fmt: skip


def _odd(oddity: Oddity) -> str:
    match oddity:
        case Oddity.VACANT:
            return _("Nobody holds this seat: take it out.")
        case Oddity.TITLE_ALONE:
            return _("A title alone greets nobody: put the name behind it.")
        case Oddity.GREETED_TWICE:
            return _("The greeting is in the salutation already: leave it out there.")
        case Oddity.SURNAME_FIRST:
            return _("The surname comes first: turn it round.")
        case Oddity.CAPITALS:
            return _("It is in capitals: use small letters.")


def _what(reason: Reason) -> str:
    match reason.kind:
        case Kind.FLOOD:
            return _(
                "At %(figure)s letters an hour one office gets a letter every %(seconds)s seconds; "
                "at most %(most)s an hour are allowed.",
                figure=format_decimal(reason.per_hour),
                seconds=format_decimal(float(f"{3600 / reason.per_hour:.2g}")),
                most=format_decimal(MOST_PER_HOUR),
            )
        case Kind.OVER:
            return _("The last day of the campaign, %(day)s, is past.", day=_day(reason.ends))
        case Kind.TOO_LATE if not reason.letters:
            return _(
                "Even the first letter would leave on %(day)s, after the last day of the "
                "campaign, %(ends)s.",
                day=_day(reason.last_day),
                ends=_day(reason.ends),
            )
        case Kind.TOO_LATE:
            return _(
                "At %(figure)s an hour to each office the last of %(letters)s letters would leave "
                "on %(day)s, after the last day of the campaign, %(ends)s.",
                figure=format_decimal(reason.per_hour),
                letters=format_decimal(reason.letters),
                day=_day(reason.last_day),
                ends=_day(reason.ends),
            )


def _way(way: Way, reason: Reason, *, with_time: bool) -> str:
    figure = format_decimal(way.figure)
    match way.remedy:
        case Remedy.LOWER:
            sentence = _("Lower the figure to %(most)s an hour or less.", most=figure)
        case Remedy.USUAL:
            sentence = _(
                "Or spread the letters over more time: the usual %(usual)s an hour let an office "
                "read each.",
                usual=figure,
            )
        case Remedy.LATER_END if way.day is None:
            sentence = _("Choose a later last day.")
        case Remedy.LATER_END:
            sentence = _("Move the last day to %(day)s or later.", day=_day(way.day))
        case Remedy.NO_END:
            sentence = _("Or leave the last day empty.")
        case Remedy.FASTER:
            sentence = _("Or let %(figure)s letters an hour go to each office.", figure=figure)
        case Remedy.WIDER:
            sentence = _("Or let letters leave at any hour on every day.")
        case Remedy.FEWER:
            sentence = _("Or lower the goal to %(letters)s letters.", letters=figure)
    if way.last is None:
        return sentence
    return f"{sentence} {_then(way, way.last, reason, with_time=with_time)}"


def _then(way: Way, last: datetime, reason: Reason, *, with_time: bool) -> str:
    values = {"letters": format_decimal(reason.letters), "day": _day(last.date())}
    if with_time:
        values["day"] = _("%(day)s at %(time)s", day=_day(last.date()), time=f"{last:%H:%M}")
    if way.needs_later_end:
        return _(
            "The last of %(letters)s letters would leave on %(day)s, so move the last day there.",
            **values,
        )
    return _("The last of %(letters)s letters would leave on %(day)s.", **values)


def _day(day: date | None) -> str:
    return str(format_date(day, "long"))
