"""Who answered, how soon, and where that is told."""

import csv
import io
import json
from collections.abc import Sequence

import pytest
from sqlalchemy import select

from letters.answers import correct, figures
from letters.answers.figures import Answered
from letters.books import ledger
from letters.desk import export
from letters.mail.kinds import Kind, Sign
from letters.receipts import receipt
from letters.record import COMMAND_LINE
from letters.sending.claiming.claimed import Claim
from letters.storage.database import Database
from letters.storage.schema import dispatch
from letters.webhooks import delivery, webhook
from tests.answers.office import THROUGH_US, Office
from tests.support.books import Books

HOUR = 3_600


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


@pytest.fixture
def office(books: Books) -> Office:
    return Office(books)


@pytest.fixture
def letters(books: Books) -> Sequence[Claim]:
    """Give four delivered letters, two to each of two targets."""
    books.load("trees", "one@harbours.example", "two@harbours.example", more=THROUGH_US)
    books.write("trees")
    books.write("trees")
    sent = books.send()
    for each in sent:
        books.deliver(each)
    return sorted(sent, key=lambda c: (c.to_email, c.letter_id))


def test_letters_are_counted_once_however_many_answers_came(
    books: Books, office: Office, letters: Sequence[Claim]
) -> None:
    first, second, third, fourth = letters
    books.wait(hours=1)
    office.answer(first)
    office.answer(third, "away", "Auto-Submitted: auto-replied")
    books.wait(hours=2)
    office.answer(first, "And once more.")
    office.answer(second)
    campaign_id = books.find("trees").id
    with books.database.read() as connection:
        found = figures.by_target(connection, campaign_id)
        whole = figures.of_campaign(connection, campaign_id)
        waiting = figures.waiting(connection, campaign_id)
        counted = ledger.shown(connection, campaign_id).as_json()["answers"]
    ((target, answered),) = found.items()
    assert target == books.find("trees").targets[0].id
    assert answered.letters == whole.letters == 2
    assert answered.median_seconds == pytest.approx(2 * HOUR, abs=2)
    assert {w.letter_id for w in waiting} == {third.letter_id, fourth.letter_id}
    assert counted == {"people": 3, "automatic": 1}


def test_a_kind_can_be_put_right(books: Books, office: Office, letters: Sequence[Claim]) -> None:
    office.answer(letters[0], "away", "Auto-Submitted: auto-replied")
    campaign_id = books.find("trees").id
    with books.database.write() as connection:
        assert figures.of_campaign(connection, campaign_id) == Answered(0, None)
        (came,) = figures.newest(connection, campaign_id)
        correct.put_right(connection, campaign_id, came.id, Kind.PERSON, books.now, COMMAND_LINE)
        assert figures.of_campaign(connection, campaign_id).letters == 1
        (came,) = figures.newest(connection, campaign_id)
        assert came.told_by is Sign.BY_HAND
        with pytest.raises(correct.UnknownAnswer):
            correct.put_right(
                connection, campaign_id + 1, came.id, Kind.PERSON, books.now, COMMAND_LINE
            )


def test_the_spreadsheet_and_the_receipt_say_when(
    books: Books, office: Office, letters: Sequence[Claim]
) -> None:
    answered, other = letters[0], letters[1]
    came_at = books.now
    office.answer(answered)
    books.wait(days=1)
    office.answer(answered, "Once more.")
    lines = "".join(export.rows(books.database, books.find("trees")))
    rows = {row["letter_id"]: row for row in csv.DictReader(io.StringIO(lines))}
    assert rows[answered.letter_id]["answered_at"] == f"{came_at:%Y-%m-%d %H:%M:%S}"
    assert rows[other.letter_id]["answered_at"] == ""
    writer = rows[answered.letter_id]["supporter_email"]
    with books.database.read() as connection:
        shown = receipt.read(connection, books.submission(writer), books.now)
    times = {each.id: each.answered_at for each in shown.letters}
    assert times[answered.letter_id] == came_at
    assert [at for i, at in times.items() if i != answered.letter_id] == [None]


def test_another_system_is_told_once_and_not_what(
    books: Books, office: Office, letters: Sequence[Claim]
) -> None:
    with books.database.write() as connection:
        webhook.put(connection, books.find("trees").id, "https://crm.example/in", books.now)
    office.answer(letters[0], "A canary.")
    office.answer(letters[0], "Another.")
    with books.database.write() as connection:
        assert len(connection.execute(select(dispatch.c.id)).all()) == 1
        (message,) = delivery.take_due(connection, books.now)
    told = json.loads(message.body)
    assert told["type"] == "letter.answered"
    assert told["data"]["letter_id"] == letters[0].letter_id
    assert told["data"]["state"] == "answered"
    assert "canary" not in message.body.decode()
