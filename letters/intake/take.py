"""Take supporters' letters into the books: committed before the thank-you.

Submissions that wait at the same moment share one transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from letters import tracing
from letters.campaigns.stored import StoredCampaign
from letters.intake.arrival import Arrival, Known, ready
from letters.intake.enter import enter
from letters.intake.look_up import look_up
from letters.intake.same_form import takes_its_place
from letters.notices.links import Links
from letters.storage.database import Database
from letters.storage.group_commit import GroupCommit
from letters.storage.identity import new_id
from letters.submission import Submission

_TRIES: Final = 5


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
        with tracing.span("submission", submission_id=arrival.id, campaign=stored.campaign.slug):
            if not self.waiting.store(arrival):
                self._take_alone(arrival)

    def _take_together(self, gather: Callable[[], Sequence[Arrival]]) -> list[bool]:
        """Store together whatever can be in one transaction; tell of each whether it was."""
        with self._database.write() as connection:
            arrivals = gather()
            known = look_up(connection, _unlike(arrivals))
            if len(arrivals) == 1:
                self._take_one(connection, known[0])
                return [True]
            entered = [each for each in known if each.earlier is None or each.is_blocked]
            if entered:
                enter(connection, self._links, entered)
        stored = {known.arrival.id for known in entered}
        return [arrival.id in stored for arrival in arrivals]

    def _take_one(self, connection: Connection, known: Known) -> None:
        arrival = known.arrival
        if known.earlier is not None and not known.is_blocked:
            if takes_its_place(connection, known.earlier, arrival):
                return
            # The form brought something before that stays as it is; so this is one of its own.
            known.arrival = replace(arrival, key=new_id(arrival.now))
        enter(connection, self._links, [known])

    def _take_alone(self, arrival: Arrival) -> None:
        for tries_left in reversed(range(_TRIES)):
            try:
                with self._database.write() as connection:
                    (known,) = look_up(connection, [arrival])
                    self._take_one(connection, known)
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
