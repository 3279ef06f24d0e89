"""Letters left as they were go to an office as one digest, and each keeps its own place."""

import pytest

from letters.receipts import erasure
from letters.receipts import receipt as receipts
from letters.sending.outcomes import Answer
from letters.storage.database import Database
from letters.storage.schema import account
from letters.text import compose
from tests.support.books import START, Books

MORE = 'identical = "digest"'


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def leave_as_it_is(books: Books, slug: str = "trees", email: str = "") -> str:
    stored = books.find(slug)
    campaign, target = stored.campaign, stored.targets[0].target
    values = compose.merge_values(target, name="Ana Reed")
    body = compose.body(campaign, values, [p.key for p in campaign.letter.points])
    return books.write(slug, email, text=compose.text(campaign, values, reason="", body=body))


def test_a_digest_of_250_letters_is_one_mail_and_250_states(books: Books, is_long: bool) -> None:
    letters = 250 if is_long else 40
    books.load("trees", more=MORE)
    for _ in range(letters):
        leave_as_it_is(books)
    (sent,) = books.send()
    assert sent.body.count("\nAna Reed") == letters
    assert f"{letters} people sent you the letter below" in sent.body
    assert sent.from_name == "Keep the harbour's trees"
    assert sent.reply_to is None
    assert books.states("trees") == {"accepted": letters}
    books.deliver(sent)
    assert books.states("trees") == {"delivered": letters}


def test_personal_letters_go_one_by_one(books: Books) -> None:
    books.load("trees", more=MORE)
    leave_as_it_is(books)
    leave_as_it_is(books)
    books.write("trees", text="Dear Minister 1,\n\nMy own words.\n\nAna")
    (digest,) = books.send()
    books.wait(minutes=5)
    (personal,) = books.send()
    assert "2 people" in digest.body
    assert personal.body == "Dear Minister 1,\n\nMy own words.\n\nAna"
    assert books.states("trees") == {"accepted": 3}


def test_the_next_digest_waits_a_day_and_personal_letters_do_not(books: Books) -> None:
    books.load("trees", more=MORE)
    leave_as_it_is(books)
    books.send()
    leave_as_it_is(books)
    books.write("trees")
    books.wait(minutes=5)
    (personal,) = books.send()
    assert "Please." in personal.body
    due = books.sweep().due_at
    assert due is not None
    assert 23 < (due - START).total_seconds() / 3_600 < 25
    books.wait(hours=24)
    (digest,) = books.send()
    assert "1 person sent you" in digest.body
    assert books.states("trees") == {"accepted": 3}


def test_a_digest_leaves_for_an_office_that_another_campaign_writes_to_as_well(
    books: Books,
) -> None:
    books.load("quay")
    books.load("trees", more=MORE)  # to the same mailbox
    leave_as_it_is(books)
    (digest,) = books.send()
    assert "1 person sent you" in digest.body


def test_a_digest_that_is_not_taken_leaves_again_at_once(books: Books) -> None:
    books.load("trees", more=MORE)
    for _ in range(3):
        leave_as_it_is(books)
    claims = [c for c in books.claim() if not c.is_notice]
    books.answer(claims, Answer.SLOW_DOWN)
    assert books.states("trees") == {"queued": 3}
    with books.database.write() as connection:
        connection.execute(account.update().values(not_before=None))
    books.wait(seconds=5)
    (digest,) = books.send()
    assert "3 people" in digest.body


def test_a_lost_digest_is_settled_by_its_event_or_by_a_person(books: Books) -> None:
    books.load("trees", more=MORE)
    for _ in range(3):
        leave_as_it_is(books)
    (digest,) = [c for c in books.claim() if not c.is_notice]
    books.answer([digest], Answer.UNKNOWN)
    assert books.states("trees") == {"unknown": 3}
    books.bounce(digest)
    assert books.states("trees") == {"bounced": 3}


def test_a_dead_workers_digest_is_unknown_as_a_whole(books: Books) -> None:
    books.load("trees", more=MORE)
    for _ in range(3):
        leave_as_it_is(books)
    books.claim()
    books.wait(minutes=5)
    books.sweep()
    assert books.states("trees") == {"unknown": 3}


def test_a_letter_that_its_writer_changes_leaves_the_digest(books: Books) -> None:
    books.load("trees", more=MORE)
    writer = leave_as_it_is(books)
    leave_as_it_is(books)
    submission_id = books.submission(writer)
    with books.database.write() as connection:
        receipt = receipts.read(connection, submission_id, books.now)
        letter_id = receipt.letters[0].id
        receipts.edit(connection, submission_id, letter_id, "S", "My own words.", books.now)
    (digest,) = books.send()
    books.wait(minutes=5)
    (personal,) = books.send()
    assert "1 person sent you" in digest.body
    assert personal.body == "My own words."


def test_whoever_withdraws_is_not_in_the_digest(books: Books) -> None:
    books.load("trees", more=MORE)
    writer = leave_as_it_is(books)
    leave_as_it_is(books)
    with books.database.write() as connection:
        erasure.erase(connection, books.submission(writer), books.now)
    (digest,) = books.send()
    assert "1 person sent you" in digest.body
    assert books.states("trees") == {"accepted": 1, "cancelled": 1}
