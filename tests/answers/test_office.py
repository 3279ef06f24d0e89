"""An office's own page: it shows what came, changes nothing by itself, and opens nothing else."""

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from letters.answers import office as offices
from letters.desk import organisers
from letters.mail.kinds import Kind
from letters.record import COMMAND_LINE
from letters.record import entries as record_entries
from letters.storage.database import Database
from letters.storage.schema import answer, office_answer, submission, target
from rig.campaigns import form_fields
from sandbox.keys import new_key, public_key
from tests.answers.office import THROUGH_US
from tests.support.books import Books
from webapp.app import create_app

PAGE = "office_page = true\n"
OFFICE = "minister@harbours.example"


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


@pytest.fixture
def client(database: Database) -> Iterator[FlaskClient]:
    environment = {
        "DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
        "REDIS_URL": "redis://127.0.0.1:1",
        "SECRET_KEY": "a-secret-key-for-tests-only",
        "PUBLIC_URL": "https://post.example",
        "SENDGRID_API_KEY": "SG.test",
        "SENDGRID_EVENT_PUBLIC_KEY": public_key(new_key()),
        "MAIL_FROM": "letters@postbag.example",
        "LOG_FORMAT": "text",
    }
    app = create_app(environment)
    yield app.test_client()
    app.extensions["postbag"].database.close()


def path(books: Books, slug: str = "trees", place: int = 0) -> str:
    return f"/o/{books.tokens.office(books.find(slug).targets[place].id)}"


def delivered(books: Books, number: int, slug: str = "trees") -> list[str]:
    """Let so many letters arrive; give their writers' addresses."""
    writers = [books.write(slug) for _ in range(number)]
    for letter in books.send():
        books.deliver(letter)
    return writers


def held(books: Books, slug: str) -> bool:
    return books.find(slug).targets[0].hold is not None


def test_each_letter_shows_the_link_before_it_leaves(client: FlaskClient, books: Books) -> None:
    books.load("trees", more=PAGE)
    fields = form_fields(client.get("/c/trees").text)
    fields |= {"name": "Ana Reed", "email": "ana@readers.example", "preview": "1"}
    shown = client.post("/c/trees", data=fields).text
    found = re.search(r"<pre[^>]*data-preview>(.*?)</pre>", shown, re.DOTALL)
    assert found is not None
    assert found[1].endswith(f"\nhttps://post.example{path(books)}")


def test_a_look_changes_nothing_and_tells_of_no_writer(client: FlaskClient, books: Books) -> None:
    books.load("trees", more=f"{PAGE}asks_postcode = true\n", pacing="per_target_per_hour = 1")
    (first, *_rest) = [books.write("trees") for _ in range(3)]
    for letter in books.send():
        books.deliver(letter)
    for _ in range(3):  # a scanner follows every link
        page = client.get(path(books))
        assert page.status_code == 200
    assert "1 letter has come to you." in page.text
    assert "2 wait." in page.text
    assert first not in page.text
    assert "Ana Reed" not in page.text
    assert not held(books, "trees")


def test_a_postcode_counts_once_however_it_is_spelt(books: Books) -> None:
    books.load("trees", more=f"{PAGE}asks_postcode = true\n")
    for typed in ("E1 6AN", "e16an", "E10 5NP"):
        of = submission.c.email == books.write("trees")
        with books.database.write() as connection:
            connection.execute(update(submission).where(of).values(postcode=typed))
        for letter in books.send():
            books.deliver(letter)
        books.wait(hours=1)
    with books.database.read() as connection:
        seen = offices.read(connection, books.find("trees").targets[0].id)
    assert seen.by_postcode == (("E1 6AN", 2), ("E10 5NP", 1))


@pytest.mark.parametrize("field", ["stop", "answer", "email"])
def test_one_offices_link_opens_nothing_of_another(
    client: FlaskClient, books: Books, field: str
) -> None:
    books.load("trees", "one@harbours.example", "two@harbours.example", more=PAGE)
    books.load("quays")
    token = path(books).removeprefix("/o/")
    number, _, signature = token.partition(".")
    other = str(books.find("trees").targets[1].id)
    receipt = books.tokens.receipt(number)
    for wrong in (f"{other}.{signature}", token[:-1], f"{token}A", receipt, number, "x"):
        assert client.get(f"/o/{wrong}").status_code == 404
        assert client.post(f"/o/{wrong}", data={field: "x"}).status_code == 404
    assert client.get(path(books, "quays")).status_code == 404  # it gives no such pages
    books.load("trees", "two@harbours.example", more=PAGE)
    assert client.get(f"/o/{token}").status_code == 404  # who has left has no page any more


def test_please_stop_holds_at_once_in_every_campaign(client: FlaskClient, books: Books) -> None:
    with books.database.write() as connection:
        organisers.enrol(connection, "olu@trees.example", books.now)
    books.load("trees", more=PAGE)
    books.load("quays")
    books.load("elsewhere", "other@harbours.example")
    books.write("trees")
    books.write("quays")
    page = client.post(path(books), data={"stop": "yes", "reason": "We are one desk of two."})
    assert page.status_code == 200
    assert books.send() == []
    assert books.states("trees") == books.states("quays") == {"held": 1}
    assert held(books, "quays")
    assert not held(books, "elsewhere")
    with books.database.read() as connection:
        details = [e.detail for e in record_entries(connection)]
    assert f"{OFFICE}: We are one desk of two." in details
    books.sweep()
    assert "asked for no more letters" in books.mails("olu@trees.example")[-1].body


def test_a_better_address_is_asked_for_first(client: FlaskClient, books: Books) -> None:
    with books.database.write() as connection:
        organisers.enrol(connection, "olu@trees.example", books.now)
    books.load("trees", more=PAGE)
    assert client.post(path(books), data={"email": "no address"}).status_code == 422
    assert client.post(path(books), data={"email": "cases@harbours.example"}).status_code == 200
    assert "cases@harbours.example" in books.mails("olu@trees.example")[-1].body
    with books.database.read() as connection:
        assert connection.execute(select(target.c.email)).scalar_one() == OFFICE


def test_whoever_has_the_link_brings_no_flood_on_the_organisers(
    client: FlaskClient, books: Books
) -> None:
    with books.database.write() as connection:
        organisers.enrol(connection, "olu@trees.example", books.now)
    books.load("trees", more=PAGE)
    answered = [
        client.post(
            path(books),
            data={"email": f"a{n}@harbours.example"},
            environ_base={"REMOTE_ADDR": f"192.0.2.{n}"},  # a network of its own each time
        ).status_code
        for n in range(25)
    ]
    assert answered == [200] * 20 + [429] * 5
    assert len(books.mails("olu@trees.example")) == 20
    stops = [client.post(path(books), data={"stop": "y"}).status_code for _ in range(7)]
    assert stops == [200] * 5 + [429] * 2
    assert client.get(path(books)).status_code == 200


def test_one_answer_reaches_every_writer_once_when_an_organiser_says_so(
    client: FlaskClient, books: Books
) -> None:
    books.load("trees", more=THROUGH_US + PAGE)
    writers = delivered(books, 5)
    late = books.write("trees")
    assert client.post(path(books), data={"answer": "We keep them all."}).status_code == 200
    again = client.post(path(books), data={"answer": "And more."})
    assert again.status_code == 422
    books.sweep()
    assert [c for c in books.claim() if c.answer is not None] == []
    campaign_id = books.find("trees").id
    with books.database.write() as connection:
        (offered,) = offices.offered(connection, campaign_id)
        assert (offered.writers, offered.text) == (5, "We keep them all.")
        assert offices.decide(
            connection, campaign_id, offered.id, books.now, COMMAND_LINE, releases=True
        )
        assert not offices.decide(
            connection, campaign_id, offered.id, books.now, COMMAND_LINE, releases=True
        )
    for _ in range(3):
        books.sweep()
    relays = [c for c in books.claim() if c.answer is not None]
    assert sorted(c.to_email for c in relays) == sorted(writers)
    assert late not in writers
    assert {(c.body, c.answer, c.from_name) for c in relays} == {
        ("We keep them all.", Kind.PERSON, "Minister 1, the Second")
    }
    with books.database.read() as connection:
        kept = connection.execute(select(office_answer.c.text)).scalar_one()
        number = connection.execute(select(func.count()).select_from(answer)).scalar_one()
    assert (kept, number) == (None, 5)


def test_an_office_says_how_letters_come_to_it(books: Books, client: FlaskClient) -> None:
    books.load("trees", more=PAGE)
    assert '"each" checked' in client.get(path(books)).text
    answered = client.post(path(books), data={"how": "weekly"})
    assert answered.status_code == 200
    assert "All letters of one week come to you in one message" in answered.text
    assert '"weekly" checked' in client.get(path(books)).text
    assert client.post(path(books), data={"how": "never"}).status_code == 422


@pytest.mark.parametrize("field", ["answer", "reason", "email"])
def test_a_character_that_nobody_sees_is_refused_with_its_place(
    client: FlaskClient, books: Books, field: str
) -> None:
    books.load("trees", more=PAGE)
    delivered(books, 1)
    fields = form_fields(client.get(path(books)).text)
    token = {"csrf_token": fields["csrf_token"]} if "csrf_token" in fields else {}
    typed = "Dear all,\nno\x00thing"
    stop = {"stop": "1"} if field == "reason" else {}
    refused = client.post(path(books), data={**token, **stop, field: typed})
    assert refused.status_code == 422
    assert "U+0000, in line 2 at place 3" in refused.text
    assert not held(books, "trees")
    with books.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(office_answer)).scalar() == 0
