"""A line of the record is found again: by what was done, who did it, and the day by the clock."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from letters.desk.organisers import Role
from letters.record import COMMAND_LINE, Actor, Deed, record
from letters.storage.database import Database
from sandbox.keys import new_key, public_key
from tests.support.books import Books
from tests.support.client import sign_in_as
from webapp.app import create_app

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def desk(database: Database) -> Iterator[FlaskClient]:
    """Give an admin's browser, and a record of 450 holds by Bo and a release by Ada a day later."""
    books = Books(database)
    stored = books.load("trees", more='timezone = "Pacific/Auckland"')
    bo, ada = (Actor.organiser(f"{who}@desk.example") for who in ("bo", "ada_%"))
    with database.write() as connection:
        for number in range(450):
            detail = f"number {number}"
            record(connection, Deed.HELD, NOON, by=bo, campaign_id=stored.id, detail=detail)
        later = NOON + timedelta(days=1)
        record(connection, Deed.RELEASED, later, by=ada, campaign_id=stored.id)
        record(connection, Deed.AREAS, NOON, by=COMMAND_LINE, detail="of no campaign")
    environment = {
        "DATABASE_URL": database.engine.url.render_as_string(hide_password=False),
        "REDIS_URL": "redis://127.0.0.1:1",
        "SECRET_KEY": "a-secret-key-for-tests-only",
        "PUBLIC_URL": "http://localhost",
        "SENDGRID_API_KEY": "SG.test",
        "SENDGRID_EVENT_PUBLIC_KEY": public_key(new_key()),
        "MAIL_FROM": "letters@postbag.example",
        "LOG_FORMAT": "text",
    }
    app = create_app(environment)
    yield sign_in_as(app, database, "ana@desk.example", Role.ADMIN)
    app.extensions["postbag"].database.close()


def details(client: FlaskClient, path: str) -> tuple[list[str], list[str]]:
    """Give the lines of a page, and where it leads to others."""
    page = client.get(path)
    assert page.status_code == 200
    (listed,) = re.findall(r'<ol class="record">(.*?)</ol>', page.text, re.DOTALL) or [""]
    lines = re.findall(r"<li>.*?</li>", listed, re.DOTALL)
    links = re.findall(r'<a class="button" href="([^"]+)"', page.text)
    return [" ".join(re.sub("<[^>]+>", "", line).split()) for line in lines], [
        html.unescape(link) for link in links
    ]


def test_what_was_done_who_did_it_and_the_day_narrow_it_down(desk: FlaskClient) -> None:
    lines, _links = details(desk, "/desk/trees/record?deed=released")
    assert len(lines) == 1
    assert "ada_%@desk.example let letters go to a target again" in lines[0]
    assert details(desk, "/desk/trees/record?by=ADA_%25")[0] == lines, "no pattern, a text"
    assert details(desk, "/desk/trees/record?by=a%25a")[0] == []
    # Noon in UTC is the next day in Auckland.
    assert details(desk, "/desk/trees/record?day=2026-03-04")[0] == lines
    assert details(desk, "/desk/trees/record?day=2026-03-04&deed=held")[0] == []
    assert details(desk, "/desk/record?day=2026-03-03")[0] != []
    assert len(details(desk, "/desk/record?deed=areas&day=2026-03-02")[0]) == 1


def test_a_narrowed_record_goes_back_page_by_page(desk: FlaskClient) -> None:
    seen: list[str] = []
    path = "/desk/trees/record?deed=held&by=bo%40desk&day=2026-03-03"
    for links in (1, 2, 1):
        lines, found = details(desk, path)
        assert len(found) == links
        seen += lines
        path = found[-1]
    numbers = [int(line.rpartition(" ")[2]) for line in seen]
    assert numbers == [*range(449, -1, -1)]
    assert path == "/desk/trees/record?deed=held&by=bo@desk&day=2026-03-03", "back to the newest"


@pytest.mark.parametrize("day", ["2026-02-30", "yesterday", "9999-12-31", "0001-01-01"])
def test_a_day_that_is_none_is_told_and_kept(desk: FlaskClient, day: str) -> None:
    page = desk.get(f"/desk/trees/record?day={day}&deed=zz&before=zz&by=%00").text
    assert re.search(r'id="day-error">Day must be a d', page)
    assert f'value="{day}"' in page
    assert len(re.findall("<li>.*held a target", page, re.DOTALL)) > 0
