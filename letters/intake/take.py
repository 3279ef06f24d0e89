"""Take supporters' letters into the books: committed before the thank-you.

Submissions that wait at the same moment share one transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Final

from sqlalchemy import Connection, exists, func, literal_column, select
from sqlalchemy.exc import IntegrityError

from letters.books.changes import count_new
from letters.campaign import Confirm
from letters.campaigns.stored import StoredCampaign
from letters.intake.repeats import goes_in_digest, remind_of_latest, replace_texts
from letters.notices.links import Links
from letters.notices.notice import Notice
from letters.notices.post import NOTICE_EVERY, Purpose, a_day_before, had_enough, known_as
from letters.notices.reminders import REMIND_AFTER
from letters.notices.to_writers import first_notice
from letters.states import State
from letters.storage.batch import Row, fetch, given, integer_at, text_at
from letters.storage.database import Database
from letters.storage.group_commit import GroupCommit
from letters.storage.identity import new_id
from letters.storage.new_rows import NewRows
from letters.storage.schema import submission, writing
from letters.submission import Draft, Submission, writer_key
from letters.text.addresses import canonical

_TRIES: Final = 5
# Of each draft: its place, what its token brought before, whether its key is taken, and whether its
# address has had mail enough.
_KNOWN: Final = select(
    integer_at(0),
    select(submission.c.id).where(submission.c.token_id == text_at(1)).scalar_subquery(),
    exists().where(writing.c.once == text_at(2)),
    had_enough(text_at(3), text_at(4), integer_at(5)),
)

# To ourselves until the transaction ends. A writer in SQLite is alone.
_HAVE_ADDRESSES: Final = select(
    func.pg_advisory_xact_lock(func.hashtextextended(text_at(0), literal_column("0")))
)


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A submission, with all that can be made ready before anybody waits for it."""

    stored: StoredCampaign
    new: Submission
    now: datetime
    id: str
    address: str
    known_as: str
    """The address's name among those that got notices."""
    must_confirm: bool
    notice: Notice
    plain: frozenset[int]
    """The targets whose letters go in a digest."""


@dataclass(slots=True)
class _Known:
    """What the books have of an arrival."""

    arrival: _Arrival
    earlier: str | None = None
    """The submission that its token brought before."""
    drafts: list[Draft] = field(default_factory=list)
    """Those of its drafts that its address has not written yet."""
    may_be_mailed: bool = True

    @property
    def is_new(self) -> bool:
        """Tell whether there is anything to enter."""
        return self.earlier is None and bool(self.drafts)


class Intake:
    """Take submissions, from any number of threads. One object per process."""

    def __init__(self, database: Database, links: Links) -> None:
        self._database = database
        self._links = links
        self.waiting: Final = GroupCommit(self._take_together)

    def take(self, stored: StoredCampaign, new: Submission, now: datetime) -> None:
        """Store a submission and its letters, once for each canonical address and target.

        The same token again replaces the text while nothing has left and nobody has confirmed it,
        and is ignored afterwards. The answer is the same for a first submission and a repeated
        one: it tells a stranger nothing.
        Raises StorageUnavailable; nothing is stored then.
        """
        arrival = self._made_ready(stored, new, now)
        if not self.waiting.store(arrival):
            self._take_alone(arrival)

    def _made_ready(self, stored: StoredCampaign, new: Submission, now: datetime) -> _Arrival:
        must_confirm = new.must_confirm or stored.campaign.confirm is Confirm.BEFORE_SENDING
        submission_id = new_id(now)
        link = self._links.first(submission_id, must_confirm=must_confirm)
        targets = {each.id: each.target for each in stored.targets}
        return _Arrival(
            stored,
            new,
            now,
            submission_id,
            canonical(new.email),
            known_as(self._links.tokens, new.email),
            must_confirm,
            first_notice(stored.campaign, link, must_confirm=must_confirm),
            frozenset(
                draft.target_id
                for draft in new.drafts
                if goes_in_digest(stored.campaign, targets[draft.target_id], new, draft)
            ),
        )

    def _take_together(self, gather: Callable[[], Sequence[_Arrival]]) -> list[bool]:
        """Store in one transaction what is new, and tell of each whether it was."""
        with self._database.write() as connection:
            arrivals = gather()
            fresh = [each for each in _look_up(connection, _unlike(arrivals)) if each.is_new]
            if fresh:
                _enter(connection, fresh)
        stored = {known.arrival.id for known in fresh}
        return [arrival.id in stored for arrival in arrivals]

    def _take_alone(self, arrival: _Arrival) -> None:
        for tries_left in reversed(range(_TRIES)):
            try:
                with self._database.write() as connection:
                    self._take(connection, arrival)
            except IntegrityError:
                # Somebody else stored the same token or address first. Now it can be seen.
                if not tries_left:
                    raise
            else:
                return

    def _take(self, connection: Connection, arrival: _Arrival) -> None:
        (known,) = _look_up(connection, [arrival])
        stored, new, now = arrival.stored, arrival.new, arrival.now
        if known.earlier is not None:
            replace_texts(connection, known.earlier, new, now, arrival.plain)
        elif known.drafts:
            _enter(connection, [known])
        elif known.may_be_mailed:
            remind_of_latest(connection, self._links, stored, arrival.address, now)


def _unlike(arrivals: Sequence[_Arrival]) -> list[_Arrival]:
    """Return arrivals of which no two have a token or an address in common.

    Those would not see each other in the books: the first is taken, the others are left.
    """
    unlike: list[_Arrival] = []
    seen: set[str] = set()
    for arrival in arrivals:
        marks = {arrival.new.token_id, arrival.address}
        if marks.isdisjoint(seen):
            unlike.append(arrival)
        seen |= marks
    return unlike


def _look_up(connection: Connection, arrivals: Sequence[_Arrival]) -> list[_Known]:
    if connection.dialect.name == "postgresql":
        # Two posts to two targets have no key in common, and would both bring their address a mail.
        # Sorted: no two processes wait for each other.
        names = sorted({(arrival.known_as,) for arrival in arrivals})
        connection.execute(_HAVE_ADDRESSES, given(names))
    known = [_Known(arrival) for arrival in arrivals]
    drafts = [(each, draft) for each in known for draft in each.arrival.new.drafts]
    rows: list[Row] = []
    for place, (each, draft) in enumerate(drafts):
        it = each.arrival
        key = writer_key(draft.target_id, it.address)
        # Its mail is counted once for all its drafts.
        mail = (
            (it.known_as, a_day_before(it.now), it.stored.id) if draft is it.new.drafts[0] else ()
        )
        rows.append((place, it.new.token_id, key, *mail))
    found = sorted(fetch(connection, _KNOWN, given(rows)), key=itemgetter(0))
    for place, earlier, is_taken, has_enough in found:
        each, draft = drafts[place]
        each.earlier = earlier
        each.may_be_mailed &= not has_enough
        if not is_taken:
            each.drafts.append(draft)
    return known


def _enter(connection: Connection, fresh: Sequence[_Known]) -> None:
    """Store new submissions and their letters, and the notices that may go."""
    rows = NewRows()
    # Tokens and keys are unique: in one order everywhere, no two processes wait for each other.
    for known in sorted(fresh, key=lambda known: known.arrival.new.token_id):
        _add_submission(rows, known.arrival, is_mailed=known.may_be_mailed)
    letters = (
        (writer_key(draft.target_id, known.arrival.address), known.arrival, draft)
        for known in fresh
        for draft in known.drafts
    )
    counted = [
        _add_letter(rows, key, arrival, draft)
        for key, arrival, draft in sorted(letters, key=lambda each: each[0])
    ]
    rows.store(connection)
    # Last: every writer to one target waits for its row and its tally until the commit.
    count_new(connection, counted)


def _add_submission(rows: NewRows, arrival: _Arrival, *, is_mailed: bool) -> None:
    stored, new, now = arrival.stored, arrival.new, arrival.now
    remind_at = None
    if arrival.must_confirm:
        # Where this post may bring no mail, the link comes when it may.
        remind_at = now + (REMIND_AFTER if is_mailed else NOTICE_EVERY)
    rows.add_submission(
        arrival.id,
        campaign_id=stored.id,
        token_id=new.token_id,
        address=arrival.address,
        name=new.name,
        email=new.email,
        postcode=new.postcode or None,
        reason=new.reason or None,
        points=new.points,
        personal_share=new.personal_share,
        opt_in_wording=(stored.campaign.opt_in or None) if new.opt_in else None,
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


def _add_letter(
    rows: NewRows, key: str, arrival: _Arrival, draft: Draft
) -> tuple[int, State, bool]:
    """Add a letter; return what there is to count."""
    target = next(each for each in arrival.stored.targets if each.id == draft.target_id)
    if arrival.must_confirm:
        state = State.UNCONFIRMED
    elif target.can_be_written_to(arrival.now):
        state = State.QUEUED
    else:
        state = State.HELD
    is_plain = draft.target_id in arrival.plain
    rows.add_letter(
        new_id(arrival.now),
        campaign_id=arrival.stored.id,
        target_id=draft.target_id,
        submission_id=arrival.id,
        state=state,
        at=arrival.now,
        is_plain=is_plain,
        once=key,
        subject=draft.subject,
        body=draft.text,
    )
    return draft.target_id, state, is_plain
