"""Put the desk's figures into pictures, each with a sentence and a table that say the same."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime, format_timedelta
from flask_babel import format_decimal, format_percent, get_locale
from markupsafe import Markup

from letters.desk import figures
from letters.desk.figures import OverTime, Series, Step
from webapp.desk.figures import charts
from webapp.site.language import gettext as _
from webapp.site.language import ngettext

_MINUTE: Final = 60
_HOUR: Final = 3_600
_DAY: Final = 86_400
# From this long to the next; the last one has no end.
_SPEEDS_SECONDS: Final = (0, 10, _MINUTE, 10 * _MINUTE, _HOUR, 6 * _HOUR, _DAY)


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing with what stands around it."""

    key: str
    title: str
    sentence: str
    drawing: Markup
    axis: tuple[str, ...]
    """Numbers beside the drawing, from its top to its bottom."""
    below: tuple[str, ...]
    """Words under the drawing, from its start to its end."""
    columns: int
    """How many there are: a few are not drawn over the whole page."""
    legend: tuple[tuple[str, str], ...]
    """Pairs of a part's class and its name."""
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    """The table behind it; the first cell of each row names it."""


def pictures(read: Mapping[Series, Counter[int]], timezone: str) -> list[Picture]:
    """Return the pictures that there is something to draw for."""
    drawn = [_over_time(figures.over_time(read, timezone), timezone), _speed(read), _personal(read)]
    return [picture for picture in drawn if picture is not None]


def _over_time(told: OverTime, timezone: str) -> Picture | None:
    if not told.slices:
        return None
    zone = ZoneInfo(timezone)
    names = [_slice_name(told.step, each.begins_at.astimezone(zone)) for each in told.slices]
    title, busiest = {
        Step.HOUR: (_("Letters by the hour"), _("The busiest hour began %(when)s: %(letters)s.")),
        Step.DAY: (_("Letters by the day"), _("The busiest day was %(when)s: %(letters)s.")),
        Step.WEEK: (_("Letters by the week"), _("The busiest week began %(when)s: %(letters)s.")),
    }[told.step]
    most = max(range(len(names)), key=lambda n: told.slices[n].submitted)
    number = told.slices[most].submitted
    handed_in = ngettext(
        "%(letters)s letter handed in",
        "%(letters)s letters handed in",
        number,
        letters=format_decimal(number),
    )
    sentence = busiest % {"when": names[most], "letters": handed_in}
    pairs = [(each.submitted, each.delivered) for each in told.slices]
    words = [
        _(
            "%(when)s: %(handed_in)s handed in, %(delivered)s delivered",
            when=name,
            handed_in=format_decimal(whole),
            delivered=format_decimal(part),
        )
        for name, (whole, part) in zip(names, pairs, strict=True)
    ]
    return Picture(
        key="time",
        title=title,
        sentence=sentence,
        drawing=charts.columns(pairs, words),
        axis=_axis(max(map(max, pairs))),
        below=(names[0], names[-1]) if len(names) > 1 else (names[0],),
        columns=len(pairs),
        legend=(("column-whole", _("handed in")), ("column-part", _("delivered"))),
        head=(_("From"), _("Handed in"), _("Delivered")),
        rows=tuple(
            (name, format_decimal(each.submitted), format_decimal(each.delivered))
            for name, each in zip(names, told.slices, strict=True)
            if each.submitted or each.delivered
        ),
    )


def _axis(most: int) -> tuple[str, ...]:
    return tuple(format_decimal(number) for number in charts.ticks(most))


def _slice_name(step: Step, begins_at: datetime) -> str:
    form = "d MMM, HH:mm" if step is Step.HOUR else "d MMM"
    return str(format_datetime(begins_at, form, locale=get_locale()))


def _speed(read: Mapping[Series, Counter[int]]) -> Picture | None:
    told = figures.speed(read)
    if not told.deliveries:
        return None
    ends = [*_SPEEDS_SECONDS[1:], None]
    numbers = [told.between(a, b) for a, b in zip(_SPEEDS_SECONDS, ends, strict=True)]
    names = [
        _("under %(time)s", time=_length(end, short=True)) if end is not None else _("longer")
        for end in ends
    ]
    if told.half_within_seconds is None:
        sentence = _("Half of the deliveries took longer than a week.")
    elif told.slowest_tenth_seconds:
        sentence = _(
            "Half arrived within %(half)s of leaving; the slowest tenth took %(tenth)s or more.",
            half=_length(told.half_within_seconds),
            tenth=_length(told.slowest_tenth_seconds),
        )
    else:
        sentence = _(
            "Half arrived within %(half)s of leaving, and nearly all of the others too.",
            half=_length(told.half_within_seconds),
        )
    return Picture(
        key="speed",
        title=_("How fast they arrive"),
        sentence=sentence,
        drawing=charts.rises(
            numbers,
            [f"{name}: {format_decimal(n)}" for name, n in zip(names, numbers, strict=True)],
        ),
        axis=_axis(max(numbers)),
        # Up to how long: “under” on each would break its line where columns are slim.
        below=(*(_length(end, short=True) for end in _SPEEDS_SECONDS[1:]), _("longer")),
        columns=len(numbers),
        legend=(),
        head=(_("From leaving to arriving"), _("Letters")),
        rows=tuple(
            (name, format_decimal(number)) for name, number in zip(names, numbers, strict=True)
        ),
    )


def _length(seconds: int, *, short: bool = False) -> str:
    return str(
        format_timedelta(
            seconds,
            # A name is never rounded: 90 seconds are no 2 minutes.
            threshold=1 if short else 2,
            locale=get_locale(),
            format="narrow" if short else "long",
        )
    )


def _personal(read: Mapping[Series, Counter[int]]) -> Picture | None:
    told = figures.personal(read)
    if not told.letters:
        return None
    parts = (
        ("own", _("more than half their writer's own"), told.mostly_own),
        ("touched", _("some of it their writer's own"), told.touched - told.mostly_own),
        ("given", _("as we wrote it"), told.letters - told.touched),
    )
    return Picture(
        key="personal",
        title=_("Letters in people's own words"),
        sentence=ngettext(
            "%(own)s of %(all)s (%(share)s) says something of its writer's own.",
            "%(own)s of %(all)s (%(share)s) say something of their writers' own.",
            told.touched,
            own=format_decimal(told.touched),
            all=format_decimal(told.letters),
            share=format_percent(told.touched / told.letters),
        ),
        drawing=charts.shares([(kind, number) for kind, _name, number in parts]),
        axis=(),
        below=(),
        columns=0,
        legend=tuple(
            (f"fill-{kind}", f"{name}: {format_decimal(number)}") for kind, name, number in parts
        ),
        head=(_("Text when handed in"), _("Letters")),
        rows=tuple((name, format_decimal(number)) for _kind, name, number in parts),
    )
