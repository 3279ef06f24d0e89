"""Take what an address writes once more: in place of what it wrote, or beside it.

Nothing that was typed is dropped in silence: what cannot take the place of what is there is kept
for the owner of the address, who decides about it on the receipt.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection, Row, delete, exists, func, insert, select, update

from letters.books import locks
from letters.books.changes import apply, turn
from letters.books.happenings import Happening
from letters.books.together import make_personal
from letters.intake.arrival import Arrival, Known
from letters.intake.enter import NewLetter, add_letter, enter, free_keys
from letters.notices.links import Links
from letters.notices.post import NOTICE_EVERY, Purpose, post
from letters.notices.reminders import notice_again
from letters.states import NOT_ARRIVED, NOT_LEFT, Cause, State
from letters.storage.identity import new_id
from letters.storage.new_rows import NewRows
from letters.storage.schema import letter, not_me, repeat, submission, writing
from letters.submission import Draft

_MOST_KEPT: Final = 20
"""Repeats that are kept beside one submission; of more, the latest."""


def take_again(connection: Connection, links: Links, known: Known) -> None:
    """Take an arrival of which the books know something already."""
    arrival = known.arrival
    if known.is_blocked:
        names = (arrival.known_as, *(name for _, name in arrival.before))
        # Something is written here too: how long an answer takes tells a stranger nothing.
        connection.execute(
            update(not_me)
            .where(not_me.c.campaign_id == arrival.stored.id, not_me.c.address.in_(names))
            .values(posted_at=arrival.now)
        )
        return
    if known.earlier is not None:
        if _takes_its_place(connection, known.earlier, arrival):
            return
        # The form brought something before that stays as it is; so this is one of its own.
        known.arrival = arrival = replace(arrival, key=new_id(arrival.now))
    if known.free:
        enter(connection, [known])
    for owner, drafts in sorted(known.taken.items()):
        _keep(connection, owner, arrival, drafts)
    if known.taken and not known.free:
        _tell(connection, links, max(known.taken), known)


def _letters(connection: Connection, submission_id: str) -> Sequence[Row[*tuple[object, ...]]]:
    return connection.execute(
        select(letter.c.id, letter.c.target_id, letter.c.state, writing.c.subject, writing.c.body)
        .select_from(letter.join(writing))
        .where(letter.c.submission_id == submission_id, letter.c.kind == "letter")
        .order_by(letter.c.id)
    ).all()


def _takes_its_place(connection: Connection, submission_id: str, arrival: Arrival) -> bool:
    """Let an arrival take the place of what its form brought before; tell whether that is done.

    It may while nothing has left and nobody has confirmed it: the owner of the address said yes to
    what they saw, and need not be who posts this. What says the same again is done as it is.
    """
    locks.take(connection, letters=[row.id for row in _letters(connection, submission_id)])
    rows = _letters(connection, submission_id)
    head = connection.execute(select(submission).where(submission.c.id == submission_id)).one()
    if _says_the_same(head, rows, arrival):
        _touch(connection, submission_id)
        return True
    open_ = {row.target_id: row.id for row in rows if State(row.state) in NOT_LEFT}
    has_left = any(State(row.state) not in {*NOT_LEFT, State.CANCELLED} for row in rows)
    if head.confirmed_at is not None or head.erased_at is not None or has_left or not open_:
        return False
    drafts = {draft.target_id: draft for draft in arrival.new.drafts}
    added = [draft for target_id, draft in sorted(drafts.items()) if target_id not in open_]
    if _are_taken(connection, arrival, added):
        return False
    locks.take(connection, targets={*open_, *drafts})
    gone = sorted(target_id for target_id in open_ if target_id not in drafts)
    # Whom a letter is for was put right: it is the same letter, to somebody else.
    turned = dict(zip(gone, added, strict=False))
    _rewrite(connection, arrival, {open_[i]: drafts[i] for i in open_.keys() & drafts.keys()})
    free_keys(connection, [arrival.letter_key(draft.target_id) for draft in added])
    _rewrite(connection, arrival, {open_[i]: draft for i, draft in turned.items()})
    make_personal(connection, [open_[i] for i in turned])  # it goes by itself there
    turn(connection, {open_[i]: draft.target_id for i, draft in turned.items()})
    withdrawn = [open_[i] for i in gone if i not in turned]
    apply(
        connection,
        [
            # Where it waits its turn, this looks whether the other target can be written to.
            *(Happening(open_[i], Cause.RELEASE, arrival.now) for i in turned),
            *(Happening(i, Cause.CANCEL, arrival.now) for i in withdrawn),
        ],
        targets={*open_, *drafts},
        moved={open_[i]: i for i in turned},
        new=_add(connection, submission_id, added[len(turned) :], arrival),
    )
    connection.execute(
        update(writing).where(writing.c.letter_id.in_(withdrawn)).values(writer_key=None)
    )
    locks.take(connection, submissions=[submission_id])
    _put_details(connection, submission_id, arrival)
    return True


def _says_the_same(
    head: Row[*tuple[object, ...]], rows: Iterable[Row[*tuple[object, ...]]], arrival: Arrival
) -> bool:
    new = arrival.new
    there = {
        (row.target_id, row.subject, row.body)
        for row in rows
        if State(row.state) not in NOT_ARRIVED  # what is withdrawn is not said any more
    }
    return (head.name, head.email, head.postcode or "", head.opt_in_wording) == (
        new.name,
        new.email,
        new.postcode,
        arrival.opt_in_wording,
    ) and there == {(draft.target_id, draft.subject, draft.text) for draft in new.drafts}


def _are_taken(connection: Connection, arrival: Arrival, drafts: Iterable[Draft]) -> bool:
    keys = [arrival.letter_key(draft.target_id) for draft in drafts]
    taken = (
        select(writing.c.letter_id)
        .select_from(writing.join(letter))
        .where(
            writing.c.writer_key.in_(keys),
            letter.c.state.not_in(sorted(NOT_ARRIVED)),
        )
        .limit(1)
    )
    return connection.execute(taken).first() is not None


def _rewrite(connection: Connection, arrival: Arrival, drafts: Mapping[str, Draft]) -> None:
    """Put drafts in the place of letters, given by their ids."""
    for letter_id, draft in drafts.items():
        connection.execute(
            update(writing)
            .where(writing.c.letter_id == letter_id)
            .values(
                writer_key=arrival.letter_key(draft.target_id),
                subject=draft.subject,
                body=draft.text,
                edited_at=arrival.now,
            )
        )
    personal = [i for i, draft in drafts.items() if draft.target_id not in arrival.identical]
    make_personal(connection, personal)


def _add(
    connection: Connection, submission_id: str, drafts: Sequence[Draft], arrival: Arrival
) -> list[NewLetter]:
    rows = NewRows()
    counted = [
        add_letter(rows, arrival.letter_key(draft.target_id), arrival, draft, submission_id)
        for draft in drafts
    ]
    if drafts:
        rows.store(connection)
    return counted


def _put_details(connection: Connection, submission_id: str, arrival: Arrival) -> None:
    new = arrival.new
    connection.execute(
        update(submission)
        .where(submission.c.id == submission_id, submission.c.erased_at.is_(None))
        .values(
            name=new.name,
            email=new.email,
            postcode=new.postcode or None,
            reason=new.reason or None,
            points=list(new.points),
            personal_share=new.personal_share,
            opt_in_wording=arrival.opt_in_wording,
        )
    )


def _keep(
    connection: Connection, submission_id: str, arrival: Arrival, drafts: Sequence[Draft]
) -> None:
    """Keep letters beside those that stand in their way, unless they say the same."""
    head = connection.execute(select(submission).where(submission.c.id == submission_id)).one()
    of_them = {draft.target_id for draft in drafts}
    rows = [row for row in _letters(connection, submission_id) if row.target_id in of_them]
    part = replace(arrival, new=replace(arrival.new, drafts=tuple(drafts)))
    if _says_the_same(head, rows, part) or _is_kept(connection, submission_id, part):
        _touch(connection, submission_id)
        return
    new = arrival.new
    connection.execute(
        insert(repeat).values(
            id=new_id(arrival.now),
            submission_id=submission_id,
            received_at=arrival.now,
            name=new.name,
            email=new.email,
            postcode=new.postcode or None,
            reason=new.reason or None,
            points=list(new.points),
            personal_share=new.personal_share,
            opt_in_wording=arrival.opt_in_wording,
            source=new.source or None,
            letters=_as_json(drafts),
        )
    )
    kept = connection.execute(
        select(repeat.c.id)
        .where(repeat.c.submission_id == submission_id)
        .order_by(repeat.c.id.desc())
        .offset(_MOST_KEPT)
    ).scalars()
    over = list(kept)
    if over:
        connection.execute(delete(repeat).where(repeat.c.id.in_(over)))


def _is_kept(connection: Connection, submission_id: str, arrival: Arrival) -> bool:
    new = arrival.new
    return bool(
        connection.execute(
            select(
                exists().where(
                    repeat.c.submission_id == submission_id,
                    repeat.c.name == new.name,
                    func.coalesce(repeat.c.postcode, "") == new.postcode,
                    func.coalesce(repeat.c.opt_in_wording, "") == (arrival.opt_in_wording or ""),
                    repeat.c.letters == _as_json(new.drafts),
                )
            )
        ).scalar()
    )


def _as_json(drafts: Iterable[Draft]) -> str:
    return json.dumps(
        sorted([draft.target_id, draft.subject, draft.text] for draft in drafts),
        ensure_ascii=False,
    )


def _touch(connection: Connection, submission_id: str) -> None:
    """Write something, as whoever is new does: an answer's time tells a stranger nothing."""
    this = submission.c.id == submission_id
    locks.take(connection, submissions=[submission_id])
    connection.execute(update(submission).where(this).values(token_id=submission.c.token_id))


def _tell(connection: Connection, links: Links, submission_id: str, known: Known) -> None:
    """Mail the link to what is there, or see to it that it is mailed when it may be."""
    arrival = known.arrival
    if not known.may_be_mailed:
        later = arrival.now + NOTICE_EVERY
        locks.take(connection, submissions=[submission_id])
        connection.execute(
            update(submission)
            .where(
                submission.c.id == submission_id,
                exists().where(repeat.c.submission_id == submission_id),
                submission.c.remind_at.is_(None) | (submission.c.remind_at > later),
            )
            .values(remind_at=later)
        )
        return
    head = connection.execute(
        select(submission.c.email).where(submission.c.id == submission_id)
    ).one()
    notice = notice_again(connection, links, arrival.stored, submission_id)
    post(
        connection,
        links.tokens,
        notice,
        Purpose.LINK,
        head.email,
        arrival.now,
        arrival.stored.id,
        submission_id,
    )
