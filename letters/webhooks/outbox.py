"""Tell another system of new consents and final states: what is due, and what became of it.

The outbox is the table `dispatch`. A row holds ids only; the message is put together when it is
sent, so what has been erased meanwhile is not in it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import (
    Connection,
    Row,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    text,
    update,
)

from letters.record import COMMAND_LINE, Actor, Deed, record
from letters.states import FINAL, Cause, State
from letters.storage.schema import Moment, campaign, dispatch, letter, submission, target, webhook
from letters.webhooks import message as webhook_message
from letters.webhooks.message import Kind, Message

GIVE_UP_AFTER: Final = timedelta(days=3)
_KEPT: Final = timedelta(days=30)  # what was sent is remembered, so no consent is told twice
_LEASE: Final = timedelta(minutes=2)
_MOST: Final = 50
_FIRST_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(hours=3)
_ENQUEUE: Final = text(
    "INSERT INTO dispatch (id, campaign_id, letter_id, kind, state, at, queued_at, due_at)"
    " VALUES (:id, :campaign_id, :letter_id, :kind, :state, :at, :queued_at, :due_at)"
    " ON CONFLICT (id) DO NOTHING"
).bindparams(
    bindparam("at", type_=Moment()),
    bindparam("queued_at", type_=Moment()),
    bindparam("due_at", type_=Moment()),
)


# What can go wrong with a post, beside a URL that is bad (public_url.WhyBad).
TIMED_OUT: Final = "timed-out"
UNREACHABLE: Final = "unreachable"
_ANSWERED: Final = "answered-"


def answered(status: int) -> str:
    """Return what went wrong where the receiver answered with a status that is no success."""
    return f"{_ANSWERED}{status}"


class NoWebhook(Exception):
    """The campaign has no webhook."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a campaign's messages go, and how it stands with them."""

    url: str
    secret: str
    trouble: str | None
    """What went wrong last, as a word of ours; None: nothing since the last success."""
    waiting: int
    sent: int
    """In the last 30 days, as all that follows."""
    given_up: int


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one post."""

    message: Message
    trouble: str | None
    """What went wrong, as a word of ours; None: it was taken."""


def put(
    connection: Connection, campaign_id: int, url: str, now: datetime, by: Actor = COMMAND_LINE
) -> str:
    """Set a campaign's webhook and return its secret, which a change of URL keeps."""
    # Its host says enough: what stands behind it can be a secret of the receiver's.
    host = urlsplit(url).hostname or ""
    record(connection, Deed.WEBHOOK_SET, now, by=by, campaign_id=campaign_id, detail=host)
    found: str | None = connection.execute(
        update(webhook)
        .where(webhook.c.campaign_id == campaign_id)
        .values(url=url, failures=0, not_before=None, trouble=None)
        .returning(webhook.c.secret)
    ).scalar()
    if found is not None:
        return found
    secret = webhook_message.new_secret()
    connection.execute(
        insert(webhook).values(campaign_id=campaign_id, url=url, secret=secret, set_at=now)
    )
    return secret


def find(connection: Connection, campaign_id: int) -> Webhook:
    """Return a campaign's webhook; raise NoWebhook."""
    row = connection.execute(select(webhook).where(webhook.c.campaign_id == campaign_id)).first()
    if row is None:
        raise NoWebhook
    counts: dict[bool | None, int] = dict(
        connection.execute(
            select(dispatch.c.was_taken, func.count())
            .where(dispatch.c.campaign_id == campaign_id)
            .group_by(dispatch.c.was_taken)
        ).all()
    )
    return Webhook(
        row.url,
        row.secret,
        row.trouble,
        waiting=counts.get(None, 0),
        sent=counts.get(True, 0),
        given_up=counts.get(False, 0),
    )


def remove(
    connection: Connection, campaign_id: int, now: datetime, by: Actor = COMMAND_LINE
) -> None:
    """Forget a campaign's webhook and what waits for it; raise NoWebhook."""
    connection.execute(delete(dispatch).where(dispatch.c.campaign_id == campaign_id))
    gone = connection.execute(delete(webhook).where(webhook.c.campaign_id == campaign_id))
    if gone.rowcount == 0:
        raise NoWebhook
    record(connection, Deed.WEBHOOK_REMOVED, now, by=by, campaign_id=campaign_id)


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
    is_long_ago = set_at <= given_at < now - _KEPT
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


def any_due(connection: Connection, now: datetime) -> bool:
    """Tell whether a message is due. Costs a look into a small index."""
    return bool(connection.execute(select(exists().where(dispatch.c.due_at <= now))).scalar())


def take_due(connection: Connection, now: datetime) -> list[Message]:
    """Return messages that are due, at most 50 a campaign; nobody else takes them meanwhile.

    A receiver that is in trouble gets one, to probe.
    """
    hooks = connection.execute(
        select(webhook.c.campaign_id, webhook.c.failures).where(
            webhook.c.not_before.is_(None) | (webhook.c.not_before <= now)
        )
    ).all()
    messages: list[Message] = []
    for campaign_id, failures in hooks:
        ids = (
            connection.execute(
                select(dispatch.c.id)
                .where(dispatch.c.campaign_id == campaign_id, dispatch.c.due_at <= now)
                .order_by(dispatch.c.due_at, dispatch.c.id)
                .limit(1 if failures else _MOST)
                .with_for_update(skip_locked=True)
            )
            .scalars()
            .all()
        )
        if not ids:
            continue
        connection.execute(
            update(dispatch)
            .where(dispatch.c.id.in_(ids))
            .values(due_at=now + _LEASE, tries=dispatch.c.tries + 1)
        )
        messages += _put_together(connection, ids)
    return messages


def _put_together(connection: Connection, ids: Sequence[str]) -> list[Message]:
    rows = connection.execute(
        select(
            dispatch,
            webhook.c.url,
            webhook.c.secret,
            campaign.c.slug,
            target.c.definition,
            submission.c.id.label("submission_id"),
            submission.c.name,
            submission.c.email,
            submission.c.postcode,
            submission.c.opt_in_wording,
            submission.c.opt_in_at,
            submission.c.submitted_at,
        )
        .select_from(
            dispatch.join(webhook)
            .join(campaign, campaign.c.id == dispatch.c.campaign_id)
            .join(letter, letter.c.id == dispatch.c.letter_id)
            .join(target, target.c.id == letter.c.target_id)
            .join(submission, submission.c.id == letter.c.submission_id)
        )
        .where(dispatch.c.id.in_(ids))
    ).all()
    erased = [row.id for row in rows if row.kind == Kind.CONSENT and row.opt_in_wording is None]
    if erased:
        connection.execute(delete(dispatch).where(dispatch.c.id.in_(erased)))
    return [
        Message(row.id, row.campaign_id, row.url, row.secret, _body(row))
        for row in rows
        if row.id not in erased
    ]


def _body(row: Row[*tuple[Any, ...]]) -> bytes:
    if row.kind in {Kind.STATE, Kind.ANSWERED}:
        data = webhook_message.state(
            slug=row.slug,
            letter_id=row.letter_id,
            state_name=row.state,
            written_at=row.submitted_at,
            at=row.at,
            role=row.definition["role"],
        )
        return webhook_message.body(Kind(row.kind), row.at, data)
    if row.kind == Kind.WITHDRAWAL:
        told = webhook_message.withdrawal(slug=row.slug, submission_id=row.submission_id, at=row.at)
        return webhook_message.body(Kind.WITHDRAWAL, row.at, told)
    data = webhook_message.consent(
        slug=row.slug,
        wording=row.opt_in_wording,
        given_at=row.opt_in_at or row.submitted_at,
        submission_id=row.submission_id,
        name=row.name,
        email=row.email,
        postcode=row.postcode,
    )
    return webhook_message.body(Kind.CONSENT, row.at, data)


def settle(connection: Connection, results: Sequence[Result], now: datetime) -> None:
    """Record what became of posts: what failed is tried again, later each time, for three days."""
    for result in results:
        this = dispatch.c.id == result.message.id
        if result.trouble is None:
            values: dict[str, object] = {"due_at": None, "ended_at": now, "was_taken": True}
            connection.execute(update(dispatch).where(this).values(**values))
        else:
            tries = connection.execute(select(dispatch.c.tries).where(this)).scalar() or 1
            connection.execute(update(dispatch).where(this).values(due_at=now + pause_after(tries)))
    for campaign_id in {result.message.campaign_id for result in results}:
        _settle_receiver(
            connection,
            campaign_id,
            [r.trouble for r in results if r.message.campaign_id == campaign_id],
            now,
        )
    connection.execute(delete(dispatch).where(dispatch.c.ended_at < now - _KEPT))


def _settle_receiver(
    connection: Connection, campaign_id: int, troubles: Sequence[str | None], now: datetime
) -> None:
    this = webhook.c.campaign_id == campaign_id
    last = next((trouble for trouble in troubles if trouble is not None), None)
    if last is None:
        connection.execute(
            update(webhook).where(this).values(failures=0, not_before=None, trouble=None)
        )
        return
    connection.execute(
        update(dispatch)
        .where(
            dispatch.c.campaign_id == campaign_id,
            dispatch.c.due_at.is_not(None),
            dispatch.c.queued_at < now - GIVE_UP_AFTER,
        )
        .values(due_at=None, ended_at=now, was_taken=False)
    )
    if None in troubles:  # it takes others: the trouble is that one message's own
        connection.execute(
            update(webhook).where(this).values(failures=0, not_before=None, trouble=last)
        )
        return
    failures = (connection.execute(select(webhook.c.failures).where(this)).scalar() or 0) + 1
    connection.execute(
        update(webhook)
        .where(this)
        .values(failures=failures, not_before=now + pause_after(failures), trouble=last)
    )


def pause_after(failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row: 5 s, 20 s, 80 s, … 3 h."""
    return min(_FIRST_PAUSE * float(4 ** min(failures - 1, 10)), _LONGEST_PAUSE)
