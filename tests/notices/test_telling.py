"""Who is told what, and how often: writers and organisers."""

import pytest

from letters.desk import organisers
from letters.notices.post import MOST_A_DAY
from letters.sending import gate
from letters.sending.outcomes import Answer
from letters.storage.database import Database
from tests.support.books import URL, Books

TITLE = "Keep the harbour's trees"
CONFIRM = 'confirm = "before-sending"'


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


def organiser(books: Books, email: str = "olu@trees.example") -> str:
    with books.database.write() as connection:
        organisers.enrol(connection, email, books.now)
    return email


def test_a_thousand_posts_with_one_address_bring_one_mail(books: Books, is_long: bool) -> None:
    posts = 1_000 if is_long else 100
    books.load("trees", more=CONFIRM)
    for n in range(posts):
        books.write("trees", f"Victim+{n}@Readers.example")
    assert sum(len(books.mails(f"Victim+{n}@Readers.example")) for n in range(posts)) == 1
    assert books.states("trees") == {"unconfirmed": 1}


def test_over_all_campaigns_an_address_gets_a_days_mail_at_most(books: Books) -> None:
    for n in range(MOST_A_DAY + 5):
        books.load(f"trees-{n}")
        books.write(f"trees-{n}", "victim@readers.example")
    assert len(books.mails("victim@readers.example")) == MOST_A_DAY


def test_a_writer_who_does_not_confirm_is_reminded_once(books: Books) -> None:
    books.load("trees", more=CONFIRM)
    writer = books.write("trees")
    for _day in range(9):
        books.sweep()
        books.wait(days=1)
    first, second = books.mails(writer)
    assert first.subject == f"Please confirm your letter: {TITLE}"
    assert second.subject == f"Your letter still waits for your yes: {TITLE}"
    assert first.body.splitlines()[4] in second.body.splitlines()  # the same link
    assert books.states("trees") == {"expired": 1}


def test_a_writer_who_has_confirmed_is_not_reminded(books: Books) -> None:
    books.load("trees", more=CONFIRM)
    writer = books.write("trees")
    books.confirm(writer)
    books.wait(days=5)
    books.sweep()
    assert len(books.mails(writer)) == 1


def test_a_second_submission_gets_its_link_when_a_mail_may_go_again(books: Books) -> None:
    books.load("trees", "a@x.example", "b@x.example", more=CONFIRM + '\nrouting = "choice"')
    writer = books.write("trees", targets=[0])
    books.wait(hours=1)
    books.write("trees", writer, targets=[1])
    assert len(books.mails(writer)) == 1
    books.wait(hours=24)
    books.sweep()
    links = {line for mail in books.mails(writer) for line in mail.body.split("\n")}
    assert len({line for line in links if line.startswith(URL)}) == 2


def test_whoever_writes_again_is_led_to_both_letters(books: Books) -> None:
    books.load("trees")
    writer = books.write("trees")
    books.wait(hours=25)
    books.write("trees", writer, text="Dear Minister 1,\n\nBetter words.\n\nAna")
    _, second = books.mails(writer)
    assert second.subject == f"A second letter with your address: {TITLE}"
    assert books.states("trees") == {"queued": 1}


def test_whoever_writes_the_same_again_gets_the_link_again(books: Books) -> None:
    books.load("trees")
    writer = books.write("trees")
    books.wait(hours=25)
    books.write("trees", writer)
    first, second = books.mails(writer)
    assert second == first
    assert books.states("trees") == {"queued": 1}


def test_every_first_notice_says_what_to_do_if_it_was_not_you(books: Books) -> None:
    books.load("trees")
    books.load("roads", more=CONFIRM)
    for slug in ("trees", "roads"):
        (mail,) = books.mails(books.write(slug))
        (link,) = [line for line in mail.body.split("\n") if line.startswith(URL)]
        assert f"{link.removesuffix('/confirm')}/not-me" in mail.body


def test_bad_news_comes_once_with_the_text_for_a_confirmed_address(books: Books) -> None:
    books.load("trees", "a@x.example", "b@x.example", more=CONFIRM)
    writer = books.write("trees", text="Dear Minister,\n\nMy own words.\n\nAna")
    books.confirm(writer)
    for letter in books.send():
        books.bounce(letter, "550 5.1.1 no such user")
    for _ in range(3):
        books.sweep()
    (_first, news) = books.mails(writer)
    assert news.subject == f"Your letter did not arrive: {TITLE}"
    assert news.body.count("My own words.") == 2
    assert "The reason given: 550 5.1.1 no such user" in news.body
    assert "Minister 1, the Second" in news.body
    assert [line for line in news.body.split("\n") if line.startswith(f"{URL}/l/")]


def test_bad_news_has_none_of_a_visitors_words_for_an_unconfirmed_address(books: Books) -> None:
    books.load("trees")
    writer = books.write("trees", text="Buy pills at pills.example")
    (letter,) = books.send()
    books.bounce(letter, "550 spam: Buy pills at pills.example")
    books.sweep()
    news = books.mails(writer)[-1]
    assert news.subject == f"Your letter did not arrive: {TITLE}"
    assert "pills" not in news.body
    assert "Ana" not in news.body


def test_what_fails_later_waits_for_the_next_day(books: Books) -> None:
    books.load("trees", "a@x.example", "b@x.example")
    writer = books.write("trees")
    one, other = books.send()
    books.bounce(one)
    books.sweep()
    books.wait(hours=1)
    books.bounce(other)
    books.sweep()
    assert len(books.mails(writer)) == 2
    books.wait(hours=24)
    books.sweep()
    assert len(books.mails(writer)) == 3


def test_bad_news_of_one_writer_keeps_none_from_another(books: Books) -> None:
    books.load("trees", "a@x.example", "b@x.example", more='routing = "choice"')
    one, other = books.write("trees", targets=[0]), books.write("trees", targets=[1])
    for letter in books.send():
        books.bounce(letter)
        books.sweep()
    for writer in (one, other):
        assert books.mails(writer)[-1].subject == f"Your letter did not arrive: {TITLE}"


def test_whoever_writes_in_anothers_name_to_many_brings_them_one_bad_news_a_day(
    books: Books,
) -> None:
    emails = [f"{n}@x.example" for n in range(4)]
    books.load("trees", *emails, more='routing = "choice"')
    for n in range(4):
        books.write("trees", "victim@readers.example", targets=[n])
    for letter in books.send():
        books.bounce(letter)
    for day in range(1, 3):
        for _ in range(3):
            books.sweep()
        told = [mail.subject for mail in books.mails("victim@readers.example")]
        news = sum(subject.startswith("Your letter did not arrive") for subject in told)
        assert news == day
        books.wait(hours=25)
    assert books.states("trees") == {"bounced": 4}


def test_a_letter_that_expires_without_a_yes_is_no_news(books: Books) -> None:
    books.load("trees", more=CONFIRM)
    writer = books.write("trees")
    books.wait(days=8)
    books.sweep()
    books.sweep()
    assert books.states("trees") == {"expired": 1}
    assert [mail.subject for mail in books.mails(writer)] == [
        f"Please confirm your letter: {TITLE}"
    ]


def test_the_organisers_are_mailed_once_when_a_target_bounces(books: Books) -> None:
    olu = organiser(books)
    books.load("trees", pacing="per_target_per_hour = 3600")
    for _ in range(5):
        books.write("trees")
    (letter,) = books.send()
    for _copy in range(3):
        books.bounce(letter, "550 5.1.1 no such user")
    books.sweep()
    books.sweep()
    (alarm,) = books.mails(olu)
    assert alarm.subject == f"Sending to Minister 1, the Second has stopped: {TITLE}"
    assert "The last letter to Minister 1, the Second did not arrive" in alarm.body
    assert "The other side says: 550 5.1.1 no such user" in alarm.body
    assert "4 letters wait." in alarm.body
    assert f"\n{URL}/desk/trees\n" in alarm.body
    assert books.states("trees") == {"bounced": 1, "held": 4}


def test_the_organisers_are_mailed_when_the_key_is_refused_and_again_the_next_time(
    books: Books,
) -> None:
    olu = organiser(books)
    books.load("trees")
    books.write("trees")
    for _time in range(2):
        (notice_or_letter,) = books.claim(most=1)
        books.answer([notice_or_letter], Answer.KEY_REFUSED, "401: Maximum credits exceeded")
        books.sweep()
        books.sweep()
        with books.database.write() as connection:
            gate.recover(connection)
    first, second = books.mails(olu)
    assert first.subject == second.subject == "Sending has stopped"
    assert "401: Maximum credits exceeded" in first.body


def test_the_organisers_are_mailed_about_unknown_letters_once_a_day(books: Books) -> None:
    olu = organiser(books)
    books.load("trees")
    for _ in range(2):
        books.write("trees")
    claims = books.claim()
    books.answer(claims, Answer.UNKNOWN)
    books.wait(minutes=20)
    books.sweep()
    books.sweep()
    (mail,) = books.mails(olu)
    assert mail.subject == f"Letters need your decision: {TITLE}"
    assert mail.body.startswith("We do not know whether 2 letters were sent")
