"""Before a vote: letters leave singly as long as they can, and the rest goes in time in bundles."""

import re
from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from letters.answers import office as offices
from letters.offices import mailbox
from letters.pacing.bundles import How
from letters.receipts import receipt as receipts
from letters.record import Deed, entries
from letters.sending.claiming.claimed import Claim
from letters.sending.claiming.due import next_due
from letters.sending.outcomes import Answer
from letters.states import Cause
from letters.storage.database import Database
from letters.text import compose
from tests.support.books import START, Books
from worker.wall.request_body import request_body

OFFICES = ("one@office.example", "two@office.example", "three@office.example")
HOUR = timedelta(hours=1)


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def load(books: Books, hours: float, *offices: str, per_hour: int = 30, more: str = "") -> datetime:
    """Load a campaign about a vote in so many hours; return when that is."""
    vote = START + hours * HOUR
    matters = f'routing = "choice"\nmatters_by = {vote:%Y-%m-%dT%H:%M:%S}\n'
    pacing = f"per_target_per_hour = {per_hour}"
    books.load("trees", *offices, pacing=pacing, more=matters + more)
    return vote


def leave_as_it_is(books: Books, place: int = 0) -> str:
    stored = books.find("trees")
    campaign, target = stored.campaign, stored.targets[place].target
    values = compose.merge_values(target, name="Ana Reed")
    body = compose.body(campaign, values, [p.key for p in campaign.letter.points])
    text = compose.text(campaign, values, reason="", body=body)
    return books.write("trees", text=text, targets=[place])


def write(books: Books, number: int) -> str:
    """Hand in a letter to one of the offices in turn, every other in words of its own."""
    place = number % len(OFFICES)
    if number % 2 == 0:
        return leave_as_it_is(books, place)
    text = f"Dear Minister,\n\nWord {number}.\n\nAna"
    return books.write("trees", text=text, targets=[place])


def send_until(books: Books, end: datetime) -> dict[str, list[tuple[datetime, Claim]]]:
    """Let everything leave that is due before `end`, each at its time; return it by office."""
    left: dict[str, list[tuple[datetime, Claim]]] = defaultdict(list)
    while True:
        for claim in books.claim():
            books.send_claimed([claim])
            if not claim.is_notice:
                left[claim.to_email].append((books.now, claim))
        with books.database.read() as connection:
            due = next_due(connection, books.now)
        if due is None or due >= end:
            return left
        books.now = max(due, books.now + timedelta(milliseconds=1))


def is_bundle(claim: Claim) -> bool:
    return claim.reply_to is None


def withdraw(books: Books, email: str) -> None:
    with books.database.write() as connection:
        submission_id = books.submission(email)
        (one,) = receipts.read(connection, submission_id, books.now).letters
        receipts.cancel(connection, submission_id, [one.id], books.now)


def test_all_leave_before_the_vote_singles_first(books: Books, is_long: bool) -> None:
    letters, hours, per_hour = (5_000, 48, 30) if is_long else (120, 3, 10)
    vote = load(books, hours, *OFFICES, per_hour=per_hour)
    emails = [write(books, n) for n in range(letters)]
    books.now = START
    left = send_until(books, START + hours / 2 * HOUR)
    gone = letters - 1 if letters % 2 == 0 else letters - 2
    withdraw(books, emails[gone])
    for office, more in send_until(books, vote + HOUR).items():
        left[office] += more
    assert books.states("trees") == {"accepted": letters - 1, "cancelled": 1}
    for office in OFFICES:
        times = [at for at, _ in left[office]]
        assert all(b - a >= HOUR / per_hour for a, b in pairwise(times))
        assert vote - 2 * HOUR < times[-1] < vote - HOUR
        together = [is_bundle(claim) for _, claim in left[office]]
        singles = together.count(False)
        assert together == [False] * singles + [True]  # one bundle, after all singles
        assert per_hour * (hours - 1) - 10 <= singles < per_hour * (hours - 1)
    everything = "".join(claim.body for at_one in left.values() for _, claim in at_one)
    words = sorted(map(int, re.findall(r"^Word ([0-9]+)\.$", everything, re.MULTILINE)))
    assert words == [n for n in range(1, letters, 2) if n != gone]
    for office in OFFICES:
        for _, claim in left[office]:
            books.tell(claim, Cause.BOUNCE if office == OFFICES[0] else Cause.DELIVER)
    refused = len([n for n in range(0, letters, 3) if n != gone])
    assert books.states("trees") == {
        "bounced": refused,
        "cancelled": 1,
        "delivered": letters - 1 - refused,
    }


def test_a_bundle_has_personal_letters_whole_and_names_of_the_others(books: Books) -> None:
    vote = load(books, 2, "one@office.example", per_hour=2)
    for n in range(4):
        leave_as_it_is(books)
        books.write("trees", "ana@readers.example" if n == 3 else "", text=f"Word {n}.\n\n Ana ")
    books.now = START
    (left,) = send_until(books, vote).values()
    assert [is_bundle(claim) for _, claim in left] == [False, True]
    bundle = left[-1][1]
    assert bundle.subject == "7 letters: Keep the harbour's trees"
    assert "7 people wrote to you on 2 March 2026, in the campaign “Keep" in bundle.body
    assert (
        "Letter 4 of 4\nFrom: Ana Reed\nana@readers.example\nSubject: Keep the trees\n\n"
        "Word 3.\n\n Ana \n\n"
    ) in bundle.body
    assert "3 people sent you this letter as the campaign offers it:\n\nI walk" in bundle.body
    assert bundle.body.endswith("Yours sincerely,\n\nAna Reed\nAna Reed\nAna Reed")


def test_a_bundle_of_more_than_a_megabyte_is_several_mails(books: Books) -> None:
    vote = load(books, 3, "one@office.example", per_hour=6)
    for n in range(120):
        books.write("trees", text=f"Word {n}.\n\n" + "ü" * 5_000)
    books.now = START
    (left,) = send_until(books, vote).values()
    bundles = [claim for _, claim in left if is_bundle(claim)]
    assert len(bundles) == 2
    assert all(len(claim.body.encode()) <= 1_000_000 for claim in bundles)
    assert [is_bundle(claim) for _, claim in left[-2:]] == [True, True]
    assert books.states("trees") == {"accepted": 120}


def test_whoever_says_no_to_the_bundle_waits_for_a_turn(books: Books) -> None:
    vote = load(books, 2, "one@office.example", per_hour=2)
    writers = [books.write("trees", text=f"Word {n}.") for n in range(8)]
    books.now = START
    with books.database.write() as connection:
        submission_id = books.submission(writers[6])
        (one,) = receipts.read(connection, submission_id, books.now).letters
        assert one.goes_with_others
        assert one.due_at is not None
        assert one.due_at < vote - HOUR
        receipts.go_alone(connection, submission_id, one.id)
        (one,) = receipts.read(connection, submission_id, books.now).letters
        assert not one.goes_with_others
    (left,) = send_until(books, vote + HOUR).values()
    assert [is_bundle(claim) for _, claim in left] == [False, True, False]
    assert left[-1][1].body == "Word 6."
    assert books.states("trees") == {"accepted": 8}


def test_digests_of_the_last_day_go_with_the_bundle(books: Books) -> None:
    vote = load(books, 4, "one@office.example", per_hour=6, more='identical = "digest"\n')
    leave_as_it_is(books)
    books.now = START
    left = send_until(books, START + HOUR)
    assert not left  # it would be the one mail of the day, and more may come
    for n in range(40):
        books.write("trees", text=f"Word {n}.")
    (left_then,) = send_until(books, vote).values()
    assert [is_bundle(claim) for _, claim in left_then].count(True) == 1
    assert is_bundle(left_then[-1][1])
    assert books.states("trees") == {"accepted": 41}


def test_an_office_gets_one_bundle_a_day_over_all_campaigns(books: Books, is_long: bool) -> None:
    # Three campaigns write to one mailbox in other spellings, faster than it may be written to;
    # their votes are some hours apart, and each letter has to be there before its own.
    letters, hours, per_hour = (600, 72, 4) if is_long else (30, 72, 1)
    spellings = {"trees": "Clerk@Office.example", "parks": "clerk+p@office.example"}
    spellings |= {"quays": "clerk@OFFICE.example"}
    votes = {}
    for n, (slug, address) in enumerate(spellings.items()):
        votes[slug] = START + (hours - 10 * n) * HOUR
        matters = f"matters_by = {votes[slug]:%Y-%m-%dT%H:%M:%S}\n"
        books.load(slug, address, pacing=f"per_target_per_hour = {per_hour}", more=matters)
    for n in range(letters):
        for slug in spellings:
            books.write(slug, text=f"Word {n} of {slug}.")
    books.now = START
    left = [one for found in send_until(books, START + hours * HOUR).values() for one in found]
    left.sort(key=lambda one: one[0])
    assert all(b[0] - a[0] >= HOUR / per_hour for a, b in pairwise(left))
    together = [at for at, claim in left if is_bundle(claim)]
    assert all(b - a >= 24 * HOUR for a, b in pairwise(together))
    for slug, vote in votes.items():
        assert books.states(slug) == {"accepted": letters}
        for n in range(letters):
            (at,) = [at for at, c in left if f"Word {n} of {slug}.\n" in f"{c.body}\n"]
            assert at < vote
    (bundle, *_) = [claim for _, claim in left if is_bundle(claim)]
    slugs = [bundle.category, *bundle.along]
    assert len(slugs) > 1
    body = request_body(bundle, "letters@postbag.example")
    assert set(body["categories"]) == {*slugs, "letter"}
    assert body["headers"]["X-Campaign"] == ", ".join(slugs)
    books.bounce(bundle)
    assert sum(books.states(slug)["bounced"] for slug in slugs) == int(bundle.subject.split()[0])


def test_a_bundle_that_was_not_taken_goes_again_as_one(books: Books) -> None:
    vote = START + 2 * HOUR
    matters = f"matters_by = {vote:%Y-%m-%dT%H:%M:%S}\n"
    for slug in ("trees", "parks"):
        books.load(slug, "clerk@office.example", pacing="per_target_per_hour = 2", more=matters)
        for n in range(4):
            books.write(slug, text=f"Word {n} of {slug}.")
    books.now = START
    while not (claims := [claim for claim in books.claim() if is_bundle(claim) and claim.along]):
        books.wait(minutes=30)
    books.answer(claims, Answer.SLOW_DOWN)
    assert sum(books.states(slug).get("sending", 0) for slug in ("trees", "parks")) <= 1
    books.wait(minutes=31)  # its slot is spent
    (again,) = [claim for claim in books.claim() if claim.along]
    assert again.subject == claims[0].subject
    assert again.attempt_id != claims[0].attempt_id


def test_an_office_that_wishes_one_message_a_day_gets_that(books: Books) -> None:
    office = "minister@harbours.example"
    for slug in ("trees", "parks"):
        books.load(slug, office, more="office_page = true")
        for n in range(3):
            books.write(slug, text=f"Word {n} of {slug}.")
    target_id = books.find("trees").targets[0].id
    with books.database.write() as connection:
        offices.wish(connection, target_id, How.DAILY, books.now)
        assert mailbox.find(connection, office).how == How.DAILY
        told = {e.slug: e.detail for e in entries(connection) if e.deed is Deed.WISHED}
        assert told == dict.fromkeys(("trees", "parks"), f"{office}: daily")
    ((_, first),) = send_until(books, books.now + HOUR)[office]
    assert first.subject == "6 letters from 2 campaigns"
    writer = books.write("trees", text="Word 4 of trees.")
    books.write("parks", text="Word 4 of parks.")
    with books.database.read() as connection:
        (one,) = receipts.read(connection, books.submission(writer), books.now).letters
        assert one.office_wishes is How.DAILY
        assert one.due_at is not None
        assert one.due_at - books.now > 22 * HOUR
    assert not send_until(books, books.now + 22 * HOUR)
    with books.database.write() as connection:
        offices.wish(connection, target_id, How.WEEKLY, books.now)
    ((_, second),) = send_until(books, books.now + 48 * HOUR)[office]
    assert second.body.count("Word 4 of") == 2
    books.write("trees")
    books.write("parks")
    assert not send_until(books, books.now + 48 * HOUR)
    with books.database.write() as connection:
        offices.wish(connection, target_id, How.EACH, books.now)
    singles = send_until(books, books.now + HOUR)[office]
    assert [is_bundle(claim) for _, claim in singles] == [False, False]
    assert books.states("trees") == books.states("parks") == {"accepted": 5}
