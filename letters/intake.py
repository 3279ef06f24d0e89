"""Take a supporter's letters into the books: one transaction, committed before the thank-you."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, bindparam, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from letters.addresses import canonical
from letters.campaign import Campaign, Confirm, Identical, Target
from letters.digest import is_untouched
from letters.later_notices import repeated
from letters.notices import first_notice
from letters.posting import NOTICE_EVERY, Purpose, may_be_mailed_about, post
from letters.states import NOT_LEFT, State
from letters.storage.campaigns import StoredCampaign
from letters.storage.changes import count_new, make_personal
from letters.storage.database import Database
from letters.storage.identity import new_id
from letters.storage.schema import history, is_in, letter, submission, writing
from letters.submission import Draft, Submission
from letters.tokens import Tokens

REMIND_AFTER: Final = timedelta(days=3)
"""A writer who has not confirmed by then is reminded, once."""
_TRIES: Final = 5
# Made once: to put a statement together takes longer than to run it, and others wait meanwhile.
_EARLIER: Final = select(submission.c.id).where(submission.c.token_id == bindparam("token_id"))
_TAKEN: Final = select(writing.c.once).where(writing.c.once.in_(bindparam("keys", expanding=True)))
_ADD_SUBMISSION: Final = insert(submission)
_ADD_LETTERS: Final = insert(letter)
_ADD_WRITINGS: Final = insert(writing)
_ADD_HISTORY: Final = insert(history)


def take(
    database: Database,
    tokens: Tokens,
    public_url: str,
    stored: StoredCampaign,
    new: Submission,
    now: datetime,
) -> None:
    """Store a submission and its letters, once for each canonical address and target.

    The same token again replaces the text while nothing has left and nobody has confirmed it, and
    is ignored afterwards. The answer is the same for a first submission and a repeated one: it
    tells a stranger nothing.
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
    earlier: str | None = connection.execute(_EARLIER, {"token_id": new.token_id}).scalar()
    if earlier is not None:
        _replace_texts(connection, stored, earlier, new, now)
        return
    address = canonical(new.email)
    keys = [once(draft.target_id, address) for draft in new.drafts]
    taken = set(connection.execute(_TAKEN, {"keys": keys}).scalars())
    drafts = [draft for draft, key in zip(new.drafts, keys, strict=True) if key not in taken]
    wants_notice = may_be_mailed_about(connection, tokens, stored.id, new.email, now)
    if not drafts:
        if wants_notice:
            _notify_about_latest(connection, tokens, public_url, stored, address, now)
        return
    must_confirm = new.must_confirm or stored.campaign.confirm is Confirm.BEFORE_SENDING
    remind_at = None
    if must_confirm:
        # Where this post may bring no mail, the link comes when it may.
        remind_at = now + (REMIND_AFTER if wants_notice else NOTICE_EVERY)
    submission_id = new_id(now)
    connection.execute(
        _ADD_SUBMISSION,
        {
            "id": submission_id,
            "campaign_id": stored.id,
            "token_id": new.token_id,
            "address": address,
            "name": new.name,
            "email": new.email,
            "postcode": new.postcode or None,
            "reason": new.reason or None,
            "points": list(new.points),
            "personal_share": new.personal_share,
            "opt_in_wording": (stored.campaign.opt_in or None) if new.opt_in else None,
            "submitted_at": now,
            "remind_at": remind_at,
        },
    )
    counted = _store_letters(
        connection, stored, submission_id, new, drafts, now, must_confirm=must_confirm
    )
    if wants_notice:
        _notify(
            connection,
            tokens,
            public_url,
            stored,
            submission_id,
            new.email,
            now,
            must_confirm=must_confirm,
        )
    # Last: every writer to one target waits for its row and its tally until the commit.
    count_new(connection, counted)


def once(target_id: int, address: str) -> str:
    """Return what is unique to one writer's letter to one target."""
    return f"{target_id}/{address}"


def _store_letters(
    connection: Connection,
    stored: StoredCampaign,
    submission_id: str,
    new: Submission,
    drafts: list[Draft],
    now: datetime,
    *,
    must_confirm: bool,
) -> list[tuple[int, State, bool]]:
    """Store the letters; return what there is to count."""
    address = canonical(new.email)
    targets = {t.id: t for t in stored.targets}
    letters, texts, records = [], [], []
    counted: list[tuple[int, State, bool]] = []
    for draft in drafts:
        letter_id = new_id(now)
        is_plain = _goes_in_digest(stored.campaign, targets[draft.target_id].target, new, draft)
        if must_confirm:
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
                "plain": int(is_plain),
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
        counted.append((draft.target_id, state, is_plain))
    connection.execute(_ADD_LETTERS, letters)
    connection.execute(_ADD_WRITINGS, texts)
    connection.execute(_ADD_HISTORY, records)
    return counted


def _goes_in_digest(campaign: Campaign, target: Target, new: Submission, draft: Draft) -> bool:
    return campaign.identical is Identical.DIGEST and is_untouched(
        campaign,
        target,
        name=new.name,
        postcode=new.postcode,
        subject=draft.subject,
        text=draft.text,
    )


def _replace_texts(
    connection: Connection,
    stored: StoredCampaign,
    submission_id: str,
    new: Submission,
    now: datetime,
) -> None:
    rows = connection.execute(
        select(letter.c.id, letter.c.target_id, letter.c.state)
        .where(letter.c.submission_id == submission_id, letter.c.kind == "letter")
        .order_by(letter.c.id)
        .with_for_update()
    ).all()
    confirmed = select(submission.c.confirmed_at).where(submission.c.id == submission_id)
    if connection.execute(confirmed).scalar() is not None:
        return  # the address's owner said yes to another text, and need not be who posts this one
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
            target = next(t.target for t in stored.targets if t.id == row.target_id)
            if not _goes_in_digest(stored.campaign, target, new, draft):
                make_personal(connection, row.id)
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


def _notify_about_latest(
    connection: Connection,
    tokens: Tokens,
    public_url: str,
    stored: StoredCampaign,
    address: str,
    now: datetime,
) -> None:
    latest = connection.execute(
        select(submission.c.id, submission.c.email, submission.c.confirmed_at)
        .where(submission.c.campaign_id == stored.id, submission.c.address == address)
        .order_by(submission.c.id.desc())
    ).first()
    if latest is None:
        return
    if _waits_for_a_yes(connection, latest.id):
        _notify(
            connection, tokens, public_url, stored, latest.id, latest.email, now, must_confirm=True
        )
        return
    notice = repeated(stored.campaign, f"{public_url}/l/{tokens.receipt(latest.id)}")
    post(connection, tokens, notice, Purpose.LINK, latest.email, now, stored.id, latest.id)


def _waits_for_a_yes(connection: Connection, submission_id: str) -> bool:
    waits = exists().where(letter.c.submission_id == submission_id).where(is_in(State.UNCONFIRMED))
    return bool(connection.execute(select(waits)).scalar())


def _notify(  # noqa: PLR0913 - what a first notice is made of
    connection: Connection,
    tokens: Tokens,
    public_url: str,
    stored: StoredCampaign,
    submission_id: str,
    email: str,
    now: datetime,
    *,
    must_confirm: bool,
) -> None:
    link = notice_link(public_url, tokens, submission_id, must_confirm=must_confirm)
    notice = first_notice(stored.campaign, link, must_confirm=must_confirm)
    post(connection, tokens, notice, Purpose.LINK, email, now, stored.id, submission_id)


def notice_link(public_url: str, tokens: Tokens, submission_id: str, *, must_confirm: bool) -> str:
    """Return the link that a first notice carries: to confirm, or to the receipt."""
    link = f"{public_url}/l/{tokens.receipt(submission_id)}"
    return f"{link}/confirm" if must_confirm else link
