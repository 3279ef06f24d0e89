"""Write to those who took part, without processes."""

from collections.abc import Sequence
from dataclasses import dataclass

from letters.notices import mailings
from letters.notices.mailings import Audience, Draft, Sort
from letters.record import COMMAND_LINE
from letters.sending.claiming.claimed import Claim
from letters.states import State
from letters.storage.database import Database
from letters.updates import recipients, unsubscribe
from tests.support.books import Books

ASKED = 'confirm = "before-sending"\n'


@dataclass
class Updates:
    """An organiser who sends updates."""

    books: Books

    @property
    def database(self) -> Database:
        return self.books.database

    def writers(
        self, number: int, slug: str = "trees", targets: Sequence[int] | None = None
    ) -> list[str]:
        """Let so many write, and say yes; give their addresses."""
        found = [self.books.write(slug, targets=targets) for _ in range(number)]
        for email in found:
            self.books.confirm(email)
        return found

    def draft(
        self,
        slug: str = "trees",
        text: str = "We won.",
        audience: Audience = Audience.WRITERS,
        *,
        later: bool = False,
    ) -> str:
        draft = Draft(Sort.UPDATE, audience, "News of the trees", text, later)
        campaign_id = self.books.find(slug).id
        with self.database.write() as connection:
            return mailings.keep(connection, campaign_id, None, draft, self.books.now)

    def release(self, mailing_id: str, slug: str = "trees") -> None:
        campaign_id = self.books.find(slug).id
        with self.database.write() as connection:
            seen = mailings.find(connection, campaign_id, mailing_id).draft.seen
            mailings.release(
                connection, campaign_id, mailing_id, seen, self.books.now, COMMAND_LINE
            )

    def send(self, slug: str = "trees", **more: object) -> str:
        """Release an update and queue it."""
        mailing_id = self.draft(slug, **more)  # type: ignore[arg-type]
        self.release(mailing_id, slug)
        self.books.sweep()
        return mailing_id

    def number(self, mailing_id: str, slug: str = "trees") -> int:
        with self.database.read() as connection:
            found = mailings.find(connection, self.books.find(slug).id, mailing_id)
            return recipients.number(connection, self.books.tokens, found)

    def states(self, mailing_id: str) -> dict[State, int]:
        with self.database.read() as connection:
            return dict(mailings.counts(connection, [mailing_id])[mailing_id])

    def pause(self, mailing_id: str, slug: str = "trees") -> None:
        with self.database.write() as connection:
            campaign_id = self.books.find(slug).id
            mailings.pause(connection, campaign_id, mailing_id, self.books.now, COMMAND_LINE)

    def resume(self, mailing_id: str, slug: str = "trees") -> None:
        with self.database.write() as connection:
            campaign_id = self.books.find(slug).id
            mailings.resume(connection, campaign_id, mailing_id, self.books.now, COMMAND_LINE)

    def unsubscribe(self, email: str) -> None:
        with self.database.write() as connection:
            submission_id = self.books.submission(email)
            unsubscribe.stop(connection, self.books.tokens, submission_id, self.books.now)

    def got(self) -> list[Claim]:
        """Let all leave that may; give the updates among it."""
        found: list[Claim] = []
        while claims := self.books.claim():
            self.books.send_claimed(claims)
            found += [claim for claim in claims if claim.updates_to is not None]
        return found
