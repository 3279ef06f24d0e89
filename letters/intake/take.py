"""Take supporters' letters into the books: committed before the thank-you.

Submissions that wait at the same moment share one transaction.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Final

from sqlalchemy import Connection, String, exists, func, literal_column, select
from sqlalchemy.exc import IntegrityError

from letters.campaigns.stored import StoredCampaign
from letters.intake.arrival import Arrival, Known, ready
from letters.intake.enter import enter
from letters.intake.repeats import take_again
from letters.notices.links import Links
from letters.notices.post import a_day_before, had_enough
from letters.states import NOT_ARRIVED
from letters.storage.batch import Row, fetch, given, integer_at, text_at
from letters.storage.database import Database
from letters.storage.group_commit import GroupCommit
from letters.storage.schema import letter, not_me, submission, writing
from letters.submission import Submission

_TRIES: Final = 5
# Of each draft: its place, what its form and address brought before, which letter stands in its
# way (state and submission), whether its address has had mail enough, and whether it wants none.
_KNOWN: Final = select(
    integer_at(0),
    select(submission.c.id).where(submission.c.token_id == text_at(1)).scalar_subquery(),
    select(
        letter.c.state.op("||", return_type=String())(literal_column("' '"))
        + letter.c.submission_id
    )
    .select_from(writing.join(letter))
    .where(writing.c.writer_key == text_at(2))
    .scalar_subquery(),
    had_enough(text_at(3), text_at(4), integer_at(5)),
    exists().where(not_me.c.address == text_at(3), not_me.c.campaign_id == integer_at(5)),
)
# To ourselves until the transaction ends. A writer in SQLite is alone.
_HAVE_ADDRESSES: Final = select(
    func.pg_advisory_xact_lock(func.hashtextextended(text_at(0), literal_column("0")))
)


class Intake:
    """Take submissions, from any number of threads. One object per process."""

    def __init__(self, database: Database, links: Links) -> None:
        self._database = database
        self._links = links
        self.waiting: Final = GroupCommit(self._take_together)

    def take(self, stored: StoredCampaign, new: Submission, now: datetime) -> None:
        """Store a submission and its letters, once for each canonical address and target.

        The same form again from the same address takes the place of what it brought, while nothing
        of that has left and nobody has confirmed it. Whatever else an address writes once more is
        kept beside the first, for its owner to decide about. The answer is the same in all cases:
        it tells a stranger nothing.
        Raises StorageUnavailable; nothing is stored then.
        """
        arrival = ready(stored, new, self._links, now)
        if not self.waiting.store(arrival):
            self._take_alone(arrival)

    def _take_together(self, gather: Callable[[], Sequence[Arrival]]) -> list[bool]:
        """Store in one transaction what is new, and tell of each whether it was."""
        with self._database.write() as connection:
            arrivals = gather()
            fresh = [each for each in _look_up(connection, _unlike(arrivals)) if each.is_new]
            if fresh:
                enter(connection, fresh)
        stored = {known.arrival.id for known in fresh}
        return [arrival.id in stored for arrival in arrivals]

    def _take_alone(self, arrival: Arrival) -> None:
        for tries_left in reversed(range(_TRIES)):
            try:
                with self._database.write() as connection:
                    (known,) = _look_up(connection, [arrival])
                    if known.is_new:
                        enter(connection, [known])
                    else:
                        take_again(connection, self._links, known)
            except IntegrityError:
                # Somebody else stored the same form or address first. Now it can be seen.
                if not tries_left:
                    raise
            else:
                return


def _unlike(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """Return arrivals of which no two have a form or an address in common.

    Those would not see each other in the books: the first is taken, the others are left.
    """
    unlike: list[Arrival] = []
    seen: set[str] = set()
    for arrival in arrivals:
        marks = {arrival.key, arrival.address}
        if marks.isdisjoint(seen):
            unlike.append(arrival)
        seen |= marks
    return unlike


def _look_up(connection: Connection, arrivals: Sequence[Arrival]) -> list[Known]:
    if connection.dialect.name == "postgresql":
        # Two posts to two targets have no key in common, and would both bring their address a mail.
        # Sorted: no two processes wait for each other.
        names = sorted({(arrival.known_as,) for arrival in arrivals})
        connection.execute(_HAVE_ADDRESSES, given(names))
    known = [Known(arrival) for arrival in arrivals]
    drafts = [(each, draft) for each in known for draft in each.arrival.new.drafts]
    rows: list[Row] = []
    for place, (each, draft) in enumerate(drafts):
        it = each.arrival
        # Its mail is counted once for all its drafts.
        mail = (
            (it.known_as, a_day_before(it.now), it.stored.id) if draft is it.new.drafts[0] else ()
        )
        rows.append((place, it.key, it.letter_key(draft.target_id), *mail))
    older = [(each, *names) for each in known for names in each.arrival.before]
    for place, (each, key, name) in enumerate(older, len(drafts)):
        it = each.arrival
        rows.append((place, key, None, name, a_day_before(it.now), it.stored.id))
    found = sorted(fetch(connection, _KNOWN, given(rows)), key=itemgetter(0))
    for place, earlier, in_the_way, has_enough, is_blocked in found:
        each = drafts[place][0] if place < len(drafts) else older[place - len(drafts)][0]
        each.earlier = each.earlier or earlier
        each.may_be_mailed &= not has_enough
        each.is_blocked |= bool(is_blocked)
        if place >= len(drafts):
            continue
        draft = drafts[place][1]
        state, _, owner = (in_the_way or "").partition(" ")
        if not state:
            each.free.append(draft)
        elif state in NOT_ARRIVED:
            each.free.append(draft)
            each.ended.append(each.arrival.letter_key(draft.target_id))
        else:
            each.taken.setdefault(owner, []).append(draft)
    return known
