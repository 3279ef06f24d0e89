"""Ask writers whether a letter that waits may go to whoever follows its target."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Final

from sqlalchemy import Connection, Row, exists, select, update
from sqlalchemy.exc import IntegrityError

from letters.books import locks
from letters.books.changes import apply, readdress
from letters.books.happenings import Happening
from letters.campaigns import store, targets
from letters.campaigns.stored import StoredCampaign, StoredTarget
from letters.campaigns.targets import CannotDecide, Objection
from letters.notices.foot import foot
from letters.notices.links import Links
from letters.notices.post import Purpose, post
from letters.notices.to_writers import question
from letters.offices import mailbox
from letters.record import COMMAND_LINE, Actor
from letters.states import Cause, State
from letters.storage.identity import first_id
from letters.storage.schema import campaign, is_in, letter, notice, submission, successor, writing
from letters.submission import writer_key
from letters.text import compose
from letters.text.compose import merge_values
from letters.text.merge import merge
from letters.text.versions import letter_for

DECIDE_WITHIN: Final = timedelta(days=14)
"""A letter whose writer does not decide about a successor expires after this time."""
_NOT_GONE: Final = frozenset({State.QUEUED, State.CANCELLED})
"""Where a mail is that nobody has got."""


class Obstacle(Enum):
    """Why a letter cannot be sent on."""

    NOT_WAITING = auto()
    """It does not wait for a decision any more."""
    HAS_WRITTEN = auto()
    """Its writer has a letter to the successor already."""


class CannotSendOn(Exception):
    """A letter cannot go to the successor. The page says why."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle.name)
        self.obstacle = obstacle


def unasked(connection: Connection, most: int) -> list[str]:
    """Return submissions whose writer has not been asked whether a letter may go elsewhere."""
    found = connection.execute(
        select(letter.c.submission_id)
        .select_from(letter.join(successor, successor.c.target_id == letter.c.target_id))
        .where(is_in(State.HELD), letter.c.told == 0)
        .limit(most)
    ).scalars()
    return sorted({i for i in found if i is not None})


def ask(connection: Connection, links: Links, submission_ids: Sequence[str], now: datetime) -> None:
    """Ask writers whether letters of these submissions that wait may go to successors."""
    unasked_letters = select(letter.c.id, letter.c.target_id).where(
        letter.c.submission_id.in_(submission_ids), is_in(State.HELD), letter.c.told == 0
    )
    rows = connection.execute(unasked_letters).all()
    # The targets too: whoever takes a successor back has theirs, and nobody is asked after that.
    locks.take(
        connection, letters=[row.id for row in rows], targets={row.target_id for row in rows}
    )
    for submission_id in submission_ids:
        _ask(connection, links, submission_id, now)


def _ask(connection: Connection, links: Links, submission_id: str, now: datetime) -> None:
    rows = connection.execute(
        select(letter.c.id, letter.c.target_id)
        .where(letter.c.submission_id == submission_id, is_in(State.HELD), letter.c.told == 0)
        .where(exists().where(successor.c.target_id == letter.c.target_id))
        .order_by(letter.c.id)
    ).all()
    if not rows:
        return  # another worker was here
    head = connection.execute(
        select(submission.c.email, campaign.c.slug)
        .select_from(submission.join(campaign))
        .where(submission.c.id == submission_id)
    ).one()
    if head.email:
        stored = store.find(connection, head.slug)
        follows = targets.successors(connection, stored)
        people = {t.id: t.target for t in stored.targets}
        pairs = [(people[row.target_id], follows[row.target_id].target) for row in rows]
        link = links.receipt(submission_id)
        words = question(stored.campaign, link, pairs, foot=foot(stored, links))
        post(
            connection,
            links.tokens,
            words,
            Purpose.QUESTION,
            head.email,
            now,
            stored.id,
            submission_id,
        )
    connection.execute(
        update(letter).where(letter.c.id.in_([row.id for row in rows])).values(told=1)
    )


def may_be_taken_back(connection: Connection, target_id: int) -> bool:
    """Tell whether no writer has been asked yet about whoever follows a target."""
    return all(State(row.state) in _NOT_GONE for row in _questions(connection, target_id))


def take_back(
    connection: Connection, slug: str, email: str, now: datetime, by: Actor = COMMAND_LINE
) -> int:
    """Let nobody follow a target any more; return how many letters are queued again.

    It may be done until the first mail to a writer has left, and those that wait are withdrawn.
    Raises UnknownCampaign or CannotDecide.
    """
    left = targets.find(connection, slug, email)
    questions = _questions(connection, left.id)
    asked = [row.submission_id for row in questions]
    told = connection.execute(
        select(letter.c.id).where(
            letter.c.submission_id.in_(asked), is_in(State.HELD), letter.c.told == 1
        )
    ).scalars()
    held = mailbox.waiting(connection, [left.id], State.HELD, mailbox.PART).get(left.id, [])
    again = {*told}
    locks.take(
        connection,
        letters={*again, *held, *(row.id for row in questions)},
        offices=[targets.office_of(connection, left.id)],
        targets=[left.id],
    )
    follows = select(successor.c.successor_id).where(successor.c.target_id == left.id)
    if connection.execute(follows).first() is None:
        raise CannotDecide(Objection.NO_SUCCESSOR, name=left.target.name)
    rows = _questions(connection, left.id)
    if len(rows) > len(questions) or any(State(row.state) not in _NOT_GONE for row in rows):
        raise CannotDecide(Objection.ASKED, name=left.target.name)
    waiting = [row.id for row in rows if State(row.state) is State.QUEUED]
    apply(connection, [Happening(i, Cause.CANCEL, now) for i in waiting])
    connection.execute(
        update(writing).where(writing.c.letter_id.in_(waiting)).values(subject=None, body=None)
    )
    # One mail may have asked about letters to others too: that is asked anew.
    connection.execute(update(letter).where(letter.c.id.in_(again)).values(told=0))
    return targets.forget_successor(connection, left, now, by)


def _questions(connection: Connection, target_id: int) -> Sequence[Row[str, str, str]]:
    """Return the mails that ask about whoever follows a target: id, state, submission."""
    named_at = connection.execute(
        select(successor.c.named_at).where(successor.c.target_id == target_id)
    ).scalar()
    if named_at is None:
        return []
    mail = letter.alias()
    written_to = exists().where(
        letter.c.submission_id == mail.c.submission_id, letter.c.target_id == target_id
    )
    return connection.execute(
        select(mail.c.id, mail.c.state, mail.c.submission_id)
        .select_from(mail.join(notice, notice.c.letter_id == mail.c.id))
        .where(notice.c.purpose == str(Purpose.QUESTION), mail.c.id >= first_id(named_at))
        .where(written_to)
        .order_by(mail.c.id)
    ).all()


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

    A salutation that its writer changed stays as it is. The link of the office that it was for is
    nobody else's.
    """
    letter = stored.campaign.letter
    before = merge(letter_for(letter, left.target).salutation, merge_values(left.target))
    after = merge(letter_for(letter, follows.target).salutation, merge_values(follows.target))
    text = compose.without_foot(text)
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

    Raises CannotSendOn where it does not wait for that any more, or its writer has a letter to the
    successor already.
    """
    locks.take(connection, letters=[letter_id])
    row = connection.execute(
        select(letter.c.target_id, successor.c.successor_id, writing.c.writer_key)
        .select_from(
            letter.join(successor, successor.c.target_id == letter.c.target_id).join(writing)
        )
        .where(
            letter.c.id == letter_id,
            letter.c.submission_id == submission_id,
            is_in(State.HELD),
        )
    ).first()
    if row is None:
        raise CannotSendOn(Obstacle.NOT_WAITING)
    # Its writer's part stays: two people may share an address.
    key = writer_key(row.successor_id, row.writer_key.partition("/")[2])
    try:
        with connection.begin_nested():
            connection.execute(
                update(writing)
                .where(writing.c.letter_id == letter_id)
                .values(writer_key=key, subject=subject, body=text, edited_at=now)
            )
    except IntegrityError as error:
        raise CannotSendOn(Obstacle.HAS_WRITTEN) from error
    readdress(connection, letter_id, row.successor_id, now)
