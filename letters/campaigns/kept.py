"""Read the files of campaigns and targets as they are kept."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache

from letters.campaign import Campaign, Pacing, Target
from letters.files.campaign_file import read_campaign


@lru_cache(maxsize=256)
def _parsed(definition: str) -> Campaign:
    return read_campaign(definition)


def campaign_of(definition: str) -> Campaign:
    """Return the campaign in a stored definition, with its status and targets of that time."""
    return _parsed(definition)


def pacing_of(definition: str) -> Pacing:
    """Return the pacing in a stored definition."""
    return _parsed(definition).pacing


def target_of(kept: Mapping[str, object]) -> Target:
    """Return the target in what is kept of one."""
    until, attributes = kept["valid_until"], kept.get("attributes")
    return Target(
        name=str(kept["name"]),
        email=str(kept["email"]),
        salutation=str(kept["salutation"]),
        role=str(kept["role"]),
        address=str(kept["address"]),
        timezone=str(kept["timezone"]),
        areas=tuple(map(str, kept["areas"])) if isinstance(kept["areas"], list) else (),
        valid_until=None if until is None else date.fromisoformat(str(until)),
        attributes=tuple(sorted(attributes.items())) if isinstance(attributes, dict) else (),
        of_list=str(kept.get("list", "")),
    )
