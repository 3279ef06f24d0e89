"""What goes to many reaches each once, over workers that are killed on the way, beside letters.

The short run writes to a few dozen; with --long an answer goes to 1,000, and an update to 10,000 at
50 a second.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, update

from letters.answers import office
from letters.campaign import Status
from letters.campaigns import store
from letters.notices.links import Links
from letters.record import COMMAND_LINE
from letters.states import State
from letters.storage.schema import letter, submission
from letters.updates import deliver
from rig.servers import wait_for
from tests.faults.conftest import StartStack
from tests.faults.judge import sweep_later
from tests.support.books import Books, settings
from tests.support.seldom import seldom
from tests.support.stack import SECRET_KEY, Stack
from tests.updates.updates import Updates

PAGE = 'office_page = true\nreplies = "through-us"\n'
FAST = "per_target_per_hour = 360000"
PATIENCE_SECONDS = 900.0


@dataclass
class Many:
    """Those who wrote in one campaign, whose letters have arrived."""

    stack: Stack
    books: Books
    emails: list[str]

    @classmethod
    def who_wrote(cls, stack: Stack, number: int, slug: str = "trees") -> "Many":
        """Let so many write, and their letters arrive, while no worker runs."""
        books = Books(stack.database, datetime.now(UTC), settings(SECRET_KEY=SECRET_KEY))
        stack.load(slug, "minister@harbours.example", pacing=FAST, more=PAGE)
        emails = [books.write(slug) for _ in range(number)]
        while sent := books.send():
            for one in sent:
                books.deliver(one)
            books.wait(seconds=10)
        with stack.database.write() as connection:
            connection.execute(update(submission).values(confirmed_at=books.now))
        return cls(stack, books, emails)

    def got(self, subject: str) -> list[str]:
        """Give whom the stand-in has taken mail of this subject for, in the order taken."""
        return [to(m) for m in self.stack.stand_in.outbox() if m["subject"] == subject]

    def states(self, mailing_id: str) -> Counter[State]:
        with self.stack.database.read() as connection:
            wanted = select(letter.c.state).where(letter.c.mailing_id == mailing_id)
            return Counter(State(state) for state in connection.execute(wanted).scalars())

    def went_to(self, mailing_id: str) -> set[str]:
        """Give whom it was queued for, without those who ended updates before it left."""
        with self.stack.database.read() as connection:
            wanted = (
                select(submission.c.email)
                .select_from(letter.join(submission))
                .where(letter.c.mailing_id == mailing_id, letter.c.state != State.CANCELLED)
            )
            return set(connection.execute(wanted).scalars())


def to(message: dict[str, Any]) -> str:
    return str(message["personalizations"][0]["to"][0]["email"])


def release_answer(many: Many) -> tuple[str, str]:
    """Let the office answer everybody, and release it; give its id and subject."""
    links, now = Links(many.stack.url, many.stack.tokens), datetime.now(UTC)
    campaign = many.books.find("trees")
    with many.stack.database.write() as connection:
        assert office.offer(connection, links, campaign.targets[0].id, "We keep them.", now)
        (offered,) = office.offered(connection, campaign.id)
        assert offered.writers == len(many.emails)
        office.decide(connection, campaign.id, offered.id, now, COMMAND_LINE, releases=True)
    return offered.id, f"An answer from {campaign.targets[0].target.name}"


def release_update(many: Many) -> tuple[str, str]:
    updates = Updates(many.books)
    mailing_id = updates.draft()
    updates.release(mailing_id)
    return mailing_id, "News of the trees"


@pytest.mark.parametrize("release", [release_answer, seldom(release_update)])
def test_it_reaches_each_once_over_two_workers_that_are_killed(
    release: Callable[[Many], tuple[str, str]],
    start_stack: StartStack,
    is_long: bool,
    say: Callable[[str], None],
) -> None:
    stack = start_stack(worker_count=0, SEND_TIMEOUT="1", SEND_RATE="200" if is_long else "40")
    number = 1_000 if is_long else 40
    many = Many.who_wrote(stack, number)
    mailing_id, subject = release(many)
    for share in (0, 3):  # as soon as some are queued, and when some have left
        worker = stack.start_worker()
        wait_for(lambda: many.states(mailing_id), PATIENCE_SECONDS)
        wait_for(
            lambda share=share: len(many.got(subject)) >= share * number // 8,  # type: ignore[misc]
            PATIENCE_SECONDS,
        )
        stack.kill_worker(worker)
        stack.workers.remove(worker)
    sweep_later(stack)
    stack.start_worker()
    ends = {State.DELIVERED, State.UNKNOWN}
    wait_for(lambda: set(many.states(mailing_id)) <= ends, PATIENCE_SECONDS)
    stack.stop_workers()
    found, states = Counter(many.got(subject)), many.states(mailing_id)
    assert set(found.values()) == {1}
    assert states.total() == number
    assert len(found) == states[State.DELIVERED]
    assert set(found) <= set(many.emails)
    assert stack.books("trees")  # they reconcile
    say(f"{number} writers: {len(found)} got it once, {states[State.UNKNOWN]} visibly unknown")


@pytest.mark.long
def test_letters_have_half_of_what_leaves_beside_an_update(
    start_stack: StartStack, is_long: bool, say: Callable[[str], None]
) -> None:
    stack = start_stack(worker_count=0, SEND_RATE="50")
    number, letters = (10_000, 2_000) if is_long else (60, 40)
    many = Many.who_wrote(stack, number)
    stack.load("quays", *(f"office-{n}@quays.example" for n in range(20)), pacing=FAST)
    with stack.database.write() as connection:
        store.set_status(connection, "quays", Status.PAUSED, many.books.now, COMMAND_LINE)
    for _ in range(letters // 20):
        many.books.write("quays")
    many.books.send()  # the links to their receipts: mail to one goes before all else
    with stack.database.write() as connection:
        store.set_status(connection, "quays", Status.LIVE, many.books.now, COMMAND_LINE)
    mailing_id, subject = release_update(many)
    links = Links(stack.url, stack.tokens)
    deliver.deliver(stack.database, links, mailing_id, many.books.now, steps=number)
    stack.start_worker()
    stack.start_worker()
    wait_for(lambda: len(many.got(subject)) > number // 10, PATIENCE_SECONDS)
    early = set(many.got(subject))
    late = [email for email in many.emails if email not in early][-20:]
    for email in late:
        Updates(many.books).unsubscribe(email)
    stopped = set(late) - many.went_to(mailing_id)  # what had been claimed by then still arrives
    # Not only claimed: what does not leave in time is given back, and waits once more.
    ends = {State.DELIVERED, State.CANCELLED}
    wait_for(lambda: set(many.states(mailing_id)) <= ends, PATIENCE_SECONDS)
    wait_for(lambda: set(stack.states("quays")) == {"delivered"}, PATIENCE_SECONDS)
    stack.stop_workers()
    sent = stack.stand_in.outbox()
    sorts = ["letter" if "letter" in m["categories"] else "update" for m in sent]
    last = max(n for n, sort in enumerate(sorts) if sort == "letter")
    assert sorts.count("letter") == letters
    assert last + 1 <= 2 * letters + 20  # a claim or two of each worker are not alike
    got = Counter(many.got(subject))
    assert set(got.values()) == {1}
    assert not stopped & set(got)
    assert set(got) == set(many.emails) - stopped
    say(
        f"{letters} letters beside {number} updates: the last letter was request {last + 1}; "
        f"{len(stopped)} ended updates while theirs waited, and got none"
    )
