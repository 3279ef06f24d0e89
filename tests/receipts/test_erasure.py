"""What is kept of a writer, how long, and what an erasure does not let people do."""

from datetime import datetime, timedelta
from threading import Thread

import pytest
from sqlalchemy import func, select

from bench.bulk import fill
from letters.campaign import Status
from letters.campaigns import store, targets
from letters.desk import organisers
from letters.languages import Language
from letters.notices import asking
from letters.notices.asking import Asking
from letters.notices.links import Links
from letters.reasons import Hold
from letters.receipts import erasure
from letters.sending.outcomes import Answer
from letters.storage.database import Database
from letters.storage.schema import attempt, event, history, notice, office, submission
from tests.support.books import Books


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def erase(books: Books, writer: str) -> None:
    with books.database.write() as connection:
        erasure.erase(connection, books.submission(writer), books.now)


def erased(books: Books) -> int:
    with books.database.read() as connection:
        query = select(func.count()).where(submission.c.erased_at.is_not(None))
        return int(connection.execute(query).scalar_one())


def hashes(books: Books) -> int:
    with books.database.read() as connection:
        query = select(func.count()).where(notice.c.address.is_not(None))
        return int(connection.execute(query).scalar_one())


def test_writing_and_erasing_again_and_again_brings_one_mail(books: Books) -> None:
    books.load("trees")
    mails = 0
    for _ in range(3):
        books.write("trees", "victim@readers.example")
        mails += len(books.mails("victim@readers.example"))
        books.send()
        erase(books, "victim@readers.example")
    assert mails == 1


def test_what_is_known_of_an_erased_address_goes_after_a_day(books: Books) -> None:
    books.load("trees")
    writer = books.write("trees")
    books.send()
    erase(books, writer)
    books.sweep()
    assert hashes(books) == 1
    books.wait(hours=25)
    books.sweep()
    assert hashes(books) == 0


def test_a_letter_that_was_delivered_is_kept_for_ninety_days(books: Books) -> None:
    books.load("trees")
    books.write("trees")
    (letter,) = books.send()
    books.deliver(letter)
    books.wait(days=89)
    books.sweep()
    assert erased(books) == 0
    books.wait(days=2)
    books.sweep()
    assert erased(books) == 1
    assert books.states("trees") == {"delivered": 1}


def test_a_letter_of_which_no_news_comes_is_not_kept_for_ever(books: Books) -> None:
    books.load("trees")
    books.write("trees")
    books.send()
    books.wait(days=91)
    books.sweep()
    assert erased(books) == 1
    assert books.states("trees") == {"accepted": 1}


def test_a_letter_that_still_waits_is_kept(books: Books) -> None:
    books.load("trees")
    books.write("trees")
    books.wait(days=200)
    books.sweep()
    assert erased(books) == 0


@pytest.mark.parametrize("waits", ["held", "paused"])
def test_what_nobody_decides_about_expires_and_is_erased_then(books: Books, waits: str) -> None:
    books.load("trees")
    writer = books.write("trees")
    with books.database.write() as connection:
        if waits == "held":
            targets.hold_by_hand(connection, "trees", "minister@harbours.example", books.now)
        else:
            store.set_status(connection, "trees", Status.PAUSED, books.now)
    books.wait(days=89)
    books.sweep()
    assert books.states("trees") in ({"held": 1}, {"queued": 1})
    books.wait(days=2)
    books.sweep()
    assert books.states("trees") == {"expired": 1}
    assert "could not leave in time" in books.mails(writer)[-1].body
    books.send()
    books.wait(days=91)
    books.sweep()
    assert erased(books) == 1


def test_who_never_says_yes_is_erased_as_well(books: Books) -> None:
    books.load("trees", more='confirm = "before-sending"')
    books.write("trees")
    books.send()
    for _ in range(2):
        books.wait(days=98)
        books.sweep()
    assert erased(books) == 1
    assert books.states("trees") == {"expired": 1}


def words_kept(books: Books) -> str:
    """Give what is kept of others' words, wherever that is."""
    with books.database.read() as connection:
        return " ".join(
            str(words)
            for column in (event.c.detail, history.c.detail, attempt.c.detail, office.c.hold_words)
            for words in connection.execute(select(column).where(column.is_not(None))).scalars()
        )


def test_a_bounce_that_names_who_is_erased_leaves_no_word_of_them(books: Books) -> None:
    books.load("trees")
    writer = books.write("trees")
    (left,) = books.send()
    erase(books, writer)
    books.bounce(left, f"550 5.7.1 message from {writer} refused")
    assert books.find("trees").targets[0].hold is Hold.BOUNCED
    assert words_kept(books) == ""


def test_why_an_office_is_stopped_names_no_writer(books: Books) -> None:
    books.load("trees", "minister@harbours.example")
    writer = books.write("trees")
    (left,) = books.send()
    books.bounce(left, f"550 <minister@harbours.example>: no mail from <{writer}>")
    (target,) = books.find("trees").targets
    assert target.hold_words == "550 <minister@harbours.example>: no mail from <[…]>"
    erase(books, writer)
    assert writer not in words_kept(books)


def test_what_comes_while_somebody_is_erased_leaves_no_word_of_them(books: Books) -> None:
    books.load("trees")
    writer = books.write("trees")
    (left,) = books.send()
    news = Thread(target=books.bounce, args=(left, f"550 no mail from {writer}"))
    with books.database.write() as connection:
        erasure.erase(connection, books.submission(writer), books.now)
        news.start()
        news.join(0.5)  # it waits for the letter, or on SQLite for its turn
        assert news.is_alive()
    news.join()
    assert books.states("trees") == {"bounced": 1}
    assert words_kept(books) == ""


def test_what_is_said_of_mail_to_organisers_goes_with_its_address(books: Books) -> None:
    boss = "boss@org.example"
    with books.database.write() as connection:
        organisers.enrol(connection, boss, books.now)
        asking.write_down(connection, Asking(boss, "a browser", None, Language.EN), books.now)
    asking.answer(books.database, Links("https://post.example", books.tokens), books.now)
    (mail,) = books.claim()
    books.answer([mail], Answer.TAKEN)
    books.bounce(mail, f"550 5.1.1 <{boss}> unknown")
    assert boss in words_kept(books)
    books.wait(days=200)
    books.sweep()
    assert boss not in words_kept(books)


def wishes(books: Books, since: datetime) -> tuple[set[str], datetime]:
    with books.database.read() as connection:
        found = erasure.erased(connection, since, timedelta(days=90))
    return set(found.submission_ids), found.until


def test_a_wish_is_known_for_what_it_is_however_long_somebody_was_here(books: Books) -> None:
    books.load("trees")
    since = books.now
    writer, other = books.write("trees"), books.write("trees")
    wished, over = books.submission(writer), books.submission(other)
    books.wait(days=95)
    with books.database.write() as connection:
        erasure.erase(connection, wished, books.now)
    with books.database.write() as connection:
        erasure.erase_all(connection, [over], books.now, is_wish=False)
    assert wishes(books, since) == ({wished}, books.now)


def test_a_wish_is_found_behind_any_number_of_those_whose_time_was_over(books: Books) -> None:
    """A worker erases thousands within the minute that is looked at twice."""
    since = books.now
    fill(books.database, "old", 6_000, 1, states={"delivered": 1_000})
    with books.database.read() as connection:
        ids = connection.execute(select(submission.c.id)).scalars().all()
    with books.database.write() as connection:
        erasure.erase_all(connection, ids, since + timedelta(seconds=30), is_wish=False)
    books.load("trees")
    writer = books.write("trees")
    wished = books.submission(writer)
    books.wait(hours=5)
    erase(books, writer)
    found, until = wishes(books, since)
    assert (found, until) == ({wished}, books.now)
    assert wishes(books, until) == ({wished}, until)  # nothing new, and no step back
