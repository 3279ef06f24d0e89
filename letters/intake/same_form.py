"""Let what the same form brings again, from the same address, take the place of what it brought."""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Connection, Row, select, update

from letters.books import locks
from letters.books.changes import apply, turn
from letters.books.happenings import Happening
from letters.books.together import make_personal
from letters.intake.arrival import Arrival
from letters.intake.enter import NewLetter, add_letter, free_keys
from letters.states import NOT_ARRIVED, NOT_LEFT, Cause, State
from letters.storage.new_rows import NewRows
from letters.storage.schema import letter, submission, writing
from letters.submission import Draft
from letters.webhooks import outbox


def _letters(connection: Connection, submission_id: str) -> Sequence[Row[*tuple[object, ...]]]:
    return connection.execute(
        select(letter.c.id, letter.c.target_id, letter.c.state, writing.c.subject, writing.c.body)
        .select_from(letter.join(writing))
        .where(letter.c.submission_id == submission_id, letter.c.kind == "letter")
        .order_by(letter.c.id)
    ).all()


def takes_its_place(connection: Connection, submission_id: str, arrival: Arrival) -> bool:
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
    if head.opt_in_wording != arrival.opt_in_wording:
        _put_consent(connection, head, arrival, rows[0].id)
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
        connection.execute(
            update(letter).where(letter.c.id == letter_id).values(version=draft.version)
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


def _put_consent(
    connection: Connection, head: Row[*tuple[object, ...]], arrival: Arrival, letter_id: str
) -> None:
    """Forget when an earlier consent was given on the receipt; tell other systems of the change.

    A consent that waits for its writer's yes is told with that.
    """
    is_taken_back = arrival.opt_in_wording is None
    connection.execute(
        update(submission)
        .where(submission.c.id == head.id, submission.c.erased_at.is_(None))
        .values(opt_in_at=None, opt_in_ended_at=arrival.now if is_taken_back else None)
    )
    of = (connection, arrival.stored.id, head.id, letter_id, arrival.now)
    if is_taken_back:
        outbox.tell_of_withdrawal(*of, given_at=head.opt_in_at or head.submitted_at)
    elif not arrival.must_confirm:
        outbox.tell_of_consent(*of)


def _touch(connection: Connection, submission_id: str) -> None:
    """Write something, as whoever is new does: an answer's time tells a stranger nothing."""
    this = submission.c.id == submission_id
    locks.take(connection, submissions=[submission_id])
    connection.execute(update(submission).where(this).values(token_id=submission.c.token_id))
