"""Letters whose target cannot be written to: a person decides, and writers are asked."""

import pytest

from letters.campaigns import targets
from letters.campaigns.targets import CannotDecide, Objection
from letters.reasons import Hold
from letters.receipts import receipt as receipts
from letters.receipts import successors
from letters.receipts.successors import CannotSendOn, Obstacle
from letters.storage.database import Database
from tests.support.books import URL, Books

A, B = "a@x.example", "b@x.example"


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def bounced(books: Books, waiting: int) -> str:
    """Let the first of some letters to A bounce; return the address of a writer who waits."""
    books.load("trees", A, B, pacing="per_target_per_hour = 60", more='routing = "choice"')
    for _ in range(waiting):
        books.write("trees", targets=[0])
    writer = books.write("trees", targets=[0])
    (letter,) = books.send()
    books.bounce(letter)
    assert books.states("trees") == {"bounced": 1, "held": waiting}
    return writer


def change(books: Books, what: str, *arguments: str) -> None:
    with books.database.write() as connection:
        getattr(targets, what)(connection, "trees", *arguments, books.now)


def test_a_released_target_gets_its_letters(books: Books) -> None:
    bounced(books, 2)
    change(books, "release", A)
    assert books.states("trees") == {"bounced": 1, "queued": 2}
    books.wait(minutes=2)
    assert [c.to_email for c in books.send()] == [A]


def test_an_address_can_be_mended(books: Books) -> None:
    bounced(books, 2)
    change(books, "change_address", A, "right@x.example")
    assert books.states("trees") == {"bounced": 1, "queued": 2}
    books.wait(minutes=2)
    assert [c.to_email for c in books.send()] == ["right@x.example"]


def test_an_organiser_can_hold_a_target_and_let_it_go_again(books: Books) -> None:
    books.load("trees", A)
    books.write("trees")
    change(books, "hold_by_hand", A)
    books.write("trees")
    assert books.send() == []
    assert books.states("trees") == {"held": 2}
    change(books, "release", A)
    assert books.states("trees") == {"queued": 2}


@pytest.mark.parametrize(
    ("what", "arguments", "objection"),
    [
        ("change_address", (A, "nowhere"), Objection.NO_ADDRESS),
        ("release", ("c@x.example",), Objection.NO_TARGET),
        ("name_successor", (A, A), Objection.ITSELF),
    ],
)
def test_what_cannot_be_decided_is_refused_with_its_reason(
    books: Books, what: str, arguments: tuple[str, ...], objection: Objection
) -> None:
    bounced(books, 1)
    with pytest.raises(CannotDecide, match=objection.name):
        change(books, what, *arguments)
    assert books.states("trees") == {"bounced": 1, "held": 1}


def test_a_run_of_soft_failures_holds_a_target(books: Books) -> None:
    pacing = "per_target_per_hour = 3600000\nhold_after_soft_failures = 3"
    books.load("trees", A, pacing=pacing)
    for _ in range(5):
        books.write("trees")
    first, second, third, *_ = books.send()
    books.block(first)
    books.block(second)
    books.write("trees")
    assert books.states("trees")["queued"] == 1
    books.block(third, "421 4.7.0 try later")
    assert books.states("trees") == {"bounced": 3, "accepted": 2, "held": 1}
    (held,) = books.find("trees").targets
    assert (held.hold, held.hold_words) == (Hold.SOFT_FAILURES, "421 4.7.0 try later")


def test_one_delivery_between_failures_begins_the_count_anew(books: Books) -> None:
    pacing = "per_target_per_hour = 3600000\nhold_after_soft_failures = 2"
    books.load("trees", A, pacing=pacing)
    for _ in range(3):
        books.write("trees")
    first, second, third = books.send()
    books.block(first)
    books.deliver(second)
    books.block(third)
    assert books.find("trees").targets[0].hold is None


def test_writers_are_asked_before_a_letter_goes_to_a_successor(books: Books) -> None:
    writer = bounced(books, 1)
    change(books, "name_successor", A, B)
    books.sweep()
    books.sweep()
    question = books.mails(writer)[-1]
    assert question.subject == "May your letter go to somebody else? Keep the harbour's trees"
    assert "Minister 2, the Second has taken over" in question.body
    assert any(line.startswith(f"{URL}/l/") for line in question.body.split("\n"))
    assert len(books.mails(writer)) == 2
    books.wait(minutes=5)
    assert books.send() == []  # nothing moves without a yes
    send_on(books, writer, "Dear Minister 2,\n\nPlease.\n\nAna")
    (sent,) = books.send()
    assert (sent.to_email, sent.body) == (B, "Dear Minister 2,\n\nPlease.\n\nAna")
    assert books.states("trees") == {"bounced": 1, "accepted": 1}


def test_a_writer_who_wrote_to_the_successor_already_writes_no_second_letter(books: Books) -> None:
    writer = bounced(books, 1)
    books.write("trees", writer, targets=[1])
    change(books, "name_successor", A, B)
    books.sweep()
    with pytest.raises(CannotSendOn, match=Obstacle.HAS_WRITTEN.name):
        send_on(books, writer, "Dear Minister 2")
    assert books.states("trees") == {"bounced": 1, "held": 1, "queued": 1}


def test_without_a_word_from_its_writer_the_letter_expires(books: Books) -> None:
    bounced(books, 1)
    change(books, "name_successor", A, B)
    books.sweep()
    books.wait(days=15)
    books.sweep()
    assert books.states("trees") == {"bounced": 1, "expired": 1}


def test_a_successor_is_taken_back_while_no_writer_has_been_asked(books: Books) -> None:
    """A mail that waits to leave is withdrawn; what held the target before holds it still."""
    bounced(books, 2)
    with pytest.raises(CannotDecide, match=Objection.NO_SUCCESSOR.name):
        take_back(books)
    change(books, "name_successor", A, B)
    books.sweep()
    assert take_back(books) == 0
    books.wait(minutes=5)
    assert books.send() == []
    assert questions(books) == 0
    assert books.find("trees").targets[0].hold is Hold.BOUNCED

    change(books, "name_successor", A, B)
    books.sweep()
    books.send()
    assert questions(books) == 2
    with pytest.raises(CannotDecide, match=Objection.ASKED.name):
        take_back(books)


def questions(books: Books) -> int:
    """Give how many writers were asked about a successor."""
    return sum(mail.subject.startswith("May your letter") for mail in books.mailed.values())


def test_letters_go_on_where_a_successor_alone_held_them(books: Books) -> None:
    books.load("trees", A, B)
    books.write("trees", targets=[0])
    change(books, "name_successor", A, B)
    books.sweep()
    assert books.states("trees") == {"held": 1}
    assert take_back(books) == 1
    assert [claim.to_email for claim in books.send()] == [A]


def take_back(books: Books) -> int:
    with books.database.write() as connection:
        return successors.take_back(connection, "trees", A, books.now)


def test_the_proposed_text_greets_the_successor(books: Books) -> None:
    bounced(books, 1)
    stored = books.find("trees")
    left, follows = stored.targets
    text = "Dear Minister 1,\n\nPlease."
    assert successors.proposed_text(stored, text, left, follows) == "Dear Minister 2,\n\nPlease."
    own = "Good morning,\n\nPlease."
    assert successors.proposed_text(stored, own, left, follows) == own


def send_on(books: Books, writer: str, text: str) -> None:
    submission_id = first_submission(books, writer)
    with books.database.read() as connection:
        receipt = receipts.read(connection, submission_id, books.now)
    with books.database.write() as connection:
        successors.send_on(
            connection, submission_id, receipt.letters[0].id, "Keep the trees", text, books.now
        )


def first_submission(books: Books, writer: str) -> str:
    link = next(line for line in books.mails(writer)[0].body.split("\n") if URL in line)
    return books.tokens.read_receipt(link.removeprefix(f"{URL}/l/"))
