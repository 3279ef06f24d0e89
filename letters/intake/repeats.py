"""Take what comes again: a form's token posted twice, or letters that were written already."""

from datetime import datetime

from sqlalchemy import Connection, exists, select, update

from letters.books import locks
from letters.books.changes import make_personal
from letters.campaign import Campaign, Identical, Target
from letters.campaigns.stored import StoredCampaign
from letters.notices.links import Links
from letters.notices.post import Purpose, post
from letters.notices.to_writers import first_notice, repeated
from letters.states import NOT_LEFT, State
from letters.storage.schema import is_in, letter, submission, writing
from letters.submission import Draft, Submission
from letters.text.digest import is_untouched


def replace_texts(
    connection: Connection,
    submission_id: str,
    new: Submission,
    now: datetime,
    plain: frozenset[int],
) -> None:
    """Let a token's later texts take the place of its earlier ones, where they still may.

    `plain` is which targets' letters go in a digest.
    """
    its_letters = (
        select(letter.c.id, letter.c.target_id, letter.c.state)
        .where(letter.c.submission_id == submission_id, letter.c.kind == "letter")
        .order_by(letter.c.id)
    )
    locks.take(connection, letters=connection.execute(its_letters).scalars().all())
    rows = connection.execute(its_letters).all()
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
    make_personal(connection, [row.id for row in rows if row.target_id in drafts.keys() - plain])
    locks.take(connection, submissions=[submission_id])
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


def remind_of_latest(
    connection: Connection,
    links: Links,
    stored: StoredCampaign,
    address: str,
    now: datetime,
) -> None:
    """Mail the link to what an address handed in last, when nothing that it posts now is new."""
    latest = connection.execute(
        select(submission.c.id, submission.c.email, submission.c.confirmed_at)
        .where(submission.c.campaign_id == stored.id, submission.c.address == address)
        .order_by(submission.c.id.desc())
    ).first()
    if latest is None:
        return
    if _waits_for_a_yes(connection, latest.id):
        link = links.first(latest.id, must_confirm=True)
        notice = first_notice(stored.campaign, link, must_confirm=True)
    else:
        link = links.first(latest.id, must_confirm=False)
        notice = repeated(stored.campaign, link)
    post(connection, links.tokens, notice, Purpose.LINK, latest.email, now, stored.id, latest.id)


def _waits_for_a_yes(connection: Connection, submission_id: str) -> bool:
    waits = exists().where(letter.c.submission_id == submission_id).where(is_in(State.UNCONFIRMED))
    return bool(connection.execute(select(waits)).scalar())


def goes_in_digest(campaign: Campaign, target: Target, new: Submission, draft: Draft) -> bool:
    """Tell whether a letter was left as it was offered, in a campaign that gathers those."""
    return campaign.identical is Identical.DIGEST and is_untouched(
        campaign,
        target,
        name=new.name,
        postcode=new.postcode,
        subject=draft.subject,
        text=draft.text,
    )
