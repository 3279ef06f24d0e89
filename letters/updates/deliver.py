"""Deliver what goes to many: a notice to each, in steps, by the sweep.

Each gets it once, whoever does this how often: two workers, or one that was killed on the way. A
step is one transaction, and one at a time in a campaign.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, exists, insert, or_, select, update

from letters.answers import office, take
from letters.books import locks
from letters.campaigns import store
from letters.campaigns.stored import StoredCampaign
from letters.mail.incoming import Content, Incoming
from letters.mail.kinds import Kind, Sign, Told
from letters.notices import mailings
from letters.notices.links import Links
from letters.notices.mailings import Audience, Mailing, Sort
from letters.notices.post import Purpose, known_as, post
from letters.record import Actor, Deed, record
from letters.storage.database import Database
from letters.storage.identity import new_id
from letters.storage.new_rows import NewRows
from letters.storage.schema import campaign, mailing, office_answer
from letters.updates import recipients
from letters.updates.wording import notice_of, test_of

AT_ONCE: Final = 200
"""In one step: others wait for the campaign meanwhile."""
MOST_STEPS: Final = 25
"""In one sweep: others wait for it."""
_AGAIN_AFTER: Final = timedelta(minutes=1)
_OVERLAP: Final = timedelta(minutes=1)
"""Whoever joined so long before a round began may have been stored after it."""
_BY_A_PERSON: Final = Told(Kind.PERSON, Sign.NONE)
_NOBODY: Final = "0" * 32


def due(connection: Connection, now: datetime) -> list[str]:
    """Return the mailings of which somebody may be missing, released answers of offices too."""
    running = (
        select(mailing.c.id)
        .where(
            mailing.c.released_at.is_not(None),
            mailing.c.paused_at.is_(None),
            mailing.c.done_at.is_(None),
            or_(
                mailing.c.began_at.is_(None),
                mailing.c.after_id > "",
                mailing.c.began_at <= now - _AGAIN_AFTER,
            ),
        )
        .order_by(mailing.c.id)
    )
    return sorted(
        {*connection.execute(_HANDED_IN).scalars(), *connection.execute(running).scalars()}
    )


def deliver(
    database: Database,
    links: Links,
    mailing_id: str,
    now: datetime,
    *,
    at_once: int = AT_ONCE,
    steps: int = MOST_STEPS,
) -> None:
    """Queue a mailing for those who have not got it: all, or as many as so many steps can."""
    for _ in range(steps):
        with database.write() as connection:
            if not _step(connection, links, mailing_id, now, at_once):
                return


def _step(
    connection: Connection, links: Links, mailing_id: str, now: datetime, at_once: int
) -> bool:
    """Queue it for some more; tell whether there may be others."""
    campaign_id = _campaign_of(connection, mailing_id)
    if campaign_id is None:
        return False
    # Whoever pauses it, or wants no more, holds this too: their word counts from then on.
    locks.take(connection, campaigns=[campaign_id])
    _take_over(connection, mailing_id)
    row = connection.execute(
        select(mailing, campaign.c.slug, campaign.c.ends_at)
        .select_from(mailing.join(campaign))
        .where(
            mailing.c.id == mailing_id,
            mailing.c.released_at.is_not(None),
            mailing.c.paused_at.is_(None),
            mailing.c.done_at.is_(None),
        )
    ).first()
    if row is None:
        return False
    found = mailings.read(row)
    if found.target_id is not None:
        return _pass_on(connection, found, found.target_id, now, at_once)
    began_at = row.began_at if row.after_id else now
    missing, last = recipients.missing(
        connection, links.tokens, found, row.after_id, row.since, at_once
    )
    stored = store.find(connection, row.slug)
    rows = NewRows()
    for each in missing:
        words = notice_of(found.draft, stored, links, links.updates(each.submission_id))
        rows.add_notice(
            new_id(now),
            campaign_id=campaign_id,
            submission_id=each.submission_id,
            at=now,
            to_email=each.email,
            subject=words.subject,
            body=words.body,
            purpose=str(Purpose.UPDATE),
            address=known_as(links.tokens, each.email),
            mailing_id=mailing_id,
            writer_key=recipients.writer_key(mailing_id, each.address),
        )
    if missing:
        rows.store(connection)
    reached: dict[str, object] = {"began_at": began_at, "after_id": last or ""}
    if last is None:
        is_over = row.ends_at is not None and row.ends_at <= now
        if found.draft.includes_later and not is_over:
            reached["since"] = began_at - _OVERLAP
        else:
            reached["done_at"] = now
    connection.execute(update(mailing).where(mailing.c.id == mailing_id).values(**reached))
    return last is not None


def _campaign_of(connection: Connection, mailing_id: str) -> int | None:
    for table in (mailing, office_answer):
        wanted = select(table.c.campaign_id).where(table.c.id == mailing_id)
        found: int | None = connection.execute(wanted).scalar()
        if found is not None:
            return found
    return None


def _take_over(connection: Connection, answer_id: str) -> None:
    """Make a mailing of an office's answer that an organiser has released, unless it is one."""
    row = connection.execute(
        select(office_answer).where(
            office_answer.c.id == answer_id, office_answer.c.id.in_(_HANDED_IN)
        )
    ).first()
    if row is not None:
        connection.execute(
            insert(mailing).values(
                id=row.id,
                campaign_id=row.campaign_id,
                sort=str(Sort.ANSWER),
                audience=str(Audience.WRITERS),
                target_id=row.target_id,
                subject="",
                text=row.text,
                written_at=row.came_at,
                released_at=row.released_at,
            )
        )


def _pass_on(
    connection: Connection, found: Mailing, target_id: int, now: datetime, at_once: int
) -> bool:
    """Queue an office's answer for some more of those whose letters arrived."""
    ids = office.unanswered(connection, target_id, found.id, at_once)
    mail = Incoming((), None, "", "", Content(found.draft.text))
    take.take_as(connection, ids, mail, _BY_A_PERSON, found.id, now, found.id)
    if len(ids) == at_once:
        return True
    done = update(mailing).where(mailing.c.id == found.id)
    connection.execute(done.values(began_at=now, done_at=now, text=None))
    done = update(office_answer).where(office_answer.c.id == found.id)
    connection.execute(done.values(done_at=now, text=None))
    return False


def send_test(
    connection: Connection,
    links: Links,
    found: Mailing,
    stored: StoredCampaign,
    email: str,
    now: datetime,
    by: Actor,
) -> None:
    """Queue a draft as a test, for the organiser who asks."""
    words = test_of(found.draft, stored, links, links.updates(_NOBODY))
    post(connection, links.tokens, words, Purpose.TEST, email, now)
    detail = f"{found.id}: {email}"
    record(connection, Deed.UPDATE_TESTED, now, by=by, campaign_id=found.campaign_id, detail=detail)


_HANDED_IN: Final = select(office_answer.c.id).where(
    office_answer.c.released_at.is_not(None),
    office_answer.c.done_at.is_(None),
    ~exists(select(mailing.c.id).where(mailing.c.id == office_answer.c.id)),
)
"""Answers of offices that are released, and of which no mailing has been made."""
