"""Judge the books after every commit, from a connection of its own, by SendGrid's own ledger."""

import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from letters.reasons import Reason
from letters.states import Cause, State, advance
from tests.simulation.played import PlayedSendGrid, Taken

GRACE: Final = timedelta(seconds=900)
_MOST_RESENDS: Final = 3


class Fault(BaseException):
    """Something that must never be. No handler of ours may catch this either."""


@dataclass(slots=True)
class Followed:
    """What the judge knows of one letter, or notice."""

    state: State
    attempt_id: str | None
    campaign_id: int | None
    unknown_since: datetime | None = None
    resends: int = 0
    may_be_sent: int = 1
    """So often it may be at SendGrid."""


@dataclass
class Judge:
    """It keeps what it has seen, which outlives a database that is put back."""

    books: sqlite3.Connection
    sendgrid: PlayedSendGrid
    intervals: dict[str, timedelta]
    """The least time between two letters to one office, by the campaign of the one before."""
    resends: frozenset[int] = frozenset()
    """The campaigns that let a letter be sent anew when it is proven that it was lost."""
    letters: dict[str, Followed] = field(default_factory=dict)
    carried: dict[str, set[str]] = field(default_factory=dict)
    """By attempt, the letters that went with it: of a digest, all of them."""
    told: set[str] = field(default_factory=set)
    """Attempts of which SendGrid has told something, and was answered that it was taken."""
    put_back_at: datetime | None = None
    commits: int = 0
    _line: int = 0

    def sent(self, letter_id: str) -> int:
        """Count how often SendGrid has sent a letter."""
        return sum(
            taken.is_sent and letter_id in self.carried.get(taken.attempt_id, {taken.letter_id})
            for taken in self.sendgrid.ledger
        )

    def look(self) -> None:
        """Look at the books after a commit; raise Fault."""
        self.commits += 1
        read = self.books
        read.execute("BEGIN")
        try:
            rows = read.execute("SELECT id, state, attempt_id, campaign_id FROM letter").fetchall()
            lines = read.execute(
                "SELECT id, letter_id, cause, reason, at FROM history WHERE id > ? ORDER BY id",
                (self._line,),
            ).fetchall()
            self._count(read)
            self._follow(rows, lines)
        finally:
            read.execute("COMMIT")

    def _follow(
        self,
        rows: list[tuple[str, str, str | None, int | None]],
        lines: list[tuple[int, str, str, str | None, str]],
    ) -> None:
        if missing := self.letters.keys() - {row[0] for row in rows}:
            raise Fault(f"lost from the books: {sorted(missing)}")
        steps: dict[str, list[tuple[Cause, str | None, datetime]]] = {}
        for line, letter_id, cause, reason, at in lines:
            moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
            steps.setdefault(letter_id, []).append((Cause(cause), reason, moment))
            self._line = max(self._line, line)
        for letter_id, state, attempt_id, campaign_id in rows:
            known = self.letters.get(letter_id)
            if known is None:
                known = Followed(State(state), None, campaign_id)
                self.letters[letter_id] = known
                steps.get(letter_id, [])[:1] = []  # that it was written
                if State(state) not in {State.QUEUED, State.UNCONFIRMED, State.HELD}:
                    raise Fault(f"{letter_id} began as {state}")
            self._step(letter_id, known, State(state), attempt_id, steps.get(letter_id, []))
            if attempt_id is not None and attempt_id != known.attempt_id:
                self.carried.setdefault(attempt_id, set()).add(letter_id)
            known.attempt_id = attempt_id

    def _step(
        self,
        letter_id: str,
        known: Followed,
        state: State,
        attempt_id: str | None,
        steps: list[tuple[Cause, str | None, datetime]],
    ) -> None:
        if not steps and state is State.SENDING and known.state is State.QUEUED:
            if attempt_id is None or attempt_id == known.attempt_id:
                raise Fault(f"{letter_id} was claimed without an attempt of its own")
            known.state = state
            return
        for cause, reason, at in steps:
            after = advance(known.state, cause)
            if after is None:
                raise Fault(f"{letter_id}: {cause} does not lead out of {known.state}")
            if cause is Cause.AGAIN:
                self._again(letter_id, known, reason, at)
            known.unknown_since = at if after is State.UNKNOWN else None
            known.state = after
        if known.state is not state:
            raise Fault(f"{letter_id} is {state}; its history leads to {known.state}")

    def _again(self, letter_id: str, known: Followed, reason: str | None, at: datetime) -> None:
        """Let it be at SendGrid once more, if it may: by a person's word, or when proven."""
        sent = self.sent(letter_id)
        if known.state is not State.UNKNOWN:
            known.may_be_sent = sent + 1  # it came back, and a person wants it sent again
        elif reason == Reason.NO_NEWS and self._is_proven(known, at):
            known.resends += 1
            known.may_be_sent = sent + 1
        # Else a person has looked: it was not there. So it still may be there once only.

    def _is_proven(self, known: Followed, at: datetime) -> bool:
        latest = self.books.execute(
            "SELECT max(claimed_at) FROM event JOIN attempt ON attempt.id = event.attempt_id"
        ).fetchone()[0]
        if latest is None or known.unknown_since is None or known.campaign_id not in self.resends:
            return False
        told_until = datetime.fromisoformat(latest).replace(tzinfo=UTC)
        return (
            known.resends < _MOST_RESENDS
            and at - known.unknown_since > GRACE
            and told_until > known.unknown_since
            and known.attempt_id not in self.told  # else there was news, and the books have lost it
        )

    def arrived(self, taken: Taken) -> None:
        """Look at what SendGrid has just taken; raise Fault."""
        if not taken.is_sent:
            return
        for letter_id in self.carried.get(taken.attempt_id, {taken.letter_id}):
            known = self.letters.get(letter_id)
            times = self.sent(letter_id)
            if known is not None and times > known.may_be_sent:
                raise Fault(f"{letter_id} is at SendGrid {times} times ({known.state})")
        if not taken.is_notice:
            self._is_paced(taken.office)

    def _is_paced(self, office: str) -> None:
        left = sorted(
            (taken.left_at, taken.category)
            for taken in self.sendgrid.ledger
            if taken.office == office and taken.is_sent and not taken.is_notice
        )
        for (earlier, category), (later, _) in pairwise(left):
            if later - earlier < self.intervals[category] and not self._was_put_back(earlier):
                raise Fault(f"two to {office} within {later - earlier}")

    def _was_put_back(self, since: datetime) -> bool:
        return self.put_back_at is not None and since <= self.put_back_at

    def sum_up(self) -> None:
        """Look at the end of a run, when all has been told: does each letter stand where it is?"""
        for letter_id, known in self.letters.items():
            if known.state in {State.QUEUED, State.SENDING}:
                raise Fault(f"{letter_id} is still {known.state}")

    def _count(self, read: sqlite3.Connection) -> None:
        """Hold every counter against a count."""
        counted = Counter(
            read.execute("SELECT target_id, state FROM letter WHERE kind = 'letter'").fetchall()
        )
        kept = {
            (target_id, state): letters
            for target_id, state, letters in read.execute(
                "SELECT target_id, state, sum(letters) FROM tally GROUP BY target_id, state"
            )
            if letters
        }
        if kept != dict(counted):
            raise Fault(f"the tallies say {kept}, a count {dict(counted)}")
        plain = Counter(
            target_id
            for (target_id,) in read.execute(
                "SELECT target_id FROM letter WHERE plain = 1 AND state = 'queued'"
            )
        )
        for target_id, queued, gathered in read.execute("SELECT id, queued, plain FROM target"):
            if queued != counted[target_id, "queued"] or gathered != plain[target_id]:
                raise Fault(f"target {target_id} says that {queued}, {gathered} wait")

    def begin_anew(self, at: datetime) -> None:
        """Take the books as they are: they were put back to an earlier time."""
        self.put_back_at = at
        rows = self.books.execute("SELECT id, state, attempt_id, resends FROM letter").fetchall()
        before, self.letters = self.letters, {}
        for letter_id, state, attempt_id, resends in rows:
            known = before[letter_id]
            known.state, known.attempt_id, known.resends = State(state), attempt_id, resends
            known.unknown_since = None  # nothing that was unknown before is ever proven lost
            self.letters[letter_id] = known
        self._line = self.books.execute("SELECT max(id) FROM history").fetchone()[0] or 0
