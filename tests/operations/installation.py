"""A worker's books and Redis, without processes, and a count of how often each letter left."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from redis import Redis

from letters.sending.claiming.claimed import Claim
from letters.sending.events.take import take
from letters.sending.outcomes import Answer
from letters.states import Cause
from postbag.__main__ import main
from tests.support.books import Books, settings_as_given
from worker.bookkeeper import OpenBooks
from worker.mark import check


@dataclass
class Installation:
    """One installation of Postbag; a test puts another database into its books."""

    books: Books
    redis: Redis
    patch: pytest.MonkeyPatch
    left: Counter[str] = field(default_factory=Counter)

    def claim(self, most: int = 20) -> list[Claim]:
        """Claim as a worker does."""
        ahead = self.books.now - datetime.now(UTC)
        return OpenBooks(self.books.database, self.redis, ahead).claim(most)

    def send(self, most: int = 1_000) -> list[Claim]:
        """Send until nothing is due, as a worker does; SendGrid takes everything."""
        sent: list[Claim] = []
        while len(sent) < most and (won := self.claim(min(20, most - len(sent)))):
            self.left.update(each.letter_id for each in won)
            self.books.answer(won, Answer.TAKEN)
            self.books.wait(seconds=1)
            sent += won
        return sent

    def tell(self, of: Claim) -> None:
        """Let SendGrid post that something was delivered."""
        event = self.books.event(of, Cause.DELIVER)
        take(self.books.database, self.redis, [event], self.books.now)

    def is_behind(self) -> bool:
        """Compare books and Redis, as a worker does at its start and with each sweep."""
        return check(self.books.database, self.redis, self.books.now)

    def postbag(self, *words: str) -> int:
        """Give a command; return its exit status."""
        url = self.books.database.engine.url.render_as_string(hide_password=False)
        of = self.redis.connection_pool.connection_kwargs
        redis_url = f"unix://{of['path']}?db={of['db']}"
        for name, value in settings_as_given(DATABASE_URL=url, REDIS_URL=redis_url).items():
            self.patch.setenv(name, value)
        return main(words)
