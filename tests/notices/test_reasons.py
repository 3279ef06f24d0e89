"""What a writer and an organiser are told follows the reason, and not the state alone."""

import json
import secrets

import pytest

from letters.desk import trouble as attention
from letters.reasons import Reason
from letters.receipts import receipt as receipts
from letters.sending.claiming.claimed import Claim
from letters.sending.events.record import record
from letters.storage.database import Database
from tests.support.books import Books
from webapp.sendgrid.events import read_events

SAID = [
    ({"event": "dropped", "reason": "Spam Content"}, Reason.SPAM_CONTENT, "unwanted mail"),
    ({"event": "dropped", "reason": "Recipient List over Package Quota"}, Reason.QUOTA, "used up"),
    (
        {"event": "bounce", "type": "bounce", "status": "5.2.2", "reason": "552 mailbox full"},
        Reason.MAILBOX_FULL,
        "full",
    ),
    (
        {"event": "bounce", "type": "expired", "reason": "unable to get mx info"},
        Reason.GAVE_UP,
        "For days",
    ),
    (
        {
            "event": "bounce",
            "type": "bounce",
            "status": "5.1.1",
            "reason": "550 5.1.1 no such user",
        },
        Reason.NO_SUCH_PERSON,
        "knows nobody",
    ),
    ({"event": "bounce", "type": "bounce", "reason": "550 policy"}, None, "refused your letter"),
    ({"event": "dropped", "reason": "Invalid SMTPAPI header"}, None, "did not try"),
]


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def tell(books: Books, of: Claim, said: dict[str, str]) -> None:
    """Let an event come in as SendGrid posts it."""
    posted = {
        **said,
        "sg_event_id": secrets.token_hex(8),
        "attempt_id": of.attempt_id,
        "letter_id": of.letter_id,
        "timestamp": books.now.timestamp(),
    }
    with books.database.write() as connection:
        record(connection, read_events(json.dumps([posted]).encode(), books.now), books.now)


@pytest.mark.parametrize(("said", "reason", "words"), SAID)
def test_everybody_is_told_the_reason(
    books: Books, said: dict[str, str], reason: Reason | None, words: str
) -> None:
    stored = books.load("trees")
    writer = books.write("trees")
    (left,) = books.send()
    tell(books, left, said)
    books.sweep()
    mail = books.mails(writer)[-1]
    assert words in mail.body
    assert "does not work" not in mail.body
    with books.database.read() as connection:
        (one,) = receipts.read(connection, books.submission(writer), books.now).letters
        assert one.history[-1].reason is reason
        (found,) = attention.turned_back(connection, stored.id)
        assert found.reason is reason
