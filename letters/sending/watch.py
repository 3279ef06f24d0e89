"""Read what an operator watches: whether letters leave, and what waits for a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, or_, select

from letters.reasons import Hold
from letters.sending import gate as account
from letters.sending.claiming.due import next_due
from letters.sending.gate import Gate
from letters.states import State
from letters.storage.schema import account as account_table
from letters.storage.schema import campaign, event, letter, office, target


@dataclass(frozen=True, slots=True)
class Watched:
    """How sending stands at a moment."""

    gate: Gate
    claims: int
    """How many requests were ever begun."""
    due_seconds: float
    """For how long the letter has been due that has been due longest; 0: none is."""
    waiting_for_word: int
    """Letters that a person has to decide about."""
    heard_at: datetime | None
    """When SendGrid's latest event came; None: none ever did."""
    complaints: Mapping[str, int]
    """How many targets of each campaign sit at an office that reported a letter as unwanted."""


def watch(connection: Connection, now: datetime, grace_seconds: float) -> Watched:
    """Return how sending stands. It costs the same at any size, but for what waits for a word."""
    due_at = next_due(connection, now)
    heard = select(event.c.received_at).order_by(event.c.id.desc()).limit(1)
    complaints = (
        select(campaign.c.slug, func.count())
        .select_from(
            target.join(campaign, campaign.c.id == target.c.campaign_id).join(
                office, office.c.id == target.c.office_id
            )
        )
        .where(office.c.hold_reason == str(Hold.COMPLAINED), ~target.c.withdrawn)
        .group_by(campaign.c.slug)
    )
    return Watched(
        account.look(connection),
        connection.execute(select(account_table.c.claims)).scalar_one(),
        0.0 if due_at is None else max(0.0, (now - due_at).total_seconds()),
        waiting_for_word(connection, now, grace_seconds),
        connection.execute(heard).scalar(),
        dict(connection.execute(complaints).all()),
    )


def waiting_for_word(connection: Connection, now: datetime, grace_seconds: float) -> int:
    """Return how many letters a person has to decide about: unknown for long, or failed."""
    known_by = now - timedelta(seconds=grace_seconds)
    overdue = (letter.c.state == str(State.UNKNOWN)) & (letter.c.state_at <= known_by)
    return connection.execute(
        select(func.count()).where(
            letter.c.kind == "letter", or_(overdue, letter.c.state == str(State.FAILED))
        )
    ).scalar_one()
