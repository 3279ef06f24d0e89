"""An update reaches each who wrote once, and nobody who wants no more of them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from letters.books import ledger
from letters.notices.links import Links
from letters.notices.mailings import Audience
from letters.receipts import consent, erasure
from letters.receipts.erasure import due
from letters.sending import mark
from letters.states import State
from letters.storage.database import Database
from letters.updates import deliver
from tests.support.books import URL, Books
from tests.updates.updates import ASKED, Updates

OPT_IN = 'opt_in = "Keep me posted."\n'


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


@pytest.fixture
def updates(books: Books) -> Updates:
    return Updates(books)


def addresses(updates: Updates) -> list[str]:
    return sorted(claim.to_email for claim in updates.got())


def test_it_reaches_those_who_said_yes_each_once(books: Books, updates: Updates) -> None:
    books.load("trees", "one@harbours.example", "two@harbours.example", more=ASKED)
    writers = updates.writers(3, targets=[0])
    books.write("trees")  # and says nothing more
    again = books.write("trees", writers[0].replace("@", "+again@"), targets=[1])
    books.confirm(again)
    mailing_id = updates.draft()
    assert updates.number(mailing_id) == 3
    updates.release(mailing_id)
    for _ in range(3):
        books.sweep()
        books.wait(minutes=2)
    got = updates.got()
    assert sorted(claim.to_email for claim in got) == sorted(writers)
    assert {claim.subject for claim in got} == {"News of the trees"}
    assert all(claim.body.startswith("We won.\n\n---\n") for claim in got)
    assert len({claim.body for claim in got}) == 3  # each has its own link
    assert updates.states(mailing_id) == {State.ACCEPTED: 3}


def test_several_that_deliver_at_once_queue_each_once(books: Books, updates: Updates) -> None:
    books.load("trees", more=ASKED)
    updates.writers(12)
    mailing_id = updates.draft()
    updates.release(mailing_id)
    links = Links(URL, books.tokens)

    def work(_: int) -> None:
        deliver.deliver(books.database, links, mailing_id, books.now)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))
    assert updates.states(mailing_id) == {State.QUEUED: 12}


def test_a_mailing_that_is_cut_off_goes_on_where_it_was(books: Books, updates: Updates) -> None:
    books.load("trees", more=ASKED)
    updates.writers(7)
    mailing_id = updates.draft()
    updates.release(mailing_id)
    links = Links(URL, books.tokens)
    for step in range(4):
        assert updates.states(mailing_id).get(State.QUEUED, 0) == min(7, 2 * step)
        deliver.deliver(books.database, links, mailing_id, books.now, at_once=2, steps=1)
    books.sweep()
    assert updates.states(mailing_id) == {State.QUEUED: 7}


def test_whoever_joins_later_gets_it_if_an_organiser_says_so(
    books: Books, updates: Updates
) -> None:
    books.load("trees", more=ASKED)
    updates.writers(2)
    once, always = updates.send(), updates.send(later=True)
    assert len(updates.got()) == 4
    (late,) = updates.writers(1)
    books.sweep()
    assert updates.got() == []
    books.wait(minutes=1)
    books.sweep()
    assert addresses(updates) == [late]
    assert updates.states(once) == {State.ACCEPTED: 2}
    assert updates.states(always) == {State.ACCEPTED: 3}


def test_news_goes_to_those_who_agreed_and_to_no_others(books: Books, updates: Updates) -> None:
    books.load("trees", more=ASKED + OPT_IN)
    agreed, took_back, _never = updates.writers(3)
    with books.database.write() as connection:
        for email in (agreed, took_back):
            consent.give(connection, books.submission(email), books.now)
        consent.take_back(connection, books.submission(took_back), books.now)
    mailing_id = updates.send(audience=Audience.NEWS)
    assert addresses(updates) == [agreed]
    assert updates.states(mailing_id) == {State.ACCEPTED: 1}


def test_no_more_acts_at_once_also_on_what_waits(books: Books, updates: Updates) -> None:
    books.load("trees", more=ASKED + OPT_IN)
    first, second = updates.writers(2)
    with books.database.write() as connection:
        consent.give(connection, books.submission(first), books.now)
    waiting = updates.send()
    updates.unsubscribe(first)
    updates.unsubscribe(first)
    assert addresses(updates) == [second]
    assert updates.states(waiting) == {State.ACCEPTED: 1, State.CANCELLED: 1}
    later, news = updates.draft(), updates.draft(audience=Audience.NEWS)
    assert (updates.number(later), updates.number(news)) == (1, 0)
    # The wish outlives an erasure: who writes anew is not written to.
    with books.database.write() as connection:
        erasure.erase(connection, books.submission(first), books.now)
    books.write("trees", first)
    books.confirm(first)
    updates.release(later)
    books.sweep()
    assert addresses(updates) == [second]


def test_a_paused_update_waits_and_keeps_nobody_here(books: Books, updates: Updates) -> None:
    books.load("trees", more=ASKED)
    updates.writers(2)
    mailing_id = updates.send()
    updates.pause(mailing_id)
    assert updates.got() == []
    books.sweep()
    updates.resume(mailing_id)
    (first, *_) = books.claim(1)
    books.send_claimed([first])
    updates.pause(mailing_id)
    assert updates.states(mailing_id) == {State.ACCEPTED: 1, State.QUEUED: 1}
    books.send()
    books.wait(days=91)
    with books.database.read() as connection:
        assert len(due(connection, books.now, 100)) == 2
    books.sweep()
    assert updates.states(mailing_id) == {State.ACCEPTED: 1, State.CANCELLED: 1}


def test_letters_have_half_of_what_leaves(books: Books, updates: Updates) -> None:
    books.load("trees", more=ASKED, pacing="per_target_per_hour = 360000")
    updates.writers(20)
    books.send_claimed(books.claim(20))  # the links to confirm: mail to one goes before all else
    updates.send()
    for most, batches in ((2, 4), (1, 8), (5, 2)):
        letters = 0
        for _ in range(batches):
            claims = books.claim(most)
            assert len(claims) == most
            letters += sum(not claim.is_notice for claim in claims)
            books.send_claimed(claims)
            with books.database.write() as connection:
                mark.move(connection, claims)
            books.wait(seconds=1)
        assert letters == most * batches // 2


def test_the_books_count_it_among_the_notices(books: Books, updates: Updates) -> None:
    books.load("trees", more=ASKED)
    updates.writers(2)
    before = notices(books)
    updates.send()
    assert notices(books) == before + 2


def notices(books: Books) -> int:
    with books.database.read() as connection:
        counted = ledger.count(connection, "trees")["trees"]
    assert counted.reconciled
    return sum(counted.notices.values())
