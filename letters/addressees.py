"""Decide about a target that cannot be written to: stop, mend, release, name a successor."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, exists, insert, select, update
from sqlalchemy.exc import IntegrityError

from letters.addresses import is_address
from letters.compose import merge_values
from letters.intake import once
from letters.later_notices import question
from letters.merge import merge
from letters.posting import Purpose, post
from letters.states import Cause, State
from letters.storage import campaigns
from letters.storage.campaigns import StoredCampaign, StoredTarget, hold
from letters.storage.changes import Happening, apply, readdress
from letters.storage.schema import campaign, is_in, letter, submission, successor, target, writing
from letters.tokens import Tokens

DECIDE_WITHIN: Final = timedelta(days=14)
"""A letter whose writer does not decide about a successor expires after this time."""


BY_HAND: Final = "An organiser holds its letters."
"""Why a target is held that an organiser holds by hand."""


class CannotDecide(Exception):
    """The target or the letter is not such that this can be done; str() says why, in English.

    A page says `sentence` in its reader's language; `values` fill its places.
    """

    def __init__(self, sentence: str, **values: str) -> None:
        super().__init__(sentence.format(**values))
        self.sentence, self.values = sentence, values


def stop(connection: Connection, target_id: int, words: str, now: datetime) -> None:
    """Let nothing go to a target any more; `words` say why, the other side's own if it said any."""
    stopped = connection.execute(
        update(target)
        .where(target.c.id == target_id, target.c.held_reason.is_(None))
        .values(held_reason=words, held_at=now, alarmed_at=None)
    )
    if stopped.rowcount:
        hold(connection, target_id, now)


def hold_by_hand(connection: Connection, slug: str, email: str, now: datetime) -> None:
    """Let nothing go to a target until somebody says otherwise: an organiser asks for it.

    Raises UnknownCampaign, or CannotDecide where nothing goes to it anyway.
    """
    found = find(connection, slug, email)
    if not found.can_be_written_to(now):
        raise CannotDecide("Nothing goes to {name} as it is.", name=found.target.name)
    stop(connection, found.id, BY_HAND, now)
    # The organisers know: they did it.
    connection.execute(update(target).where(target.c.id == found.id).values(alarmed_at=now))


def release(connection: Connection, slug: str, email: str, now: datetime) -> int:
    """Let sending to a target go on; return how many letters are queued again.

    Raises UnknownCampaign, or CannotDecide where its time is over or it has been withdrawn.
    """
    found = find(connection, slug, email)
    if found.withdrawn:
        raise CannotDecide(
            "{name} is no longer in the campaign: add it again first.", name=found.target.name
        )
    if found.valid_before is not None and found.valid_before <= now:
        raise CannotDecide(
            "{name} may be written to until {day} only: change that first, or name a successor.",
            name=found.target.name,
            day=str(found.target.valid_until),
        )
    return _release(connection, found.id, now)


def change_address(
    connection: Connection, slug: str, email: str, new_email: str, now: datetime
) -> int:
    """Give a target its right address and let sending go on; return how many letters are queued.

    Raises UnknownCampaign, or CannotDecide where the address is none or another target's.
    """
    found = find(connection, slug, email)
    if not is_address(new_email):
        raise CannotDecide(
            "{email} is not an e-mail address: write it as name@host.org.", email=new_email
        )
    kept = campaigns.target_definition(replace(found.target, email=new_email))
    try:
        with connection.begin_nested():
            connection.execute(
                update(target)
                .where(target.c.id == found.id)
                .values(email=new_email, definition=kept)
            )
    except IntegrityError as error:
        raise CannotDecide(
            "Another target of this campaign has {email} already.", email=new_email
        ) from error
    return release(connection, slug, new_email, now)


def _release(connection: Connection, target_id: int, now: datetime) -> int:
    waiting = connection.execute(
        select(letter.c.id).where(letter.c.target_id == target_id, is_in(State.HELD))
    ).scalars()
    ids = list(waiting)
    connection.execute(select(letter.c.id).where(letter.c.id.in_(ids)).with_for_update())
    connection.execute(
        update(target)
        .where(target.c.id == target_id)
        .values(held_reason=None, held_at=None, alarmed_at=None, soft_failures=0)
    )
    return len(apply(connection, [Happening(i, Cause.RELEASE, now) for i in ids]))


def name_successor(
    connection: Connection, slug: str, email: str, successor_email: str, now: datetime
) -> None:
    """Name who follows a target; each writer whose letter waits is asked, and nothing moves.

    The successor has to be a target of the campaign already. Raises UnknownCampaign or
    CannotDecide.
    """
    left, follows = find(connection, slug, email), find(connection, slug, successor_email)
    if left.id == follows.id:
        raise CannotDecide("Nobody follows themselves: name another target.")
    if not follows.can_be_written_to(now):
        raise CannotDecide(
            "{name} cannot be written to: mend that first.", name=follows.target.name
        )
    stop(connection, left.id, f"{follows.target.name} has taken over", now)
    changed = connection.execute(
        update(successor)
        .where(successor.c.target_id == left.id)
        .values(successor_id=follows.id, named_at=now)
    )
    if not changed.rowcount:
        connection.execute(
            insert(successor).values(target_id=left.id, successor_id=follows.id, named_at=now)
        )
    # The organisers know: they did it.
    connection.execute(update(target).where(target.c.id == left.id).values(alarmed_at=now))


def find(connection: Connection, slug: str, email: str) -> StoredTarget:
    """Return a campaign's target by its address; raise UnknownCampaign or CannotDecide."""
    for stored in campaigns.find(connection, slug).targets:
        if stored.target.email.lower() == email.strip().lower():
            return stored
    raise CannotDecide(
        "{slug} has no target {email}: look at its targets on the desk.", slug=slug, email=email
    )


def successors(connection: Connection, stored: StoredCampaign) -> dict[int, StoredTarget]:
    """Return who follows whom in a campaign, by the id of who left."""
    targets = {t.id: t for t in stored.targets}
    rows = connection.execute(
        select(successor.c.target_id, successor.c.successor_id).where(
            successor.c.target_id.in_(list(targets))
        )
    )
    return {row.target_id: targets[row.successor_id] for row in rows}


def unasked(connection: Connection, most: int) -> list[str]:
    """Return submissions whose writer has not been asked whether a letter may go elsewhere."""
    found = connection.execute(
        select(letter.c.submission_id)
        .select_from(letter.join(successor, successor.c.target_id == letter.c.target_id))
        .where(is_in(State.HELD), letter.c.told == 0)
        .limit(most)
    ).scalars()
    return sorted({i for i in found if i is not None})


def ask(
    connection: Connection, tokens: Tokens, public_url: str, submission_id: str, now: datetime
) -> None:
    """Ask one writer whether letters that wait may go to successors."""
    rows = connection.execute(
        select(letter.c.id, letter.c.target_id)
        .where(letter.c.submission_id == submission_id, is_in(State.HELD), letter.c.told == 0)
        .where(exists().where(successor.c.target_id == letter.c.target_id))
        .order_by(letter.c.id)
        .with_for_update()
    ).all()
    if not rows:
        return  # another worker was here
    head = connection.execute(
        select(submission.c.email, campaign.c.slug)
        .select_from(submission.join(campaign))
        .where(submission.c.id == submission_id)
    ).one()
    if head.email:
        stored = campaigns.find(connection, head.slug)
        follows = successors(connection, stored)
        targets = {t.id: t.target for t in stored.targets}
        pairs = [(targets[row.target_id], follows[row.target_id].target) for row in rows]
        link = f"{public_url}/l/{tokens.receipt(submission_id)}"
        words = question(stored.campaign, link, pairs)
        post(connection, tokens, words, Purpose.QUESTION, head.email, now, stored.id, submission_id)
    connection.execute(
        update(letter).where(letter.c.id.in_([row.id for row in rows])).values(told=1)
    )


def undecided(connection: Connection, now: datetime, most: int) -> list[str]:
    """Return letters whose writer has not decided about a successor in time."""
    return list(
        connection.execute(
            select(letter.c.id)
            .select_from(letter.join(successor, successor.c.target_id == letter.c.target_id))
            .where(
                is_in(State.HELD),
                successor.c.named_at < now - DECIDE_WITHIN,
                letter.c.state_at < now - DECIDE_WITHIN,
            )
            .limit(most)
        ).scalars()
    )


def proposed_text(
    stored: StoredCampaign, text: str, left: StoredTarget, follows: StoredTarget
) -> str:
    """Return a letter's text with its salutation turned to the successor.

    A salutation that its writer changed stays as it is.
    """
    salutation = stored.campaign.letter.salutation
    before = merge(salutation, merge_values(left.target))
    after = merge(salutation, merge_values(follows.target))
    return after + text.removeprefix(before) if text.startswith(before) else text


def send_on(
    connection: Connection,
    submission_id: str,
    letter_id: str,
    subject: str,
    text: str,
    now: datetime,
) -> None:
    """Send a waiting letter to the successor, with the text that its writer agreed to.

    Raises CannotDecide where it does not wait for that any more, or its writer has a letter to the
    successor already.
    """
    row = connection.execute(
        select(letter.c.target_id, successor.c.successor_id, submission.c.address)
        .select_from(
            letter.join(successor, successor.c.target_id == letter.c.target_id).join(submission)
        )
        .where(
            letter.c.id == letter_id,
            letter.c.submission_id == submission_id,
            is_in(State.HELD),
        )
        .with_for_update(of=letter)
    ).first()
    if row is None:
        raise CannotDecide(
            "This letter does not wait for a decision any more: your page shows where it is."
        )
    key = once(row.successor_id, row.address)
    try:
        with connection.begin_nested():
            connection.execute(
                update(writing)
                .where(writing.c.letter_id == letter_id)
                .values(once=key, subject=subject, body=text, edited_at=now)
            )
    except IntegrityError as error:
        raise CannotDecide(
            "You have a letter to this office already: your page shows where it is."
        ) from error
    readdress(connection, letter_id, row.successor_id, now)
