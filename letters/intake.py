"""Take a supporter's letters into the books: one transaction, committed before the thank-you."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from letters.addresses import canonical
from letters.campaign import Confirm
from letters.notices import Notice, first_notice
from letters.states import NOT_LEFT, State
from letters.storage.campaigns import StoredCampaign
from letters.storage.changes import count_new
from letters.storage.database import Database
from letters.storage.identity import new_id
from letters.storage.schema import history, letter, submission, writing
from letters.submission import Draft, Submission
from letters.tokens import Tokens

NOTICE_EVERY: Final = timedelta(hours=24)
"""One address gets at most one notice about one campaign in this time, whatever is posted."""
_TRIES: Final = 5


def take(
    database: Database,
    tokens: Tokens,
    public_url: str,
    stored: StoredCampaign,
    new: Submission,
    now: datetime,
) -> None:
    """Store a submission and its letters, once for each canonical address and target.

    The same token again replaces the text while nothing has left, and is ignored afterwards. The
    answer is the same for a first submission and a repeated one: it tells a stranger nothing.
    Raises StorageUnavailable; nothing is stored then.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            with database.write() as connection:
                _take(connection, tokens, public_url, stored, new, now)
        except IntegrityError:
            # Another process stored the same token or address first. Now its rows can be seen.
            if not tries_left:
                raise
        else:
            return


def _take(
    connection: Connection,
    tokens: Tokens,
    public_url: str,
    stored: StoredCampaign,
    new: Submission,
    now: datetime,
) -> None:
    earlier: str | None = connection.execute(
        select(submission.c.id).where(submission.c.token_id == new.token_id)
    ).scalar()
    if earlier is not None:
        _replace_texts(connection, earlier, new, now)
        return
    address = canonical(new.email)
    drafts = [d for d in new.drafts if not _is_taken(connection, once(d.target_id, address))]
    wants_notice = not _noticed_lately(connection, stored.id, address, now)
    if not drafts:
        if wants_notice:
            _notify_about_latest(connection, tokens, public_url, stored, address, now)
        return
    submission_id = new_id(now)
    connection.execute(
        insert(submission).values(
            id=submission_id,
            campaign_id=stored.id,
            token_id=new.token_id,
            address=address,
            name=new.name,
            email=new.email,
            postcode=new.postcode or None,
            reason=new.reason or None,
            points=list(new.points),
            personal_share=new.personal_share,
            opt_in_wording=stored.campaign.opt_in
            if new.opt_in and stored.campaign.opt_in
            else None,
            submitted_at=now,
        )
    )
    _store_letters(connection, stored, submission_id, address, drafts, now)
    if wants_notice:
        _notify(connection, tokens, public_url, stored, submission_id, new.email, now)


def once(target_id: int, address: str) -> str:
    """Return what is unique to one writer's letter to one target."""
    return f"{target_id}/{address}"


def _is_taken(connection: Connection, key: str) -> bool:
    return bool(connection.execute(select(exists().where(writing.c.once == key))).scalar())


def _store_letters(
    connection: Connection,
    stored: StoredCampaign,
    submission_id: str,
    address: str,
    drafts: list[Draft],
    now: datetime,
) -> None:
    targets = {t.id: t for t in stored.targets}
    confirmed = stored.campaign.confirm is Confirm.NONE
    letters, texts, records = [], [], []
    counted: list[tuple[int, State]] = []
    for draft in drafts:
        letter_id = new_id(now)
        if not confirmed:
            state = State.UNCONFIRMED
        elif targets[draft.target_id].can_be_written_to(now):
            state = State.QUEUED
        else:
            state = State.HELD
        letters.append(
            {
                "id": letter_id,
                "kind": "letter",
                "campaign_id": stored.id,
                "target_id": draft.target_id,
                "submission_id": submission_id,
                "state": str(state),
                "state_at": now,
            }
        )
        texts.append(
            {
                "letter_id": letter_id,
                "once": once(draft.target_id, address),
                "subject": draft.subject,
                "body": draft.text,
            }
        )
        records.append({"letter_id": letter_id, "state": str(state), "cause": "written", "at": now})
        counted.append((draft.target_id, state))
    connection.execute(insert(letter), letters)
    connection.execute(insert(writing), texts)
    connection.execute(insert(history), records)
    count_new(connection, counted)


def _replace_texts(
    connection: Connection, submission_id: str, new: Submission, now: datetime
) -> None:
    rows = connection.execute(
        select(letter.c.id, letter.c.target_id, letter.c.state)
        .where(letter.c.submission_id == submission_id, letter.c.kind == "letter")
        .order_by(letter.c.id)
        .with_for_update()
    ).all()
    if not all(State(row.state) in NOT_LEFT for row in rows):
        return
    drafts = {draft.target_id: draft for draft in new.drafts}
    for row in rows:
        draft = drafts.get(row.target_id)
        if draft is not None:
            connection.execute(
                update(writing)
                .where(writing.c.letter_id == row.id)
                .values(subject=draft.subject, body=draft.text, edited_at=now)
            )
    connection.execute(
        update(submission)
        .where(submission.c.id == submission_id, submission.c.erased_at.is_(None))
        .values(
            name=new.name,
            reason=new.reason or None,
            points=list(new.points),
            personal_share=new.personal_share,
        )
    )


def _noticed_lately(connection: Connection, campaign_id: int, address: str, now: datetime) -> bool:
    return bool(
        connection.execute(
            select(
                exists()
                .where(letter.c.submission_id == submission.c.id)
                .where(letter.c.kind == "notice")
                .where(submission.c.campaign_id == campaign_id)
                .where(submission.c.address == address)
                .where(letter.c.id > new_id(now - NOTICE_EVERY)[:12])
            )
        ).scalar()
    )


def _notify_about_latest(
    connection: Connection,
    tokens: Tokens,
    public_url: str,
    stored: StoredCampaign,
    address: str,
    now: datetime,
) -> None:
    latest = connection.execute(
        select(submission.c.id, submission.c.email)
        .where(submission.c.campaign_id == stored.id, submission.c.address == address)
        .order_by(submission.c.id.desc())
    ).first()
    if latest is not None:
        _notify(connection, tokens, public_url, stored, latest.id, latest.email, now)


def _notify(
    connection: Connection,
    tokens: Tokens,
    public_url: str,
    stored: StoredCampaign,
    submission_id: str,
    email: str,
    now: datetime,
) -> None:
    link = f"{public_url}/l/{tokens.receipt(submission_id)}"
    if stored.campaign.confirm is Confirm.BEFORE_SENDING:
        link = f"{link}/confirm"
    post(connection, first_notice(stored.campaign, link), email, now, stored.id, submission_id)


def post(
    connection: Connection,
    notice: Notice,
    email: str,
    now: datetime,
    campaign_id: int | None = None,
    submission_id: str | None = None,
) -> str:
    """Queue a notice to one address; return its id."""
    notice_id = new_id(now)
    connection.execute(
        insert(letter).values(
            id=notice_id,
            kind="notice",
            campaign_id=campaign_id,
            submission_id=submission_id,
            state=str(State.QUEUED),
            state_at=now,
        )
    )
    connection.execute(
        insert(writing).values(
            letter_id=notice_id, to_email=email, subject=notice.subject, body=notice.body
        )
    )
    return notice_id
