"""Put what another system is to be told into the outbox: new consents, final states, answers.

The outbox is the table `dispatch`. A row holds ids only; the message is put together when it is
sent, so what has been erased meanwhile is not in it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, delete, exists, select, text

from letters.states import FINAL, Cause, State
from letters.storage.schema import Moment, dispatch, webhook
from letters.webhooks.delivery import KEPT
from letters.webhooks.message import Kind

_ENQUEUE: Final = text(
    "INSERT INTO dispatch (id, campaign_id, letter_id, kind, state, at, queued_at, due_at)"
    " VALUES (:id, :campaign_id, :letter_id, :kind, :state, :at, :queued_at, :due_at)"
    " ON CONFLICT (id) DO NOTHING"
).bindparams(
    bindparam("at", type_=Moment()),
    bindparam("queued_at", type_=Moment()),
    bindparam("due_at", type_=Moment()),
)


def enqueue(
    connection: Connection, records: Sequence[Row[*tuple[Any, ...]]], now: datetime
) -> None:
    """Put what `records` of history tell into the outbox of campaigns that have a webhook.

    A consent counts once its address is confirmed, or where the campaign asks for no confirmation.
    """
    hooked = set(connection.execute(select(webhook.c.campaign_id)).scalars())
    rows = [
        {
            "id": message_id,
            "campaign_id": record.campaign_id,
            "letter_id": record.letter_id,
            "kind": str(kind),
            "state": record.state,
            "at": record.at,
            "queued_at": now,
            "due_at": now,
        }
        for record in records
        if record.kind == "letter" and record.campaign_id in hooked
        for kind, message_id in _told_by(record)
    ]
    if rows:
        connection.execute(_ENQUEUE, rows)


def tell_answered(connection: Connection, campaign_id: int, letter_id: str, now: datetime) -> None:
    """Put into the outbox that a person has answered a letter: once, by the first answer."""
    is_hooked = select(exists().where(webhook.c.campaign_id == campaign_id))
    if connection.execute(is_hooked).scalar():
        row = {
            "id": f"answered-{letter_id}",
            "campaign_id": campaign_id,
            "letter_id": letter_id,
            "kind": str(Kind.ANSWERED),
            "state": "answered",
            "at": now,
            "queued_at": now,
            "due_at": now,
        }
        connection.execute(_ENQUEUE, row)


def _told_by(record: Row[*tuple[Any, ...]]) -> list[tuple[Kind, str]]:
    told = []
    is_first_word = record.cause == Cause.CONFIRM or (
        record.cause == Cause.WRITTEN and record.state != State.UNCONFIRMED
    )
    if is_first_word and record.opt_in_wording is not None:
        told.append((Kind.CONSENT, f"consent-{record.submission_id}"))
    if record.state in FINAL:
        told.append((Kind.STATE, f"state-{record.id}"))
    return told


def tell_of_consent(
    connection: Connection, campaign_id: int, submission_id: str, letter_id: str, now: datetime
) -> None:
    """Tell of a consent that was given on a receipt, where the campaign has a webhook."""
    if _set_at(connection, campaign_id) is not None:
        _put_consent(connection, Kind.CONSENT, campaign_id, submission_id, letter_id, now)


def tell_of_withdrawal(
    connection: Connection,
    campaign_id: int,
    submission_id: str,
    letter_id: str,
    now: datetime,
    *,
    given_at: datetime,
) -> None:
    """Tell that a consent is taken back, where it was told that it had been given."""
    set_at = _set_at(connection, campaign_id)
    if set_at is None:
        return
    told = (
        dispatch.c.id.like(f"consent-{submission_id}%"),
        dispatch.c.kind == str(Kind.CONSENT),
    )
    connection.execute(delete(dispatch).where(*told, dispatch.c.tries == 0))
    is_known = connection.execute(select(dispatch.c.id).where(*told).limit(1)).first() is not None
    # What was sent is remembered for a while only.
    is_long_ago = set_at <= given_at < now - KEPT
    if is_known or is_long_ago:
        _put_consent(connection, Kind.WITHDRAWAL, campaign_id, submission_id, letter_id, now)


def _set_at(connection: Connection, campaign_id: int) -> datetime | None:
    set_at: datetime | None = connection.execute(
        select(webhook.c.set_at).where(webhook.c.campaign_id == campaign_id)
    ).scalar()
    return set_at


def _put_consent(
    connection: Connection,
    kind: Kind,
    campaign_id: int,
    submission_id: str,
    letter_id: str,
    now: datetime,
) -> None:
    word = "consent" if kind is Kind.CONSENT else "withdrawal"
    connection.execute(
        _ENQUEUE,
        {
            "id": f"{word}-{submission_id}-{int(now.timestamp() * 1000)}"[:64],
            "campaign_id": campaign_id,
            "letter_id": letter_id,
            "kind": str(kind),
            "state": "",
            "at": now,
            "queued_at": now,
            "due_at": now,
        },
    )
