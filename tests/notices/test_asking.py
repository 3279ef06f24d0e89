"""Asking for a sign-in link: who gets a mail, how many, and that nobody can be locked out."""

import re
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select

from letters.desk import organisers, sign_ins
from letters.desk.organisers import Role
from letters.languages import Language
from letters.notices import asking
from letters.notices.asking import Asking
from letters.notices.links import Links
from letters.storage.database import Database
from letters.storage.schema import asking as asking_table
from letters.tokens import digest
from tests.support.books import URL, Books
from tests.support.seldom import seldom

ANA = "ana@desk.example"


@pytest.fixture
def books(make_database_url: Callable[[], str]) -> Iterator[Books]:
    database = Database(make_database_url())
    books = Books(database)
    with database.write() as connection:
        organisers.enrol(connection, ANA, books.now, Role.ORGANISER)
    yield books
    database.close()


def ask(books: Books, email: str = ANA, browser: str = "a stranger's", *, knows: str = "") -> None:
    """Ask in some browser, in which `knows` has been signed in, and let the worker answer."""
    with books.database.write() as connection:
        known = organisers.find(connection, knows)
        known_id = None if known is None else known.id
        somebody = Asking(email, digest(browser), known_id, Language.EN)
        asking.write_down(connection, somebody, books.now)
    asking.answer(books.database, Links(URL, books.tokens), books.now)
    books.wait(seconds=1)


def links(books: Books, email: str = ANA) -> list[str]:
    """Give the tokens that were mailed, the oldest first."""
    found = (re.search(r"/desk/sign-in/(\S+)", mail.body) for mail in books.mails(email))
    return [one[1] for one in found if one]


def opens(books: Books, token: str) -> bool:
    with books.database.read() as connection:
        return sign_ins.look_at_link(connection, token, books.now) is not None


def signs_in(books: Books, token: str) -> str | None:
    with books.database.write() as connection:
        return sign_ins.use_link(connection, token, books.now, "Firefox · Linux")


def is_signed_in(books: Books, session: str) -> bool:
    with books.database.read() as connection:
        return sign_ins.signed_in(connection, session, books.now) is not None


def test_only_an_organiser_gets_a_mail_and_who_asked_is_forgotten(books: Books) -> None:
    ask(books, "nobody@desk.example")
    ask(books, f" {ANA.upper()} ".strip())
    assert links(books, "nobody@desk.example") == []
    assert len(links(books)) == 1
    with books.database.read() as connection:
        left = select(func.count()).select_from(asking_table)
        assert connection.execute(left).scalar_one() == 0


def test_twenty_requests_bring_at_most_two_mails_and_lock_nobody_out(books: Books) -> None:
    for _ in range(20):
        ask(books, browser="an attacker's")
    assert len(links(books)) == 1
    # She asks in a browser that she has used before: nobody stands in her way.
    ask(books, browser="hers", knows=ANA)
    hers = links(books)[-1]
    assert len(links(books)) == 2
    for _ in range(20):
        ask(books, browser="an attacker's")
        ask(books, browser="hers", knows=ANA)
    assert len(links(books)) == 2
    assert signs_in(books, hers)


@pytest.mark.parametrize("seconds", [5, *(seldom(n) for n in (60, 301, 899))])
def test_whoever_asks_has_a_link_that_works_whatever_strangers_do(
    books: Books, seconds: int
) -> None:
    """A whole day of requests, at any pace: there is always one in the mailbox to sign in with."""
    for _ in range(86_400 // seconds // 40):
        books.wait(seconds=seconds - 1)
        ask(books)
        assert opens(books, links(books)[-1])


def test_letters_of_campaigns_do_not_count_against_it(books: Books) -> None:
    for n in range(25):
        books.load(f"trees-{n}", f"minister@trees-{n}.example")
        books.write(f"trees-{n}", ANA)
    ask(books)
    assert len(links(books)) == 1


def test_the_next_link_makes_older_ones_void_and_so_does_signing_in(books: Books) -> None:
    ask(books)
    books.wait(minutes=11)
    ask(books)
    first, second = links(books)
    assert not opens(books, first)
    ask(books, knows=ANA)
    third = links(books)[-1]
    assert (opens(books, second), opens(books, third)) == (False, True)
    books.wait(minutes=11)
    ask(books)  # a stranger's takes nothing from hers
    assert opens(books, third)
    assert signs_in(books, third)
    assert not any(opens(books, one) for one in links(books))


def test_a_link_lives_a_quarter_of_an_hour_and_an_invitation_two_days(books: Books) -> None:
    ask(books)
    with books.database.write() as connection:
        found = organisers.known(connection, ANA)
        invitation = sign_ins.new_link(connection, found.id, books.now)
    books.wait(minutes=14)
    assert opens(books, links(books)[0])
    books.wait(minutes=1)
    assert not opens(books, links(books)[0])
    books.wait(hours=47)
    assert opens(books, invitation)
    books.wait(hours=1)
    assert not opens(books, invitation)


def test_looking_uses_nothing_up_and_signing_in_works_once(books: Books) -> None:
    ask(books)
    (token,) = links(books)
    for _ in range(20):
        assert opens(books, token)
    assert signs_in(books, token)
    assert not opens(books, token)
    assert signs_in(books, token) is None


def test_a_session_ends_after_a_day_without_use_and_after_two_weeks_in_any_case(
    books: Books,
) -> None:
    ask(books)
    session = signs_in(books, links(books)[0])
    assert session is not None
    for _ in range(27):
        books.wait(hours=12)
        with books.database.write() as connection:
            found = sign_ins.signed_in(connection, session, books.now)
            assert found is not None
            sign_ins.note_use(connection, found.session_id, books.now)
    books.wait(hours=12)
    assert not is_signed_in(books, session)
    books.wait(hours=1)
    ask(books)
    session = signs_in(books, links(books)[-1])
    assert session is not None
    books.wait(hours=23)
    assert is_signed_in(books, session)
    books.wait(hours=1)
    assert not is_signed_in(books, session)
    with books.database.read() as connection:
        found_id = organisers.known(connection, ANA).id
        assert sign_ins.of_organiser(connection, found_id, books.now) == []


def test_a_link_asked_for_too_long_ago_is_not_mailed_any_more(books: Books) -> None:
    with books.database.write() as connection:
        somebody = Asking(ANA, digest("hers"), None, Language.EN)
        asking.write_down(connection, somebody, books.now)
    books.wait(hours=2)  # no worker was there
    asking.answer(books.database, Links(URL, books.tokens), books.now)
    assert links(books) == []


def test_the_first_organiser_is_an_admin_and_those_after_are_not(
    make_database_url: Callable[[], str],
) -> None:
    database = Database(make_database_url())
    with database.write() as connection:
        now = Books(database).now
        roles = [
            organisers.enrol(connection, f"{n}@desk.example", now).role for n in ("a", "b", "c")
        ]
        assert roles == [Role.ADMIN, Role.ORGANISER, Role.ORGANISER]
        assert organisers.enrol(connection, "b@desk.example", now, Role.ADMIN).is_admin
        assert organisers.enrol(connection, "b@desk.example", now).is_admin
    database.close()
