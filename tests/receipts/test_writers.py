"""Help one person: by their address in any spelling, over all campaigns or those one may see."""

import pytest
from sqlalchemy import select

from letters.notices.links import Links
from letters.receipts import writers
from letters.record import COMMAND_LINE, Actor, entries
from letters.storage.database import Database
from letters.storage.schema import metadata, submission
from tests.support.books import URL, Books

CANARY = "canary"


@pytest.fixture
def books(database: Database) -> Books:
    made = Books(database)
    for slug in ("trees", "roads"):
        made.load(slug)
        made.write(slug, f"{CANARY}@gmail.com", text=f"Dear Minister 1,\n\n{CANARY}\n\nAna")
    made.write("trees", "somebody@readers.example")
    return made


def test_all_that_is_kept_is_shown(books: Books) -> None:
    with books.database.write() as connection:
        found = writers.of_address(
            connection, "C.anary+x@googlemail.com", books.now, by=COMMAND_LINE
        )
    assert [each.receipt.campaign_slug for each in found] == ["trees", "roads"]
    assert all(each.receipt.email == f"{CANARY}@gmail.com" for each in found)
    assert all(each.receipt.letters[0].state == "queued" for each in found)


def test_everything_that_a_submission_keeps_can_be_told(books: Books) -> None:
    books.send()
    with books.database.write() as connection:
        found = writers.of_address(connection, f"{CANARY}@gmail.com", books.now, by=COMMAND_LINE)
        row = connection.execute(
            select(submission).where(submission.c.id == found[0].receipt.submission_id)
        ).one()
    told = found[0].as_json()
    # What is ours alone: a canonical form of the address, and what times its mails.
    ours = {"id", "campaign_id", "token_id", "address", "erased_at", "erased_on_wish", "remind_at"}
    kept = {column.key for column in submission.c} - ours
    assert kept <= told.keys()
    assert (told["reason"], told["points"]) == (row.reason, row.points)
    assert told["personal_share"] == row.personal_share
    (letter,) = found[0].receipt.letters
    assert [step.cause for step in letter.history] == ["written", "taken"]
    assert [mail.state for mail in found[0].mails] == ["accepted"]


def test_an_organiser_finds_only_what_is_theirs_to_see(books: Books) -> None:
    ada = Actor.organiser("ada@desk.example")
    only = {books.find("roads").id}
    with books.database.write() as connection:
        found = writers.of_address(
            connection, f"{CANARY}@gmail.com", books.now, by=ada, within=only
        )
        assert [each.receipt.campaign_slug for each in found] == ["roads"]
        assert writers.erase(connection, f"{CANARY}@gmail.com", books.now, by=ada, within=only) == 1
    assert books.states("trees") == {"queued": 2}
    assert books.states("roads") == {"cancelled": 1}


def test_links_are_mailed_again_whatever_has_been_mailed_today(books: Books) -> None:
    before = len(books.mails(f"{CANARY}@gmail.com"))
    with books.database.write() as connection:
        links = Links(URL, books.tokens)
        assert (
            writers.mail_links(connection, links, f"{CANARY}@gmail.com", books.now, by=COMMAND_LINE)
            == 2
        )
    (mail,) = books.mails(f"{CANARY}@gmail.com")[before:]
    assert mail.body.count(f"\n{URL}/l/") == 2


def test_an_erased_writer_is_nowhere_and_the_record_does_not_name_them(books: Books) -> None:
    with books.database.write() as connection:
        assert writers.erase(connection, f"{CANARY}@gmail.com", books.now, by=COMMAND_LINE) == 2
        (line, *_) = entries(connection)
        assert (str(line.deed), line.detail) == ("writer-erased", "2")
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)):
                assert CANARY not in repr(row), table.name
    assert books.states("trees") == {"cancelled": 1, "queued": 1}
