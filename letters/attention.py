"""Find what needs a person: troubles of the account, held targets, unknown and failed letters."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from sqlalchemy import Connection, select

from letters.states import State
from letters.storage import account
from letters.storage.campaigns import StoredCampaign
from letters.storage.schema import history, is_in, letter, target

_MOST = 50


class Kind(Enum):
    """What kind of trouble an alarm tells of."""

    KEY_REFUSED = auto()
    UNREACHABLE = auto()
    TARGET_HELD = auto()


@dataclass(frozen=True, slots=True)
class Alarm:
    """A trouble that a person should know of."""

    kind: Kind
    words: str
    """The other side's own words."""
    target_name: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A letter that waits for a person's word."""

    letter_id: str
    target_name: str
    since: datetime
    detail: str | None


def alarms(connection: Connection, stored: StoredCampaign, now: datetime) -> list[Alarm]:
    """Return what is wrong now."""
    found: list[Alarm] = []
    gate = account.look(connection)
    if gate.refused:
        found.append(Alarm(Kind.KEY_REFUSED, gate.trouble or ""))
    elif gate.since is not None and now - gate.since > account.ALARM_AFTER:
        found.append(Alarm(Kind.UNREACHABLE, gate.trouble or ""))
    found += [
        Alarm(Kind.TARGET_HELD, held.held_reason, held.target.name)
        for held in stored.targets
        if held.held_reason is not None
    ]
    return found


def unknown_letters(
    connection: Connection, campaign_id: int, now: datetime, grace_seconds: float
) -> list[Found]:
    """Return letters whose fate has been unknown for longer than the grace, oldest first."""
    rows = connection.execute(
        select(letter.c.id, target.c.definition, letter.c.state_at)
        .select_from(letter.join(target))
        .where(
            letter.c.campaign_id == campaign_id,
            is_in(State.UNKNOWN),
            letter.c.state_at <= now - timedelta(seconds=grace_seconds),
        )
        .order_by(letter.c.state_at)
        .limit(_MOST)
    )
    return [Found(i, definition["name"], at, None) for i, definition, at in rows]


def failed_letters(connection: Connection, campaign_id: int) -> list[Found]:
    """Return letters that SendGrid refused for good, newest first, with its words."""
    rows = connection.execute(
        select(letter.c.id, target.c.definition, letter.c.state_at, history.c.detail)
        .select_from(letter.join(target).join(history, history.c.letter_id == letter.c.id))
        .where(
            letter.c.campaign_id == campaign_id,
            is_in(State.FAILED),
            history.c.state == str(State.FAILED),
            history.c.at == letter.c.state_at,
        )
        .order_by(letter.c.state_at.desc())
        .limit(_MOST)
    )
    return [Found(i, definition["name"], at, detail) for i, definition, at, detail in rows]
