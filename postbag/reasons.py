"""Say in English why a campaign cannot go live, and the ways out."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from babel.dates import format_date, format_timedelta

from letters.campaign import Campaign, Target
from letters.campaigns.following import Gaps
from letters.organisation import Organisation
from letters.pacing.crowd import Crowd
from letters.pacing.readiness import MOST_PER_HOUR, Kind, Reason, Remedy, Way
from letters.text.first_lines import Oddity, odd_lines
from letters.text.paper.printed import unprintable

_MOST_SHOWN: Final = 20
_ODD: Final = MappingProxyType(
    {
        Oddity.VACANT: "nobody holds this seat, so take it out",
        Oddity.TITLE_ALONE: "a title alone greets nobody, so put the name behind it",
        Oddity.GREETED_TWICE: (
            "the greeting is in the salutation already, so leave “Dear” and the mark at its end out"
        ),
        Oddity.SURNAME_FIRST: "the surname comes first, so turn it round",
        Oddity.CAPITALS: "it shouts, so use small letters",
    }
)


def sentence(reason: Reason) -> str:
    """Return a reason with its two ways out, in one line."""
    return " ".join((what(reason), *ways(reason)))


def what(reason: Reason) -> str:
    """Return why a campaign cannot go live, with the figure."""
    match reason.kind:
        case Kind.FLOOD:
            return (
                f"At {reason.per_hour:,} letters an hour one office gets a letter every "
                f"{float(f'{3600 / reason.per_hour:.2g}'):g} seconds; at most {MOST_PER_HOUR} an "
                "hour are allowed."
            )
        case Kind.OVER:
            return f"The last day of the campaign, {_day(reason.ends)}, is past."
        case Kind.TOO_LATE if not reason.letters:
            return (
                f"Even the first letter would leave on {_day(reason.last_day)}, after the last day "
                f"of the campaign, {_day(reason.ends)}."
            )
        case Kind.TOO_LATE:
            return (
                f"At {reason.per_hour:,} an hour to each office the last of {reason.letters:,} "
                f"letters would leave on {_day(reason.last_day)}, after the last day of the "
                f"campaign, {_day(reason.ends)}."
            )


def ways(reason: Reason) -> tuple[str, str]:
    """Return the two ways out, and what comes of each."""
    lasts = [way.last.date() for way in reason.ways if way.last is not None]
    same_day = len(lasts) > len(set(lasts))
    first, second = (_way(way, reason, with_time=same_day) for way in reason.ways)
    return first, second


def cautions(campaign: Campaign) -> list[str]:
    """Return what is worth a look before a campaign goes live, a sentence for each letter."""
    odd = odd_lines(campaign)
    sentences = [
        f"The letter to {one.target.name} ({one.target.email}) begins “{one.line}”: "
        f"{_ODD[one.oddity]}."
        for one in odd[:_MOST_SHOWN]
    ]
    more = len(odd) - len(sentences)
    if more:
        sentences.append(f"And {more:,} more letters begin oddly.")
    sentences += [
        f"A PDF cannot show “{lack.character}” in the {lack.part}: its fonts have Latin, Greek, "
        "Cyrillic and Arabic letters. There is no PDF of this letter."
        for lack in unprintable(campaign)
    ]
    return sentences


def of_crowd(found: Crowd) -> str:
    """Return what becomes of many people behind one network."""
    period = format_timedelta(timedelta(seconds=found.period_seconds), threshold=2, locale="en")
    left = format_timedelta(found.leaves_within, threshold=1.2, locale="en")
    return (
        f"From one network, such as a school's, {found.people:,} people can write in {period} "
        "(FORM_LIMIT); others are asked to wait, and keep their text. The last of their letters to "
        f"one office has left after {left} of sending."
    )


def of_last(letters: int, last: datetime) -> str:
    """Return when the last letter would leave."""
    return f"The last of {letters:,} letters would leave about {_day(last.date())}."


def of_lacks(organisation: Organisation | None) -> list[str]:
    """Return what has to be said of whose campaign it is, a sentence for each; none: all is."""
    if organisation is None:
        return ["It is nobody's campaign: load whose it is with `postbag organisation load`."]
    return [
        f"The organisation {organisation.key} says no {lack}: add it to its file."
        for lack in organisation.lacks
    ]


def of_terms(over: Sequence[Target]) -> list[str]:
    """Return who cannot be written to any more, a sentence for each."""
    sentences = [
        f"{target.name} ({target.email}) could be written to until "
        f"{_day(target.valid_until)} only, so the page leaves them out."
        for target in over[:_MOST_SHOWN]
    ]
    more = len(over) - len(sentences)
    return sentences + ([f"And {more:,} more are left out."] if more else [])


def of_gaps(gaps: Gaps) -> list[str]:
    """Return what a campaign names and nobody has, a sentence for each."""
    sentences = [f"There is no list {name}: load it first." for name in gaps.lists]
    if gaps.table:
        sentences.append(f"There is no look-up table {gaps.table}: load it first.")
    sentences += [f"No target gets the version {key}: look at its `when`." for key in gaps.versions]
    if gaps.unserved:
        sentences.append(f"Nobody serves {_some(gaps.unserved)}: add who does, or a fallback.")
    if gaps.unknown:
        sentences.append(f"The look-up table has no area {_some(gaps.unknown)}: mend the areas.")
    return sentences


def _some(names: Sequence[str]) -> str:
    more = len(names) - _MOST_SHOWN
    return ", ".join(names[:_MOST_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def _way(way: Way, reason: Reason, *, with_time: bool) -> str:
    words = {
        Remedy.LOWER: f"Lower the figure to {way.figure:,} an hour or less.",
        Remedy.USUAL: (
            f"Or spread the letters over more time: the usual {way.figure:,} an hour let an office "
            "read each."
        ),
        Remedy.LATER_END: (
            "Choose a later last day."
            if way.day is None
            else f"Move the last day to {_day(way.day)} or later."
        ),
        Remedy.NO_END: "Or leave the last day empty.",
        Remedy.FASTER: f"Or let {way.figure:,} letters an hour go to each office.",
        Remedy.WIDER: "Or let letters leave at any hour on every day.",
        Remedy.FEWER: f"Or lower the goal to {way.figure:,} letters.",
    }[way.remedy]
    if way.last is None:
        return words
    return f"{words} {_then(way, way.last, reason, with_time=with_time)}"


def _then(way: Way, last: datetime, reason: Reason, *, with_time: bool) -> str:
    at = f" at {last:%H:%M}" if with_time else ""
    there = ", so move the last day there" if way.needs_later_end else ""
    day = _day(last.date())
    return f"The last of {reason.letters:,} letters would leave on {day}{at}{there}."


def _day(day: date | None) -> str:
    return format_date(day, "long", locale="en_GB")
