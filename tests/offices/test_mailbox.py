"""One mailbox over all campaigns: its pace, what stops it, and who sits there."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from bench.bulk import fill
from letters.books import ledger
from letters.campaigns import targets
from letters.offices import mailbox
from letters.reasons import Hold
from letters.sending import gate
from letters.sending.claiming.claims import claim
from letters.states import Cause, State
from letters.storage.database import Database
from tests.support.books import Books

OFFICE = "clerk@office.example"
SPELT = ("Clerk@Office.Example", "clerk+letters@office.example")


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def leave(books: Books, minutes: int) -> list[tuple[datetime, str]]:
    """Send what may leave, looking every ten seconds; return when, and from which campaign."""
    left: list[tuple[datetime, str]] = []
    for _ in range(minutes * 6):
        claims = books.claim()
        left += [(books.now, claim.category) for claim in claims if not claim.is_notice]
        books.send_claimed(claims)
        books.wait(seconds=10)
    return left


def test_the_gap_after_a_letter_is_that_of_its_own_campaign(books: Books) -> None:
    intervals = {"slow": timedelta(minutes=6), "quick": timedelta(minutes=2)}
    books.load("slow", OFFICE, pacing="per_target_per_hour = 10")
    books.load("quick", SPELT[0], pacing="per_target_per_hour = 30")
    for slug in ("slow", "quick") * 3:
        books.write(slug)
    left = leave(books, 40)
    assert sorted(slug for _, slug in left) == ["quick"] * 3 + ["slow"] * 3
    for (before, slug), (after, _) in pairwise(left):
        assert after - before >= intervals[slug]
    # They take turns, however many each has.
    assert {slug for _, slug in left[:2]} == {slug for _, slug in left[2:4]} == set(intervals)


def test_a_bounce_in_one_campaign_stops_all_and_a_release_lets_all_go(books: Books) -> None:
    for slug, email in zip(("one", "two", "three"), (OFFICE, *SPELT), strict=True):
        books.load(slug, email, pacing="per_target_per_hour = 60")
        books.write(slug)
        books.write(slug)
    (first,) = books.send()
    books.bounce(first, "550 no such mailbox")
    books.wait(hours=1)
    assert books.send() == []
    states = {slug: books.states(slug) for slug in ("one", "two", "three")}
    assert sum(of["held"] for of in states.values()) == 5
    for slug in states:
        (target,) = books.find(slug).targets
        assert (target.hold, target.hold_words) == (Hold.BOUNCED, "550 no such mailbox")
    with books.database.write() as connection:
        assert mailbox.release(connection, SPELT[1], books.now) == 5
    assert len(leave(books, 10)) == 5


def test_what_one_campaigns_organiser_holds_stays_that_campaigns(books: Books) -> None:
    for slug in ("one", "two"):
        books.load(slug, OFFICE)
        books.write(slug)
    with books.database.write() as connection:
        targets.hold_by_hand(connection, "one", OFFICE, books.now)
    assert [claim.category for claim in books.send()] == ["two"]
    with books.database.write() as connection:
        assert mailbox.hold(connection, OFFICE, "on leave", books.now) == 0
    with books.database.write() as connection:
        assert mailbox.release(connection, OFFICE, books.now) == 0
    assert books.states("one") == {"held": 1}


def test_a_release_goes_on_past_letters_that_a_campaign_itself_holds(books: Books) -> None:
    many = mailbox.PART + 20
    for slug in ("kept", "free"):
        books.load(slug, OFFICE)
        for _ in range(many):
            books.write(slug)
    with books.database.write() as connection:
        mailbox.hold(connection, OFFICE, "on leave", books.now)
        sitting = mailbox.seated(connection, OFFICE)
    mailbox.carry_on(books.database, sitting, Cause.HOLD, books.now)
    with books.database.write() as connection:
        # Held by its own campaign too, which is not for the office to let go.
        (kept,) = books.find("kept").targets
        targets.mark_stopped(connection, kept.id, Hold.BY_ORGANISER, books.now, None)
    with books.database.write() as connection:
        queued = mailbox.release(connection, OFFICE, books.now)
    queued += len(mailbox.carry_on(books.database, sitting, Cause.RELEASE, books.now))
    assert queued == many
    assert (books.states("kept"), books.states("free")) == ({"held": many}, {"queued": many})


def test_many_letters_are_held_and_released_in_parts_and_none_leaves_between(
    database: Database,
) -> None:
    many, now = 2 * mailbox.PART + 100, datetime.now(UTC)
    fill(database, "long", many, 1, states={"queued": 1_000}, per_hour=3_600_000)
    email = "office0@harbours.example"
    with database.write() as connection:
        assert mailbox.hold(connection, email, "on leave", now) == mailbox.PART
        sitting = mailbox.seated(connection, email)
    with database.write() as connection:
        assert claim(connection, most=10, gate=gate.look(connection), now=now) == []
    assert len(mailbox.carry_on(database, sitting, Cause.HOLD, now)) == many - mailbox.PART
    with database.write() as connection:
        assert mailbox.release(connection, email, now) == mailbox.PART
    assert len(mailbox.carry_on(database, sitting, Cause.HOLD, now)) == 0  # it is released
    assert len(mailbox.carry_on(database, sitting, Cause.RELEASE, now)) == many - mailbox.PART
    with database.read() as connection:
        books = ledger.count(connection)["long"]
    assert books.reconciled
    assert books.states[State.QUEUED] == many


def test_soft_failures_are_counted_over_campaigns(books: Books) -> None:
    pacing = "per_target_per_hour = 3600000\nhold_after_soft_failures = 2"
    for slug in ("one", "two"):
        books.load(slug, OFFICE, pacing=pacing)
        books.write(slug)
        books.write(slug)
    first, second, *_ = books.send()
    books.block(first)
    books.block(second)
    with books.database.read() as connection:
        found = mailbox.find(connection, OFFICE)
    assert (found.hold, found.soft_failures) == (Hold.SOFT_FAILURES, 2)


def test_two_people_sit_at_one_mailbox(books: Books) -> None:
    books.load("lords", OFFICE, OFFICE, pacing="per_target_per_hour = 60")
    stored = books.find("lords")
    assert len(stored.targets) == 2
    books.write("lords")
    left = leave(books, 3)
    assert len(left) == 2
    assert left[1][0] - left[0][0] >= timedelta(minutes=1)
    books.load("lords", OFFICE, OFFICE)  # loaded again, they are who they were
    assert [t.id for t in books.find("lords").targets] == [t.id for t in stored.targets]


def test_a_shut_window_of_one_campaign_keeps_no_other_waiting(books: Books) -> None:
    books.load("nights", OFFICE, pacing='per_target_per_hour = 60\nwindow = "22:00-23:00"')
    books.load("days", OFFICE, pacing="per_target_per_hour = 60")
    for slug in ("nights", "days", "days"):
        books.write(slug)
    assert [slug for _, slug in leave(books, 5)] == ["days", "days"]
    books.wait(hours=13)
    assert [slug for _, slug in leave(books, 2)] == ["nights"]


def test_a_letter_goes_to_the_mended_address_at_its_own_pace(books: Books) -> None:
    books.load("trees", "wrong@office.example", pacing="per_target_per_hour = 60")
    for _ in range(2):
        books.write("trees")
    (first,) = books.send()
    books.bounce(first)
    with books.database.write() as connection:
        assert (
            targets.change_address(connection, "trees", "wrong@office.example", OFFICE, books.now)
            == 1
        )
        assert mailbox.find(connection, "wrong@office.example").hold is Hold.BOUNCED
        assert mailbox.find(connection, OFFICE).hold is None
    assert [claim.to_email for claim in books.send()] == [OFFICE]


def test_news_of_an_earlier_address_stops_no_other(books: Books) -> None:
    earlier = "old@office.example"
    books.load("trees", earlier, pacing="per_target_per_hour = 60")
    for _ in range(2):
        books.write("trees")
    (first,) = books.send()
    with books.database.write() as connection:
        targets.change_address(connection, "trees", earlier, OFFICE, books.now)
    books.bounce(first)
    with books.database.read() as connection:
        assert mailbox.find(connection, earlier).hold is Hold.BOUNCED
        assert mailbox.find(connection, OFFICE).hold is None
    books.wait(minutes=2)
    assert [claim.to_email for claim in books.send()] == [OFFICE]
    assert books.states("trees") == {"accepted": 1, "bounced": 1}


def test_what_was_not_sent_to_an_earlier_address_goes_to_the_right_one(books: Books) -> None:
    earlier = "old@office.example"
    books.load("trees", earlier, pacing="per_target_per_hour = 60")
    books.write("trees")
    (first,) = books.send()
    with books.database.write() as connection:
        targets.change_address(connection, "trees", earlier, OFFICE, books.now)
    books.tell(first, Cause.SUPPRESS, "Bounced Address", Hold.SUPPRESSED)
    with books.database.read() as connection:
        assert mailbox.find(connection, earlier).hold is Hold.SUPPRESSED
        assert mailbox.find(connection, OFFICE).hold is None
    assert [claim.to_email for claim in books.send()] == [OFFICE]
