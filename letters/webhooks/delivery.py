"""Take out of the outbox what is due, and keep what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, exists, select, update

from letters.storage.schema import campaign, dispatch, letter, submission, target, webhook
from letters.webhooks import message as webhook_message
from letters.webhooks.message import Kind, Message

GIVE_UP_AFTER: Final = timedelta(days=3)
KEPT: Final = timedelta(days=30)
"""What was sent is remembered so long, so no consent is told twice."""
_LEASE: Final = timedelta(minutes=2)
_MOST: Final = 50
_FIRST_PAUSE: Final = timedelta(seconds=5)
_LONGEST_PAUSE: Final = timedelta(hours=3)

# What can go wrong with a post, beside a URL that is bad (public_url.WhyBad).
TIMED_OUT: Final = "timed-out"
UNREACHABLE: Final = "unreachable"
_ANSWERED: Final = "answered-"


def answered(status: int) -> str:
    """Return what went wrong where the receiver answered with a status that is no success."""
    return f"{_ANSWERED}{status}"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one post."""

    message: Message
    trouble: str | None
    """What went wrong, as a word of ours; None: it was taken."""


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
    connection.execute(delete(dispatch).where(dispatch.c.ended_at < now - KEPT))


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
