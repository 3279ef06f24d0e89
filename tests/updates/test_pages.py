"""The desk's page of updates, and the link that ends them: a GET only shows."""

import json
import re
import secrets
import time
from collections.abc import Iterator

import pytest

from letters.notices.links import Links
from letters.record import Deed
from letters.record import entries as record_entries
from letters.states import State
from letters.storage.database import Database
from rig.servers import Valkey
from sandbox.behaviour.events import signature_headers
from sandbox.keys import new_key, public_key
from tests.abuse.at_desk import Desk
from tests.abuse.conftest import Site
from tests.support.books import URL, Books, settings_as_given
from tests.updates.updates import ASKED, Updates
from webapp.app import create_app
from worker.wall.request_body import request_body

SIGNING_KEY = new_key()
NEW = {
    "sort": "outcome",
    "audience": "writers",
    "subject": "The trees stay",
    "text": "We won.\r\n\r\nThank you.",
}


@pytest.fixture
def books(database: Database) -> Books:
    return Books(database)


@pytest.fixture
def updates(books: Books) -> Updates:
    return Updates(books)


@pytest.fixture
def site(database: Database, valkey: Valkey) -> Iterator[Site]:
    url = database.engine.url.render_as_string(hide_password=False)
    app = create_app(
        settings_as_given(
            DATABASE_URL=url,
            REDIS_URL=valkey.new_database(),
            LOG_FORMAT="text",
            SENDGRID_EVENT_PUBLIC_KEY=public_key(SIGNING_KEY),
        )
    )
    yield Site(app, database, app.extensions["postbag"].tokens)
    app.extensions["postbag"].database.close()


def test_what_is_sent_is_what_was_shown(site: Site, books: Books, updates: Updates) -> None:
    books.load("trees", more=ASKED)
    writers = updates.writers(2)
    desk = Desk(site)
    assert desk.post("/desk/trees/updates/new", {**NEW, "subject": " "}).status_code == 422
    where = desk.post("/desk/trees/updates/new", NEW).headers["Location"]
    page = desk.client.get(where).text
    assert "Send it to 2 people" in page
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    assert seen is not None
    desk.post(where, {"do": "test"})
    assert books.mails("ana@desk.example")[-1].subject == "[Test] The trees stay"
    desk.post(where, {**NEW, "text": "We lost.", "do": "keep"})  # somebody else, meanwhile
    assert desk.post(where, {"do": "send", "seen": seen[1]}).status_code == 409
    desk.post(where, {**NEW, "do": "keep"})
    assert desk.post(where, {"do": "send", "seen": seen[1]}).status_code == 303
    assert desk.post(where, {"do": "send", "seen": seen[1]}).status_code == 409
    books.sweep()
    desk.post(where, {"do": "pause"})
    assert updates.got() == []
    desk.post(where, {"do": "resume"})
    got = updates.got()
    assert sorted(claim.to_email for claim in got) == sorted(writers)
    assert got[0].body.startswith("We won.\n\nThank you.\n\n---\n")
    assert "2 people have been sent it." in desk.client.get(where).text
    with books.database.read() as connection:
        deeds = {entry.deed for entry in record_entries(connection)}
    assert {Deed.UPDATE_SENT, Deed.UPDATE_TESTED, Deed.UPDATE_PAUSED, Deed.UPDATE_RESUMED} <= deeds


def test_one_campaigns_update_is_not_there_for_another(
    site: Site, books: Books, updates: Updates
) -> None:
    books.load("trees")
    books.load("quays")
    mailing_id = updates.draft()
    desk = Desk(site)
    assert desk.client.get(f"/desk/quays/updates/{mailing_id}").status_code == 404
    for do in ("keep", "test", "send", "pause", "resume", "no-later", "delete"):
        answer = desk.post(f"/desk/quays/updates/{mailing_id}", {**NEW, "do": do})
        assert answer.status_code == 409
    assert desk.client.get(f"/desk/trees/updates/{mailing_id}").status_code == 200


def test_a_mail_program_ends_updates_with_one_post(
    site: Site, books: Books, updates: Updates
) -> None:
    books.load("trees", more=ASKED)
    first, second = updates.writers(2)
    mailing_id = updates.send()
    claims = books.claim()
    (claim,) = [c for c in claims if c.updates_to == books.submission(first)]
    own = Links(URL, books.tokens).updates(books.submission(first))
    headers = request_body(claim, "letters@postbag.example", None, own)["headers"]
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = headers["List-Unsubscribe"].strip("<>")
    assert f"\n{link}\n" in claim.body
    books.send_claimed(claims)
    path = link.removeprefix(URL)
    for _ in range(3):  # a scanner follows every link
        assert "Send me no more updates" in site.client.get(path).text
    assert site.client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert "You get no more updates" in site.client.get(path).text
    again = updates.send()
    assert [c.to_email for c in updates.got()] == [second]
    assert site.client.post(path, data={"again": "1"}).status_code == 200
    assert updates.number(updates.draft()) == 2
    assert updates.states(mailing_id) == {State.ACCEPTED: 2}
    assert updates.states(again) == {State.ACCEPTED: 1}
    with books.database.read() as connection:
        deeds = [entry.deed for entry in record_entries(connection)]
    assert deeds.count(Deed.UPDATES_STOPPED) == deeds.count(Deed.UPDATES_WANTED) == 1


@pytest.mark.parametrize("kind", ["spamreport", "unsubscribe"])
def test_a_report_of_any_of_our_mails_ends_updates_at_once(
    kind: str, site: Site, books: Books, updates: Updates
) -> None:
    books.load("trees", more=ASKED)
    books.load("quays", "clerk@quays.example", more=ASKED)
    first, second = updates.writers(2)
    updates.writers(1, "quays")
    letter = next(claim for claim in books.send() if claim.category == "quays")
    updates.send()
    (got, *_) = [claim for claim in updates.got() if claim.to_email == first]
    waiting = updates.send()
    link = next(one for one in books.mailed.values() if one.to_email == second)
    for of in (got, got, link, letter):  # an office's word is about its letters
        event = {
            "event": kind,
            "sg_event_id": secrets.token_hex(8),
            "notice_id": of.letter_id,
            "attempt_id": of.attempt_id,
        }
        body = json.dumps([event]).encode()
        headers = dict(signature_headers(SIGNING_KEY, body, time.time()))
        answer = site.client.post("/webhooks/sendgrid", data=body, headers=headers)
        assert answer.status_code == 204
        waits = updates.states(waiting).get(State.QUEUED, 0)
        assert waits == (0 if of in (link, letter) else 1)
    assert updates.number(updates.draft()) == 0
    assert updates.number(updates.draft("quays"), "quays") == 1
    assert updates.got() == []
    with books.database.read() as connection:
        deeds = [entry.deed for entry in record_entries(connection)]
    assert deeds.count(Deed.UPDATES_REPORTED) == 2


def test_a_link_of_another_kind_ends_nothing(site: Site, books: Books, updates: Updates) -> None:
    books.load("trees", more=ASKED)
    (writer,) = updates.writers(1)
    submission_id = books.submission(writer)
    token = books.tokens.updates(submission_id)
    for wrong in (books.tokens.receipt(submission_id), submission_id, token[:-1], f"{token}A"):
        assert site.client.get(f"/u/{wrong}").status_code == 404
        assert site.client.post(f"/u/{wrong}").status_code == 404
    assert site.client.get(f"/l/{token}").status_code == 404
    assert site.client.post(f"/u/{books.tokens.updates('0' * 32)}").status_code == 200  # a test's
    assert updates.number(updates.draft()) == 1
