"""Take what comes to letters' own addresses: pass it on to the writer once, and count it.

Relay and answer are one transaction, and each message counts once for each letter, however often
it is posted and by however many processes it is taken at once.
"""

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from letters.answers.wording import relay_of
from letters.books import locks
from letters.campaigns.kept import campaign_of, target_of
from letters.mail.incoming import Incoming
from letters.mail.kinds import Kind, Told, refusal, told
from letters.notices.post import Purpose
from letters.storage.identity import new_id
from letters.storage.new_rows import NewRows
from letters.storage.schema import answer, attempt, campaign, letter, submission, target
from letters.tokens import BadToken, Tokens
from letters.webhooks import outbox

_MOST: Final = 20
"""Letters that one message can answer."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Door:
    """What tells a letter's own address from any other."""

    tokens: Tokens
    domain: str
    our_addresses: frozenset[str]
    """Those that we send from, in lower case."""


def letters_answered(door: Door, mail: Incoming) -> Sequence[str]:
    """Return the letters that a message answers, without a look into the database."""
    return addressed(door, mail, Tokens.read_reply)


def addressed(door: Door, mail: Incoming, read: Callable[[Tokens, str], str]) -> Sequence[str]:
    """Return what the addresses of a message stand for that `read` knows."""
    refused = refusal(mail, door.our_addresses, door.domain)
    if refused is not None:
        _log.info("a message was not passed on: %s", refused)
        return ()
    found: dict[str, None] = {}
    for address in mail.recipients:
        name, _, domain = address.strip("<> ").lower().rpartition("@")
        if domain != door.domain:
            continue
        try:
            found[read(door.tokens, name)] = None
        except BadToken:
            continue
    return [*found][:_MOST]


def take(connection: Connection, letter_ids: Sequence[str], mail: Incoming, now: datetime) -> int:
    """Queue the relay of an answer to each letter's writer; return how many are new.

    A second copy, and an answer to a letter whose writer was erased, change nothing.
    """
    return take_as(connection, letter_ids, mail, told(mail), digest_of(mail), now)


def take_as(
    connection: Connection,
    letter_ids: Sequence[str],
    mail: Incoming,
    kind: Told,
    digest: str,
    now: datetime,
    mailing_id: str | None = None,
) -> int:
    """Do the same for an answer of which it is known who wrote it, and what its copies share.

    One to many is a mailing, and its relays belong to that.
    """
    # Whoever erases locks the letters first, so a writer cannot be erased from here on.
    locks.take(connection, letters=letter_ids)
    return sum(
        _take(connection, i, mail, kind, digest, now, mailing_id) for i in sorted(letter_ids)
    )


def _take(
    connection: Connection,
    letter_id: str,
    mail: Incoming,
    kind: Told,
    digest: str,
    now: datetime,
    mailing_id: str | None,
) -> bool:
    row = connection.execute(
        select(
            letter.c.campaign_id,
            letter.c.target_id,
            letter.c.submission_id,
            letter.c.goes_together,
            submission.c.email,
            campaign.c.definition,
            target.c.definition.label("target"),
            attempt.c.claimed_at,
        )
        .select_from(
            letter.join(submission, submission.c.id == letter.c.submission_id)
            .join(campaign, campaign.c.id == letter.c.campaign_id)
            .join(target, target.c.id == letter.c.target_id)
            .outerjoin(attempt, attempt.c.id == letter.c.attempt_id)
        )
        .where(
            letter.c.id == letter_id, letter.c.kind == "letter", submission.c.erased_at.is_(None)
        )
    ).first()
    if row is None or row.email is None:
        return False
    relay_id = new_id(now)
    is_sqlite = connection.dialect.name == "sqlite"
    insert = sqlite.insert(answer) if is_sqlite else postgresql.insert(answer)
    added = connection.execute(
        insert.values(
            id=new_id(now),
            letter_id=letter_id,
            campaign_id=row.campaign_id,
            target_id=row.target_id,
            relay_id=None,
            digest=digest,
            kind=str(kind.kind),
            told_by=str(kind.by),
            came_at=now,
            took_seconds=None
            if row.claimed_at is None
            else max(0, int((now - row.claimed_at).total_seconds())),
        )
        .on_conflict_do_nothing(index_elements=[answer.c.letter_id, answer.c.digest])
        .returning(answer.c.id)
    ).scalar()
    if added is None:
        return False
    relay = relay_of(
        mail,
        kind.kind,
        target_of(row.target),
        campaign_of(row.definition).language,
        goes_together=bool(row.goes_together) and mailing_id is None,
    )
    rows = NewRows()
    rows.add_notice(
        relay_id,
        campaign_id=row.campaign_id,
        submission_id=row.submission_id,
        at=now,
        to_email=row.email,
        subject=relay.subject,
        body=relay.text,
        purpose=str(Purpose.ANSWER),
        address=None,  # no visitor brought it about, so it counts for no limit
        mailing_id=mailing_id,
    )
    rows.store(connection)
    connection.execute(update(answer).where(answer.c.id == added).values(relay_id=relay_id))
    if kind.kind is Kind.PERSON:
        outbox.tell_answered(connection, row.campaign_id, letter_id, now)
    return True


def digest_of(mail: Incoming) -> str:
    """Return what two copies of one message have in common, and nothing of what it says."""
    own_id = mail.header("message-id").strip()
    if len(own_id) > len("<@>"):
        parts = ["id", own_id]
    else:
        parts = ["text", mail.sender, mail.header("date"), mail.subject, mail.content.text]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
