"""Make a draft of a campaign that is there: everything but its letters."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, exists, select

from letters.campaign import Status
from letters.campaigns import store
from letters.files.faults import Flaw
from letters.files.rules import SLUG
from letters.record import COMMAND_LINE, Actor
from letters.storage.schema import campaign


class BadSlug(Exception):
    """No campaign can have this slug: `flaw` says why."""

    def __init__(self, slug: str, flaw: Flaw) -> None:
        super().__init__(slug)
        self.flaw = flaw


class SlugTaken(Exception):
    """Another campaign has this slug."""


def copy(
    connection: Connection, slug: str, new_slug: str, now: datetime, by: Actor = COMMAND_LINE
) -> int:
    """Make a draft with all that a campaign's organisers wrote, its targets too; return its id.

    Raises UnknownCampaign, ReservedSlug, BadSlug and SlugTaken.
    """
    flaw = SLUG.flaw(new_slug)
    if flaw is not None:
        raise BadSlug(new_slug, flaw)
    stored = store.find(connection, slug)
    if _is_taken(connection, new_slug):
        raise SlugTaken(new_slug)
    draft = replace(stored.campaign, slug=new_slug, status=Status.DRAFT)
    return store.load(connection, draft, now, by, made_of=slug)


def next_free(connection: Connection, slug: str) -> str:
    """Return a slug like `slug` that no campaign has."""
    number = 2
    while _is_taken(connection, _numbered(slug, number)):
        number += 1
    return _numbered(slug, number)


def _numbered(slug: str, number: int) -> str:
    return f"{slug[: SLUG.most - len(str(number)) - 1].rstrip('-')}-{number}"


def _is_taken(connection: Connection, slug: str) -> bool:
    return bool(connection.execute(select(exists().where(campaign.c.slug == slug))).scalar())
