"""A mail with many letters is answered: one of its writers, or all, and never nobody unawares."""

import re
from typing import Any

import pytest

from letters.answers import office as offices
from letters.answers import to_all
from letters.notices.links import Links
from letters.record import COMMAND_LINE
from letters.sending.claiming.claimed import Claim
from letters.storage.database import Database
from rig.inbound import raw_message, raw_post
from tests.answers.office import DOMAIN, THROUGH_US, Office
from tests.support.books import START, URL, Books
from webapp.sendgrid.parsed import read_mail
from worker.wall.request_body import answered, request_body

VOTE = "matters_by = 2026-03-02T11:00:00\n"
SLOW = "per_target_per_hour = 1"


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


@pytest.fixture
def office(books: Books) -> Office:
    return Office(books)


def bundle(books: Books, *slugs: str, more: str = THROUGH_US) -> tuple[Claim, list[str]]:
    """Let six write in each campaign before a vote, and claim their bundle."""
    writers = []
    for slug in slugs:
        books.load(slug, "clerk@office.example", pacing=SLOW, more=VOTE + more)
        writers += [books.write(slug, text=f"Word {n} of {slug}.") for n in range(6)]
    books.now = START
    while not (found := [claim for claim in books.claim() if claim.together]):
        books.wait(minutes=10)
    books.send_claimed(found)
    return found[0], writers


def sent(claim: Claim, books: Books, domain: str = DOMAIN) -> dict[str, Any]:
    """Give the request as it would leave."""
    return request_body(answered(claim, books.tokens, domain), "letters@postbag.example")


def text_of(body: dict[str, Any]) -> str:
    (content,) = body["content"]
    return str(content["value"])


def answer(
    books: Books,
    office: Office,
    to: str,
    *headers: str,
    message_id: str = "<1@x>",
    text: str = "We keep them.",
) -> int:
    mail = read_mail(*_pieces(to, text, *headers, message_id=message_id))
    assert mail is not None
    with books.database.write() as connection:
        carriers = to_all.mails_answered(office.door, mail)
        links = Links(URL, books.tokens)
        return to_all.take_for_all(connection, links, carriers, mail, books.now)


def _pieces(to: str, text: str, *headers: str, message_id: str) -> tuple[str, list[bytes]]:
    message = raw_message(to, text, "Re: letters", *headers, message_id=message_id)
    body, kind = raw_post(to, message)
    return kind, [body]


def test_above_each_letter_stands_an_address_of_its_own(books: Books, office: Office) -> None:
    claim, writers = bundle(books, "trees")
    text = text_of(sent(claim, books))
    own = re.findall(rf"^([a-z2-7]{{52}}@{DOMAIN})$", text, re.MULTILINE)
    assert len(own) == len(set(own)) == text.count("From: Ana Reed")
    assert not any(writer in text for writer in writers)
    assert "An answer to this message goes to everybody" in text
    for place, address in enumerate(own[:2]):
        assert office.post(*raw_post(address, raw_message(address))) == 1
        (relay,) = office.relays()
        assert f"Word {place} of" in text
        assert relay.to_email == writers[int(re.findall(r"Word (\d) of", text)[place])]


def test_an_answer_to_the_whole_mail_waits_for_an_organiser_and_reaches_all(
    books: Books, office: Office
) -> None:
    claim, writers = bundle(books, "trees", "parks")
    body = sent(claim, books)
    to = str(body["reply_to"]["email"])
    assert office.post(*raw_post(to, raw_message(to))) == 0  # it is nobody's own
    assert [answer(books, office, to) for _ in range(3)] == [2, 0, 0]
    assert answer(books, office, to, "Auto-Submitted: auto-replied", message_id="<2@x>") == 0
    assert office.relays() == []
    books.deliver(claim)
    got: list[str] = []
    for slug in ("trees", "parks"):
        with books.database.write() as connection:
            campaign_id = books.find(slug).id
            (offered,) = offices.offered(connection, campaign_id)
            assert offered.text == "We keep them."
            offices.decide(
                connection, campaign_id, offered.id, books.now, COMMAND_LINE, releases=True
            )
    books.sweep()
    got = [relay.to_email for relay in office.relays()]
    assert len(got) == len(set(got)) == int(claim.subject.split()[0])
    assert set(got) <= set(writers)
    assert answer(books, office, to) == 0


@pytest.mark.parametrize("mark", ["> ", ""])
def test_nobody_reads_the_letters_of_others_in_what_an_answer_quotes(
    books: Books, office: Office, mark: str
) -> None:
    claim, _ = bundle(books, "trees")
    body = sent(claim, books)
    books.deliver(claim)
    quoted = "\n".join(mark + line for line in text_of(body).splitlines())
    text = f"We keep them.\n\nOn Mon, 2 Mar 2026 at 09:12, Postbag <x@y.example> wrote:\n{quoted}"
    to_all_of_them = str(body["reply_to"]["email"])
    assert answer(books, office, to_all_of_them, text=text) == 1
    with books.database.read() as connection:
        (offered,) = offices.offered(connection, books.find("trees").id)
    one = re.findall(rf"^([a-z2-7]{{52}}@{DOMAIN})$", text_of(body), re.MULTILINE)[0]
    assert office.post(*raw_post(one, raw_message(one, text))) == 1
    (relay,) = office.relays()
    for got in (offered.text, relay.body):
        assert got.startswith("We keep them.\n\n---\nWhat it quoted is left out")
        assert "Word" not in got
        assert "Ana Reed" not in got


def test_without_a_domain_writers_are_answered_straight(books: Books) -> None:
    claim, writers = bundle(books, "trees")
    body = sent(claim, books, domain="")
    assert "reply_to" not in body
    text = text_of(body)
    assert "An answer to this message" not in text
    assert [line for line in text.splitlines() if line in writers] == [
        writers[int(n)] for n in re.findall(r"Word (\d) of", text)
    ]


def test_what_a_writer_types_is_no_mark(books: Books) -> None:
    books.load("trees", "clerk@office.example", pacing=SLOW, more=VOTE + THROUGH_US)
    odd = "<0>\n\n\n\n<" + "ab" * 16 + ">\n\n<" + "ab" * 16 + ": all>\n\n end "
    for _ in range(6):
        books.write("trees", text=odd)
    books.now = START
    while not (found := [claim for claim in books.claim() if claim.together]):
        books.wait(minutes=10)
    assert odd in text_of(sent(found[0], books))
