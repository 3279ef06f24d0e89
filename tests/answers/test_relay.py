"""What an office answers reaches the writer once, and its text does not stay."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
from sqlalchemy import event, select

from letters.books import ledger
from letters.desk import trouble
from letters.mail.kinds import Kind
from letters.receipts import erasure
from letters.sending import settling
from letters.sending.outcomes import Answer
from letters.states import Cause
from letters.storage.database import Database
from letters.storage.schema import answer, writing
from rig.inbound import parsed_post, raw_message, raw_post
from tests.answers.office import DOMAIN, THROUGH_US, Office
from tests.support.books import Books
from worker.wall.request_body import request_body


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


@pytest.fixture
def office(books: Books) -> Office:
    return Office(books)


def counted(books: Books) -> object:
    with books.database.read() as connection:
        counted = ledger.count(connection, "trees")["trees"]
    assert counted.reconciled
    return counted.as_json()["answers"]


def kept_text(books: Books, relay_id: str) -> tuple[str | None, str | None]:
    with books.database.read() as connection:
        found = select(writing.c.subject, writing.c.body).where(writing.c.letter_id == relay_id)
        subject, body = connection.execute(found).one()
    return subject, body


def test_a_persons_answer_reaches_the_writer_in_the_offices_name(
    books: Books, office: Office
) -> None:
    books.load("trees", more=THROUGH_US)
    writer = books.write("trees")
    (letter,) = books.send()
    assert letter.answers_through_us
    books.deliver(letter)
    assert office.answer(letter, "Dear Ana,\n\nWe keep them all.", subject="Your trees") == 1
    (relay,) = office.relays()
    assert request_body(relay, "letters@postbag.example") == {
        "categories": ["answer", "trees"],
        "content": [{"type": "text/plain", "value": "Dear Ana,\n\nWe keep them all."}],
        "from": {"email": "letters@postbag.example", "name": "Minister 1, the Second"},
        "personalizations": [
            {
                "to": [{"email": writer}],
                "custom_args": {"notice_id": relay.letter_id, "attempt_id": relay.attempt_id},
            }
        ],
        "reply_to": {"email": "minister@harbours.example", "name": "Minister 1  the Second"},
        "subject": "Your trees",
        "tracking_settings": {
            "click_tracking": {"enable": False, "enable_text": False},
            "open_tracking": {"enable": False},
            "subscription_tracking": {"enable": False},
        },
    }
    assert counted(books) == {"people": 1, "automatic": 0}


def test_an_automatic_answer_is_passed_on_and_says_so(books: Books, office: Office) -> None:
    books.load("trees", more=THROUGH_US)
    books.write("trees")
    (letter,) = books.send()
    office.answer(letter, "I am away.", "Auto-Submitted: auto-replied")
    (relay,) = office.relays()
    assert relay.answer is Kind.AUTOMATIC
    body = request_body(relay, "letters@postbag.example")
    assert body["headers"] == {"Auto-Submitted": "auto-generated"}
    assert relay.body == "I am away.\n\n---\nA program sent this answer, not a person."
    assert counted(books) == {"people": 0, "automatic": 1}


def test_files_are_named_and_an_answer_without_text_says_so(books: Books, office: Office) -> None:
    books.load("trees", more=f'{THROUGH_US}language = "es"\n')
    books.write("trees")
    (letter,) = books.send()
    files = [("plan.pdf", "application/pdf", b"%PDF-"), ("map.png", "image/png", b"\x89PNG")]
    office.post(*parsed_post(office.address(letter), "", files=files))
    (relay,) = office.relays()
    assert "plan.pdf, map.png" in relay.body
    assert relay.body.startswith("Esta respuesta no contiene texto.")


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-15", "windows-1252"])
def test_of_html_alone_its_text_is_passed_on_links_and_all(
    books: Books, office: Office, charset: str
) -> None:
    books.load("trees", more=THROUGH_US)
    books.write("trees")
    (letter,) = books.send()
    html = '<p>Señora,</p><p>see <a href="https://trees.example/plan">the plan</a>: 5 €.</p>'
    office.post(*parsed_post(office.address(letter), None, html=html, charset=charset))
    (relay,) = office.relays()
    assert relay.body == "Señora,\n\nsee the plan <https://trees.example/plan>: 5 €."


def test_copies_of_one_message_are_one_relay_for_each_letter(books: Books, office: Office) -> None:
    books.load("trees", more=THROUGH_US)
    books.write("trees")
    books.write("trees")
    first, second = books.send()
    copy = {"message_id": "<1@office.example>"}
    assert [office.answer(first, **copy) for _ in range(3)] == [1, 0, 0]
    assert office.answer(second, **copy) == 1
    assert office.answer(first, message_id="<2@office.example>") == 1
    both = [office.address(first), office.address(second)]
    assert office.post(*raw_post(both, raw_message(", ".join(both)))) == 2
    assert len(office.relays()) == 5
    assert counted(books) == {"people": 5, "automatic": 0}


def test_a_message_without_an_id_is_known_by_what_it_says(books: Books, office: Office) -> None:
    books.load("trees", more=THROUGH_US)
    books.write("trees")
    (letter,) = books.send()
    assert office.answer(letter, message_id="<>") == 1
    assert office.answer(letter, message_id="<>") == 0
    assert office.answer(letter, "No.", message_id="<>") == 1


def test_copies_that_come_at_once_are_one_relay(books: Books, office: Office) -> None:
    books.load("trees", more=THROUGH_US)
    for _ in range(5):
        books.write("trees")
    letters = books.send()
    posts = [
        raw_post(to, raw_message(to, message_id=f"<{n}@office.example>"))
        for n, to in enumerate(map(office.address, letters))
    ]
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda post: office.post(*post), posts * 5))
    assert sum(taken) == len(letters)
    assert len(office.relays()) == len(letters)


def test_the_text_is_gone_once_sendgrid_has_it(books: Books, office: Office) -> None:
    books.load("trees", more=THROUGH_US)
    books.write("trees")
    (letter,) = books.send()
    office.answer(letter, "Yes, gladly.")
    (relay,) = office.relays()
    books.answer([relay], Answer.SLOW_DOWN)
    assert kept_text(books, relay.letter_id) == ("Re: Keep the trees", "Yes, gladly.")
    books.wait(hours=1)
    (again,) = office.relays()
    books.answer([again], Answer.TAKEN)
    assert kept_text(books, relay.letter_id) == (None, None)


def test_a_relay_whose_fate_is_not_known_is_settled_by_an_event_or_a_person(
    books: Books, office: Office
) -> None:
    books.load("trees", more=THROUGH_US)
    books.write("trees")
    (letter,) = books.send()
    for n in range(2):
        office.answer(letter, f"Answer {n}")
    first, second = office.relays()
    books.answer([first, second], Answer.UNKNOWN, "no answer came in time")
    assert office.relays() == []
    books.tell(first, Cause.DELIVER, "delivered")
    books.wait(hours=1)
    with books.database.read() as connection:
        (found,) = trouble.undecided(connection, books.find("trees").id, books.now, 60)
    assert (found.letter_id, found.is_relay) == (second.letter_id, True)
    assert found.target_name == "Minister 1, the Second"
    assert kept_text(books, first.letter_id) == (None, None)
    with books.database.write() as connection:
        settling.settle(connection, second.letter_id, settling.Word.AGAIN, books.now)
    (again,) = office.relays()
    assert (again.letter_id, again.body) == (second.letter_id, second.body)
    assert again.attempt_id != second.attempt_id


@pytest.mark.parametrize(
    "recipient",
    [
        f"{'a' * 52}@{DOMAIN}",
        f"postmaster@{DOMAIN}",
        "ana@readers.example",
        "",
        "@",
        f"{'é' * 52}@{DOMAIN}",
    ],
)
def test_mail_for_nobody_is_dropped(books: Books, office: Office, recipient: str) -> None:
    books.load("trees", more=THROUGH_US)
    assert office.post(*raw_post(recipient, raw_message(recipient or "x"))) == 0
    assert counted(books) == {"people": 0, "automatic": 0}


def test_what_is_ours_and_what_bounces_is_not_passed_on(books: Books, office: Office) -> None:
    books.load("trees", more=THROUGH_US)
    books.write("trees")
    (letter,) = books.send()
    other = office.address("ab" * 16)
    for headers, more in (
        ((), {"sender": "Letters@Postbag.example"}),
        ((), {"sender": other}),
        ((), {"return_path": other}),
        (("X-Campaign: trees",), {}),
        ((), {"sender": "MAILER-DAEMON@office.example", "return_path": ""}),
        ((), {"return_path": "", "subject": "Undelivered Mail Returned to Sender"}),
        (("X-Failed-Recipients: office@harbours.example",), {}),
    ):
        assert office.answer(letter, "again", *headers, **more) == 0, (headers, more)
    report = raw_message(office.address(letter)).replace(
        b"Content-Type: text/plain; charset=utf-8",
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=x",
    )
    assert office.post(*raw_post(office.address(letter), report)) == 0
    assert counted(books) == {"people": 0, "automatic": 0}


def test_erasing_a_writer_erases_answers_and_relays(books: Books, office: Office) -> None:
    books.load("trees", more=THROUGH_US)
    writer = books.write("trees")
    (letter,) = books.send()
    office.answer(letter, "a canary sang", message_id="<canary@office.example>")
    with books.database.write() as connection:
        erasure.erase(connection, books.submission(writer), books.now)
    assert office.relays() == []
    assert office.answer(letter, "a canary sang again") == 0
    with books.database.read() as connection:
        rows = [
            *connection.execute(select(writing.c.to_email, writing.c.subject, writing.c.body)),
            *connection.execute(select(answer.c.digest)),
        ]
    assert all(value is None for row in rows for value in row)
    assert counted(books) == {"people": 1, "automatic": 0}


class Killed(BaseException):
    """The process ends here."""


def test_whoever_is_killed_on_the_way_a_message_is_one_relay(books: Books, office: Office) -> None:
    books.load("trees", more=THROUGH_US)
    for n in count():
        books.write("trees")
        (letter,) = books.send()
        left = iter(range(n))

        def die(*_: object, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise Killed

        copy = {"message_id": f"<{n}@office.example>"}
        engine = books.database.engine
        event.listen(engine, "before_cursor_execute", die)
        try:
            office.answer(letter, **copy)
            is_through = True
        except Killed:
            is_through = False
        finally:
            event.remove(engine, "before_cursor_execute", die)
        taken = sum(office.answer(letter, **copy) for _ in range(3))
        assert taken == (0 if is_through else 1)
        assert len(office.relays()) == 1
        assert counted(books) == {"people": n + 1, "automatic": 0}
        if is_through:
            break
    assert n > 4
