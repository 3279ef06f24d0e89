"""Say how much of a letter is its writer's own. It encourages and never refuses."""

from dataclasses import dataclass
from typing import Final

from webapp.site.language import gettext as _

THRESHOLDS: Final = (0.02, 0.15, 0.5, 0.85)
"""The shares from which on the next sentence is said."""


@dataclass(frozen=True, slots=True)
class Measure:
    """The share from 0 to 1, with its sentence."""

    share: float
    sentence: str


def measure(share: float) -> Measure:
    """Return the measure of a letter of which `share`, from 0 to 1, is the writer's own."""
    return Measure(share, sentences()[sum(share >= least for least in THRESHOLDS)])


def sentences() -> tuple[str, ...]:
    """Return the sentences from the least share to the greatest, one more than thresholds."""
    return (
        _("So far these are the campaign’s words. Add a sentence of your own."),
        _("A little of this letter is in your own words."),
        _("A good part of this letter is in your own words."),
        _("More than half of this letter is in your own words."),
        _("Nearly all of this letter is in your own words."),
    )
