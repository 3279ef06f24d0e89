"""Keep who changed what, and when.

Whatever changes something writes its line itself, in the same transaction, from what it did. The
record is only ever added to, and holds nothing of a supporter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, case, exists, insert, or_, select

from letters.storage.schema import audit, campaign, campaign_organiser

MOST_SHOWN: Final = 200
LONGEST: Final = 300
"""Characters of a line's detail. What is longer is cut: nobody can take the record out again."""
_STRANGERS_EVERY: Final = timedelta(minutes=1)


class Deed(StrEnum):
    """What somebody did."""

    CREATED = "created"
    CHANGED = "changed"
    STATUS = "status"
    ARCHIVED = "archived"
    TAKEN_OUT = "taken-out"
    """Out of the archive."""
    DELETED = "deleted"
    """A draft; its slug is told."""
    OVERRULED = "overruled"
    """A campaign is open though the check advises against it; which reasons there were."""
    PACED = "paced"
    TESTED = "tested"
    DECIDED = "decided"
    TARGET = "target"
    """A target has another address."""
    AREAS = "areas"
    """A look-up table was loaded."""
    ORGANISATION = "organisation"
    """An organisation was loaded or changed."""
    LIST = "list"
    """A list of people was loaded."""
    HELD = "held"
    RELEASED = "released"
    SUCCEEDED = "succeeded"
    SUCCESSOR_UNDONE = "successor-undone"
    GIVEN = "given"
    TAKEN = "taken"
    INVITED = "invited"
    REMOVED = "removed"
    SIGNED_IN = "signed-in"
    SIGNED_OUT = "signed-out"
    SESSION_ENDED = "session-ended"
    RESTORED = "restored"
    PASSKEY_ADDED = "passkey-added"
    PASSKEY_REMOVED = "passkey-removed"
    EXPORTED = "exported"
    SUGGESTED = "suggested"
    """An office asks for another address."""
    WISHED = "wished"
    """An office says how letters come to it."""
    OFFERED = "offered"
    """An office answers everybody; an organiser has to release it."""
    PASSED_ON = "passed-on"
    LET_BE = "let-be"
    """An organiser does not pass it on."""
    ANSWER = "answer"
    """Somebody said who wrote an answer."""
    UPDATE_SENT = "update-sent"
    """An organiser lets a mailing go to everybody it is for."""
    UPDATE_PAUSED = "update-paused"
    UPDATE_RESUMED = "update-resumed"
    UPDATE_CLOSED = "update-closed"
    """Whoever joins from now on does not get it."""
    UPDATE_TESTED = "update-tested"
    UPDATES_STOPPED = "updates-stopped"
    """A writer wants no more updates of a campaign."""
    UPDATES_REPORTED = "updates-reported"
    """A writer called our mail unwanted in their mail program; so there are no more updates."""
    UPDATES_WANTED = "updates-wanted"
    """A writer wants them again."""
    WEBHOOK_SET = "webhook-set"
    WEBHOOK_REMOVED = "webhook-removed"
    LETTERS_SOUGHT = "letters-sought"
    """Somebody looked for letters by a person's name or address; of how many is told, not whose."""
    LETTER_SHOWN = "letter-shown"
    """Somebody looked at one letter; its id is told."""
    PREVIEW_LINKED = "preview-linked"
    """Somebody made a link that shows a campaign to whoever has it, for some days."""
    WRITER_SHOWN = "writer-shown"
    """Somebody looked at what is kept of a writer; of how many submissions is told, not whose."""
    WRITER_LINKED = "writer-linked"
    WRITER_ERASED = "writer-erased"
    REFUSED = "refused"
    """Somebody tried what they may not do."""


class Door(StrEnum):
    """Where somebody came in who does something."""

    DESK = "desk"
    COMMAND_LINE = "command-line"
    OFFICE = "office"
    """By the link in its letters."""
    WRITER = "writer"
    """By the link that was mailed to them; no name is kept."""
    STRANGER = "stranger"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: an organiser, the command line, an office, a writer or a stranger."""

    door: Door
    name: str | None = None
    """The address of an organiser or of an office; of nobody else."""

    @classmethod
    def organiser(cls, email: str) -> "Actor":
        """Return an organiser at the desk."""
        return cls(Door.DESK, email)

    @classmethod
    def office(cls, email: str) -> "Actor":
        """Return an office that followed its own link."""
        return cls(Door.OFFICE, email)


COMMAND_LINE: Final = Actor(Door.COMMAND_LINE)
"""Whoever runs the machine. What is done in code without another word is done by them."""
WRITER: Final = Actor(Door.WRITER)
STRANGER: Final = Actor(Door.STRANGER)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log."""

    at: datetime
    by: str | None
    """The address of an organiser or an office; None: somebody else, as `door` says."""
    door: Door
    slug: str | None
    """None: it was about no campaign."""
    deed: Deed
    detail: str
    number: int
    """Its place in the record: later lines have higher ones."""

    def as_json(self) -> dict[str, str | None]:
        """Return the form that `postbag audit --json` prints."""
        return {
            "at": self.at.isoformat(),
            "by": self.by,
            "door": str(self.door),
            "campaign": self.slug,
            "deed": str(self.deed),
            "detail": self.detail,
        }


def record(
    connection: Connection,
    deed: Deed,
    now: datetime,
    *,
    by: Actor,
    campaign_id: int | None = None,
    detail: str = "",
) -> None:
    """Add a line, in the transaction of what it tells of."""
    connection.execute(
        insert(audit).values(
            at=now,
            actor=by.name,
            door=str(by.door),
            campaign_id=campaign_id,
            deed=str(deed),
            detail=_in_one_line(detail),
        )
    )


def record_refusal(connection: Connection, what: str, now: datetime, *, by: Actor) -> None:
    """Add that somebody was refused; `what` is a word of ours.

    Of strangers a line a minute at most: what they do could fill the record.
    """
    if by.door is Door.STRANGER and is_refusal_noted(connection, now):
        return
    record(connection, Deed.REFUSED, now, by=by, detail=what)


def is_refusal_noted(connection: Connection, now: datetime) -> bool:
    """Tell whether the line that strangers get in this minute is there."""
    recent = exists().where(audit.c.door == str(Door.STRANGER), audit.c.at > now - _STRANGERS_EVERY)
    return bool(connection.execute(select(recent)).scalar())


def _in_one_line(detail: str) -> str:
    shown = "".join(sign if sign.isprintable() else " " for sign in detail)
    return shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…"


@dataclass(frozen=True, slots=True)
class Sought:
    """Which lines of the record are wanted; what is not said does not matter."""

    deed: Deed | None = None
    by: str = ""
    """A part of the address of who did it."""
    since: datetime | None = None
    until: datetime | None = None
    """Before this moment."""
    older_than: int | None = None
    """Before the line with this number."""


_ANYTHING: Final = Sought()


def entries(
    connection: Connection,
    *,
    campaign_id: int | None = None,
    given_to: int | None = None,
    sought: Sought = _ANYTHING,
    most: int = MOST_SHOWN,
) -> list[Entry]:
    """Return the latest lines, newest first: of one campaign, or of all.

    `given_to`, an organiser's id, leaves out all but that organiser's campaigns.
    """
    wanted = (
        # Of what is deleted the address may be another campaign's by now.
        select(audit, case((campaign.c.deleted_at.is_(None), campaign.c.slug)).label("slug"))
        .select_from(audit.outerjoin(campaign))
        .where(*_conditions(sought))
        .order_by(audit.c.id.desc())
        .limit(most)
    )
    if campaign_id is not None:
        wanted = wanted.where(audit.c.campaign_id == campaign_id)
    if given_to is not None:
        wanted = wanted.where(
            audit.c.campaign_id.in_(
                select(campaign_organiser.c.campaign_id).where(
                    campaign_organiser.c.organiser_id == given_to
                )
            )
        )
    return [_entry(row) for row in connection.execute(wanted)]


def _conditions(sought: Sought) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if sought.deed is not None:
        found.append(audit.c.deed == str(sought.deed))
    if sought.by:
        found.append(audit.c.actor.icontains(sought.by, autoescape=True))
    if sought.since is not None:
        found.append(audit.c.at >= sought.since)
    if sought.until is not None:
        found.append(audit.c.at < sought.until)
    if sought.older_than is not None:
        found.append(audit.c.id < sought.older_than)
    return found


def of_address(
    connection: Connection,
    addresses: Sequence[str],
    deeds: Sequence[Deed],
    slugs: Sequence[str],
    most: int = 50,
) -> list[Entry]:
    """Return the latest lines of campaigns that begin with one of some addresses, newest first."""
    begins = or_(*(audit.c.detail.startswith(each, autoescape=True) for each in addresses))
    rows = connection.execute(
        select(audit, campaign.c.slug)
        .select_from(audit.join(campaign))
        .where(campaign.c.slug.in_(slugs), audit.c.deed.in_([str(deed) for deed in deeds]), begins)
        .order_by(audit.c.id.desc())
        .limit(most)
    )
    return [_entry(row) for row in rows]


def _entry(row: Row[*tuple[Any, ...]]) -> Entry:
    return Entry(
        row.at,
        row.actor,
        _door(row.door, row.actor),
        row.slug,
        Deed(row.deed),
        row.detail,
        row.id,
    )


def _door(kept: str | None, actor: str | None) -> Door:
    """Return the door; lines from before doors were kept tell it by who is named."""
    if kept is not None:
        return Door(kept)
    return Door.COMMAND_LINE if actor is None else Door.DESK
