"""Enter what arrives into the books: rows, counters and notices, in few statements.

What an address writes once more is kept for its owner by the very statements that enter a
stranger's letter, and counts as nought: by how long the answer takes, whoever posts learns nothing.
"""

import json
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Final, TypeAlias

from sqlalchemy import Connection, bindparam, delete, exists, func, or_, select, update

from letters.books import locks
from letters.books.counts import count_new
from letters.books.locks import Rank
from letters.intake.arrival import Arrival, InTheWay, Known, Owner
from letters.notices.links import Links
from letters.notices.post import NOTICE_EVERY, Purpose, known_as
from letters.notices.reminders import REMIND_AFTER, leading_back
from letters.states import NOT_ARRIVED, State
from letters.storage.batch import given, run, text_at
from letters.storage.identity import new_id
from letters.storage.new_rows import NewRows
from letters.storage.schema import is_in, letter, repeat, submission, writing
from letters.submission import Draft

NewLetter: TypeAlias = tuple[int, State, bool]
"""What there is to count of a new letter: its target, its state, whether it goes in a digest."""
_MOST_KEPT: Final = 20
"""Repeats that are kept beside one submission; of more, the latest."""
_FREE: Final = (
    update(writing)
    .where(
        writing.c.writer_key.in_(select(text_at(0))),
        writing.c.letter_id.in_(select(letter.c.id).where(or_(*map(is_in, sorted(NOT_ARRIVED))))),
    )
    .values(writer_key=None)
)
_OWNERS: Final = select(text_at(0))
_NUMBERED: Final = (
    select(
        repeat.c.id,
        func.row_number()
        .over(partition_by=repeat.c.submission_id, order_by=repeat.c.id.desc())
        .label("place"),
    )
    .where(repeat.c.submission_id.in_(_OWNERS))
    .subquery()
)
_KEEP_THE_LATEST: Final = delete(repeat).where(
    repeat.c.id.in_(select(_NUMBERED.c.id).where(_NUMBERED.c.place > _MOST_KEPT))
)
_MAIL_LATER: Final = (
    update(submission)
    .where(
        submission.c.id.in_(_OWNERS),
        exists().where(repeat.c.submission_id == submission.c.id),
        submission.c.remind_at.is_(None) | (submission.c.remind_at > bindparam("later")),
    )
    .values(remind_at=bindparam("later", type_=submission.c.remind_at.type))
)


def enter(connection: Connection, links: Links, arrived: Sequence[Known]) -> None:
    """Enter those letters that are free, keep the others for their owners, and mail who may be."""
    rows = NewRows()
    later = [owner for known in arrived for owner in _keep(rows, links, known)]
    fresh = [known for known in arrived if known.free and not known.is_blocked]
    # Last of all but what follows: every writer to one target waits for it until the commit.
    count_new(connection, store(connection, fresh, rows), _touched(arrived))
    owners = sorted({owner.id for owner in later})
    if len(owners) > 1:
        locks.take(connection, submissions=owners)
    else:  # the update itself locks a single one
        locks.note(connection, Rank.SUBMISSION, owners)
    run(connection, _KEEP_THE_LATEST, [[owner.id] for owner in _owners(arrived)])
    moment = max(known.arrival.now for known in arrived) + NOTICE_EVERY
    connection.execute(_MAIL_LATER, {**given([i] for i in owners), "later": moment})


def store(
    connection: Connection, fresh: Sequence[Known], rows: NewRows | None = None
) -> list[NewLetter]:
    """Store what is to be entered, with other `rows`; return what is still to be counted."""
    rows = rows or NewRows()
    # Tokens and keys are unique: in one order everywhere, no two processes wait for each other.
    for known in sorted(fresh, key=lambda known: known.arrival.key):
        _add_submission(rows, known.arrival, is_mailed=known.may_be_mailed)
    letters = (
        (known.arrival.letter_key(draft.target_id), known.arrival, draft)
        for known in fresh
        for draft in known.free
    )
    counted = [
        add_letter(rows, key, arrival, draft, arrival.id)
        for key, arrival, draft in sorted(letters, key=lambda each: each[0])
    ]
    free_keys(connection, [key for known in fresh for key in known.ended])
    rows.store(connection)
    return counted


def _owners(arrived: Iterable[Known]) -> list[Owner]:
    """Return whose letters stand in the way of arrivals, unless those want nothing."""
    return [each.owner for known in arrived if not known.is_blocked for each in known.taken]


def _touched(arrived: Iterable[Known]) -> list[tuple[int, State]]:
    return [
        (draft.target_id, known.arrival.first_state(draft.target_id))
        for known in arrived
        for draft in known.arrival.new.drafts
    ]


def _keep(rows: NewRows, links: Links, known: Known) -> list[Owner]:
    """Keep what was written once more, unless it says the same; return who is mailed later."""
    if known.is_blocked or not known.taken:
        return []
    arrival, new_to = known.arrival, set[str]()
    by_owner = attrgetter("owner.id")
    for owner_id, group in groupby(sorted(known.taken, key=by_owner), by_owner):
        theirs = [*group]
        if not _says_the_same(arrival, theirs):
            _add_repeat(rows, arrival, owner_id, [each.draft for each in theirs])
            new_to.add(owner_id)
    if known.free:
        return []  # its own mail leads to the receipt, or follows when it may
    owner = max((each.owner for each in known.taken), key=attrgetter("id"))
    if not known.may_be_mailed:
        return [owner]
    if owner.email:
        has_repeat = owner.has_repeat or owner.id in new_to
        notice = leading_back(
            links, arrival.stored, owner.id, waits=owner.waits, has_repeat=has_repeat
        )
        rows.add_notice(
            new_id(arrival.now),
            campaign_id=arrival.stored.id,
            submission_id=owner.id,
            at=arrival.now,
            to_email=owner.email,
            subject=notice.subject,
            body=notice.body,
            purpose=Purpose.LINK,
            address=known_as(links.tokens, owner.email),
        )
    return []


def _says_the_same(arrival: Arrival, letters: Sequence[InTheWay]) -> bool:
    new, owner = arrival.new, letters[0].owner
    return all(each.says_the_same for each in letters) and (
        owner.name,
        owner.email,
        owner.postcode or "",
        owner.opt_in_wording,
    ) == (new.name, new.email, new.postcode, arrival.opt_in_wording)


def _add_repeat(rows: NewRows, arrival: Arrival, owner_id: str, drafts: Iterable[Draft]) -> None:
    new = arrival.new
    rows.add_repeat(
        new_id(arrival.now),
        submission_id=owner_id,
        received_at=arrival.now,
        name=new.name,
        email=new.email,
        postcode=new.postcode or None,
        reason=new.reason or None,
        points=new.points,
        personal_share=new.personal_share,
        opt_in_wording=arrival.opt_in_wording,
        source=new.source or None,
        letters=json.dumps(
            sorted([draft.target_id, draft.subject, draft.text] for draft in drafts),
            ensure_ascii=False,
        ),
    )


def free_keys(connection: Connection, keys: Sequence[str]) -> None:
    """Let letters be written anew in whose way only letters stand that ended without arriving."""
    run(connection, _FREE, [[key] for key in sorted(keys)])


def _add_submission(rows: NewRows, arrival: Arrival, *, is_mailed: bool) -> None:
    stored, new, now = arrival.stored, arrival.new, arrival.now
    remind_at = None
    if arrival.must_confirm:
        # Where this post may bring no mail, the link comes when it may.
        remind_at = now + (REMIND_AFTER if is_mailed else NOTICE_EVERY)
    rows.add_submission(
        arrival.id,
        campaign_id=stored.id,
        token_id=arrival.key,
        address=arrival.address,
        name=new.name,
        email=new.email,
        postcode=new.postcode or None,
        reason=new.reason or None,
        points=new.points,
        personal_share=new.personal_share,
        source=new.source or None,
        opt_in_wording=arrival.opt_in_wording,
        submitted_at=now,
        remind_at=remind_at,
    )
    if is_mailed:
        rows.add_notice(
            new_id(now),
            campaign_id=stored.id,
            submission_id=arrival.id,
            at=now,
            to_email=new.email,
            subject=arrival.notice.subject,
            body=arrival.notice.body,
            purpose=Purpose.LINK,
            address=arrival.known_as,
        )


def add_letter(
    rows: NewRows, key: str, arrival: Arrival, draft: Draft, submission_id: str
) -> NewLetter:
    """Add a letter; return what there is to count."""
    state = arrival.first_state(draft.target_id)
    is_identical = draft.target_id in arrival.identical
    rows.add_letter(
        new_id(arrival.now),
        campaign_id=arrival.stored.id,
        target_id=draft.target_id,
        submission_id=submission_id,
        state=state,
        at=arrival.now,
        goes_together=is_identical,
        writer_key=key,
        subject=draft.subject,
        body=draft.text,
        version=draft.version,
    )
    return draft.target_id, state, is_identical
