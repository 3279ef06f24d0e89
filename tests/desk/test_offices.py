"""The desk's targets, troubled first, and the page of each office over all campaigns."""

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from letters.campaigns import store
from letters.campaigns.targets import CannotDecide, Objection, hold_by_hand, release
from letters.desk import office as offices
from letters.desk import organisers, sign_ins
from letters.desk.office import Word
from letters.desk.organisers import Role
from letters.files.campaign_file import read_campaign
from letters.offices import mailbox
from letters.reasons import Hold
from letters.record import COMMAND_LINE, Actor, Deed, entries
from letters.storage.database import Database
from rig.campaigns import campaign_file
from sandbox.keys import new_key, public_key
from tests.support.books import Books
from webapp.app import create_app

ME = Actor.organiser("ana@desk.example")
OFFICE = "minister@harbours.example"


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


@pytest.fixture
def client(books: Books) -> Iterator[FlaskClient]:
    """Give a browser that is signed in as an admin."""
    environment = {
        "DATABASE_URL": books.database.engine.url.render_as_string(hide_password=False),
        "REDIS_URL": "redis://127.0.0.1:1",
        "SECRET_KEY": "a-secret-key-for-tests-only",
        "PUBLIC_URL": "http://localhost",
        "SENDGRID_API_KEY": "SG.test",
        "SENDGRID_EVENT_PUBLIC_KEY": public_key(new_key()),
        "MAIL_FROM": "letters@postbag.example",
        "LOG_FORMAT": "text",
    }
    app = create_app(environment)
    now = app.extensions["postbag"].now()
    with books.database.write() as connection:
        _, token = sign_ins.invite(connection, "ana@desk.example", now, Role.ADMIN)
    found = app.test_client()
    page = found.get(f"/desk/sign-in/{token}").text
    posted = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', page))
    assert found.post(f"/desk/sign-in/{token}", data=posted).status_code == 303
    yield found
    app.extensions["postbag"].database.close()


def post(client: FlaskClient, path: str, word: str, sure: str = "yes") -> str:
    token = re.findall(r'name="csrf_token" value="([^"]+)"', client.get(path).text)[0]
    fields = {"csrf_token": token, "word": word, "sure": sure}
    answered = client.post(path, data=fields, follow_redirects=True)
    assert answered.status_code == 200
    return answered.text


def names(page: str) -> list[str]:
    return re.findall(r"<strong><bdi>([^<]+)</bdi></strong>", page)


def test_targets_in_trouble_stand_first_fifty_a_page(books: Books, client: FlaskClient) -> None:
    addresses = [f"t{n}@office.example" for n in range(120)]
    with books.database.write() as connection:
        store.load(connection, read_campaign(campaign_file("trees", *addresses)), books.now)
    for place in (30, 77, 119):
        with books.database.write() as connection:
            hold_by_hand(connection, "trees", addresses[place], books.now, ME)
    first = client.get("/desk/trees/targets").text
    assert "120 targets, nothing goes to 3 of them" in first
    assert names(first)[:3] == [f"Minister {n + 1}, the Second" for n in (30, 77, 119)]
    assert len(names(first)) == 50
    assert "Page 1 of 3" in first
    assert len(names(client.get("/desk/trees/targets?page=3").text)) == 20
    assert names(client.get("/desk/trees/targets?q=T77@office").text) == ["Minister 78, the Second"]
    by_name = names(client.get("/desk/trees/targets?sort=name").text)
    assert by_name == sorted(by_name, key=str.casefold)
    assert "No target of this campaign was found." in client.get("/desk/trees/targets?q=zz").text


def test_an_office_is_decided_about_in_every_campaign_that_one_sees(
    books: Books, client: FlaskClient
) -> None:
    for slug in ("trees", "parks"):
        books.load(slug, OFFICE, pacing="per_target_per_hour = 60")
        for _ in range(3):
            books.write(slug)
    (left,) = books.send()
    path = f"/desk/trees/office/{books.find('trees').targets[0].id}"
    page = client.get(path).text
    assert "Hold 5 letters" in page
    assert "on hold" in post(client, path, "hold")
    assert books.find("trees").targets[0].hold == books.find("parks").targets[0].hold
    assert "Let 5 letters go" in client.get(path).text
    asked = post(client, path, "release", sure="")
    assert "Let 5 letters go to" in asked
    assert 'name="word" value="release"' in asked
    assert "Let 5 letters go" in client.get(path).text  # it only asks
    assert "5 letters wait their turn again." in post(client, path, "release")
    books.block(left)
    assert "Queue 1 letter again" in client.get(path).text
    page = post(client, path, "again")
    assert "1 letter is queued once more." in page
    assert "421 too many" not in page  # it waits again
    assert page.count("ana@desk.example</strong>") == 6  # each decision, in both campaigns
    assert client.get("/desk/parks/office/1").status_code in {200, 404}
    assert client.get("/desk/trees/office/999").status_code == 404


@pytest.mark.parametrize(
    ("why", "whose"),
    [
        (Hold.BY_ORGANISER, "Whoever held it says"),
        (Hold.STOPPED_BY_OFFICE, "The other side says"),
    ],
)
def test_the_words_of_a_hold_are_told_as_those_of_whoever_gave_them(
    books: Books, client: FlaskClient, why: Hold, whose: str
) -> None:
    books.load("trees", OFFICE)
    with books.database.write() as connection:
        mailbox.hold(connection, OFFICE, "Wait for <May>", books.now, why=why)
    page = client.get(f"/desk/trees/office/{books.find('trees').targets[0].id}").text
    assert f"{whose}: Wait for &lt;May&gt;" in page


def test_who_works_on_one_campaign_decides_about_that_one(books: Books) -> None:
    for slug in ("trees", "parks"):
        books.load(slug, OFFICE)
        books.write(slug)
    with books.database.write() as connection:
        ben = organisers.enrol(connection, "ben@desk.example", books.now, Role.ORGANISER)
        trees = books.find("trees")
        organisers.give(connection, trees.id, ben, books.now, COMMAND_LINE)
    with books.database.read() as connection:
        seen = offices.view(connection, trees.targets[0].id, ben.id)
    assert [seat.slug for seat in seen.seats] == ["trees"]
    assert offices.decide(books.database, seen, Word.HOLD, books.now, ME) == 1
    assert [claim.category for claim in books.send()] == ["parks"]


def test_a_release_is_in_the_record_of_every_campaign_concerned(books: Books) -> None:
    for slug in ("trees", "parks"):
        books.load(slug, OFFICE)
        books.write(slug)
    left = books.send()
    books.bounce(left[0])
    with books.database.read() as connection:
        seen = offices.view(connection, books.find("trees").targets[0].id, None)
    assert [each.words for each in seen.told] == ["550 no such mailbox"]
    offices.decide(books.database, seen, Word.RELEASE, books.now, ME)
    with books.database.read() as connection:
        told = {e.slug for e in entries(connection) if e.deed is Deed.RELEASED}
        assert told == {"trees", "parks"}
        again = offices.view(connection, books.find("trees").targets[0].id, None)
    assert {(entry.slug, entry.deed) for entry in again.entries} >= {
        ("trees", Deed.RELEASED),
        ("parks", Deed.RELEASED),
    }


def test_each_of_two_people_at_one_mailbox_is_decided_about_alone(
    books: Books, client: FlaskClient
) -> None:
    books.load("trees", OFFICE, OFFICE, "other@office.example")
    first, second, _ = books.find("trees").targets
    token = re.findall(r'name="csrf_token" value="([^"]+)"', client.get("/desk/trees").text)[0]

    def decide(word: str, target: str, **more: str) -> int:
        fields = {"csrf_token": token, "word": word, "target": target, **more}
        return client.post("/desk/trees/target", data=fields).status_code

    def held() -> list[bool]:
        return [target.hold is not None for target in books.find("trees").targets]

    page = client.get("/desk/trees").text
    for target in (first, second):
        assert f'name="target" value="{target.id}"' in page
    assert decide("hold", str(second.id)) == 303
    assert held() == [False, True, False]
    page = client.get("/desk/trees").text
    assert f'value="{first.id}">Minister 1' in page  # who could follow: not the one who left
    assert f'value="{second.id}">Minister 2' not in page
    assert decide("release", str(second.id)) == 303
    assert held() == [False, False, False]
    assert decide("undo-successor", str(second.id)) == 409
    for _again in range(2):
        assert decide("successor", str(second.id), email=str(first.id)) == 303
        assert held() == [False, True, False]
        assert 'value="undo-successor"' in client.get("/desk/trees").text
        assert decide("undo-successor", str(second.id)) == 303
        assert held() == [False, False, False]
    assert decide("successor", str(second.id), email=str(first.id)) == 303
    assert decide("successor", str(first.id), email=str(second.id)) == 409
    assert decide("address", str(second.id), email="new@office.example") == 303
    assert held() == [False, False, False]
    emails = [target.target.email for target in books.find("trees").targets]
    assert emails == [OFFICE, "new@office.example", "other@office.example"]
    assert decide("hold", OFFICE.upper()) == 303  # a page from before names an address
    assert held() == [True, False, False]


def test_what_came_back_from_each_of_two_at_one_mailbox_goes_again(
    books: Books, client: FlaskClient
) -> None:
    books.load("trees", OFFICE, OFFICE)
    books.write("trees")
    for letter in books.send():
        books.block(letter)
        books.wait(minutes=1)
    for letter in books.send():
        books.block(letter)
    assert books.states("trees") == {"bounced": 2}
    first, second = books.find("trees").targets
    path = f"/desk/trees/office/{second.id}"
    assert "2 letters are queued once more." in post(client, path, "again")
    assert "2 letters are on hold." in post(client, path, "hold")
    assert all(target.hold is not None for target in books.find("trees").targets)
    assert "2 letters wait their turn again." in post(client, path, "release")
    assert books.states("trees") == {"queued": 2}
    assert first.id != second.id


def test_more_than_a_transaction_holds_is_held_and_let_go_from_the_page(
    books: Books, client: FlaskClient
) -> None:
    many = mailbox.PART + 5
    for slug in ("birds", "trees"):
        books.load(slug, OFFICE)
        for _ in range(many):
            books.write(slug)
    (target,) = books.find("trees").targets
    path = f"/desk/trees/office/{target.id}"
    assert f"{2 * many} letters are on hold." in post(client, path, "hold")
    assert books.states("birds") == books.states("trees") == {"held": many}
    assert f"{2 * many} letters wait their turn again." in post(client, path, "release")
    assert books.states("birds") == books.states("trees") == {"queued": many}


def test_whoever_makes_a_draft_opens_no_office_that_asked_for_no_more(books: Books) -> None:
    books.load("calm", OFFICE)
    books.write("calm")
    with books.database.write() as connection:
        mailbox.hold(connection, OFFICE, "please no more", books.now, why=Hold.STOPPED_BY_OFFICE)
        rogue = organisers.enrol(connection, "rogue@desk.example", books.now, Role.ORGANISER)
        text = campaign_file("mine", OFFICE).replace('status = "live"', 'status = "draft"')
        store.load(connection, read_campaign(text), books.now)
        organisers.keep(connection, store.find(connection, "mine").id, rogue)
    (mine,) = books.find("mine").targets
    by = Actor.organiser(rogue.email)
    with books.database.write() as connection:
        with pytest.raises(CannotDecide) as refused:
            release(connection, "mine", OFFICE, books.now, by)
        assert refused.value.objection is Objection.DRAFT
        seen = offices.view(connection, mine.id, rogue.id)
    assert (seen.office.hold, seen.office.hold_words) == (Hold.STOPPED_BY_OFFICE, None)
    assert offices.decide(books.database, seen, Word.RELEASE, books.now, by) == 0
    assert books.states("calm") == {"held": 1}
    with books.database.write() as connection:
        release(connection, "calm", OFFICE, books.now, ME)
    assert books.states("calm") == {"queued": 1}
