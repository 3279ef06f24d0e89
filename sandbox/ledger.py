"""Keep the books of all mail send requests: what came in, when, and what was done about it.

Crash tests judge by these books, so an entry is made the moment the decision falls and before
anything is answered: a message counts as taken even when its answer is lost on the way.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.mail.messages import Message, Recipient
from sandbox.mail.shapes import Json


@dataclass(frozen=True, slots=True)
class Entry:
    """One complete request: `received_at` in Unix seconds, `answer` a status or what was done."""

    n: int
    received_at: float
    letter_id: str | None
    notice_id: str | None
    attempt_id: str | None
    to: str
    answer: str
    taken: bool

    def as_json(self) -> dict[str, Json]:
        """Give the entry in the form of ledger.json."""
        return {name: getattr(self, name) for name in Entry.__slots__}


class Ledger:
    """Every request since the start, and every message taken before it."""

    def __init__(self, earlier: Iterable[Message] = ()) -> None:
        """Open the books with the messages taken in earlier runs."""
        self._entries: list[Entry] = []
        self._next_n = 1
        for message in earlier:
            recipient = next(message.recipients())
            self._enter(message.n, message.received_at, recipient, "202", taken=True)

    def next_n(self) -> int:
        """Give the number that the next entry will have."""
        return self._next_n

    def enter(self, received_at: float, recipient: Recipient, answer: str, *, taken: bool) -> int:
        """Enter one request and return its number."""
        return self._enter(self._next_n, received_at, recipient, answer, taken=taken)

    def as_json(self) -> list[dict[str, Json]]:
        """Give all entries in the form of ledger.json, oldest first."""
        return [entry.as_json() for entry in self._entries]

    def _enter(
        self, n: int, received_at: float, recipient: Recipient, answer: str, *, taken: bool
    ) -> int:
        ids = recipient.custom_args
        self._entries.append(
            Entry(
                n,
                received_at,
                ids.get("letter_id"),
                ids.get("notice_id"),
                ids.get("attempt_id"),
                recipient.email,
                answer,
                taken,
            )
        )
        self._next_n = n + 1
        return n
