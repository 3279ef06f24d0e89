"""Organisations at the desk: added, changed, and what goes live without one."""

import html
import io
import re
from collections.abc import Mapping

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from letters.campaign import Status
from letters.campaigns import store
from letters.desk.organisers import Role
from letters.organisation import Organisation
from letters.organisations import store as organisations
from tests.organisations.conftest import Installation
from tests.support.client import sign_in_as

BARE = Organisation("bare", "Bare Branches", contact="us@bare.example")
NEW = {
    "name": "Friends of the Mill",
    "contact": "us@mill.example",
    "controller": "Friends of the Mill, 3 Weir Lane",
    "privacy": "We keep **little**.",
}


@pytest.fixture
def admin(three: Installation) -> FlaskClient:
    return sign_in_as(three.app, three.books.database, "olu@desk.example", Role.ADMIN)


def post(client: FlaskClient, path: str, fields: Mapping[str, object]) -> TestResponse:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/desk/sessions").text)
    assert token is not None
    return client.post(path, data={"csrf_token": html.unescape(token[1]), **fields})


def kept(three: Installation, key: str) -> Organisation:
    with three.books.database.read() as connection:
        return organisations.find(connection, key)


def logo(content: bytes = b"") -> tuple[io.BytesIO, str]:
    file = io.BytesIO(content)
    if not content:
        Image.new("RGB", (200, 100), "#aa3300").save(file, "PNG")
        file.seek(0)
    return file, "mill.png"


@pytest.mark.parametrize("before", [Status.DRAFT, Status.PAUSED, Status.CLOSED])
def test_nothing_goes_live_before_its_organisation_has_said_all(
    three: Installation, admin: FlaskClient, before: Status
) -> None:
    with three.books.database.write() as connection:
        organisations.load(connection, BARE, None, three.books.now)
    more = 'organisation = "bare"'
    three.books.load("trees", pacing="per_target_per_hour = 30", more=more)
    with three.books.database.write() as connection:
        store.set_status(connection, "trees", before, three.books.now)
    answer = post(admin, "/desk/trees/status", {"status": "live"})
    assert answer.location == "/desk/trees/ready"
    assert three.books.find("trees").campaign.status is before
    page = admin.get("/desk/trees/ready").text
    assert "Bare Branches does not say yet what it does with data." in page
    assert "Bare Branches does not say yet who is answerable for the data." in page
    whole = {**NEW, "name": BARE.name, "contact": BARE.contact}
    assert post(admin, "/desk/organisations/bare/edit", whole).status_code == 303
    assert post(admin, "/desk/trees/status", {"status": "live"}).location != "/desk/trees/ready"
    assert three.books.find("trees").campaign.status is Status.LIVE


def test_only_admins_see_organisations(three: Installation) -> None:
    client = sign_in_as(three.app, three.books.database, "bo@desk.example", Role.ORGANISER)
    for path in ("", "/new", "/lantern/edit"):
        assert client.get(f"/desk/organisations{path}").status_code == 404
        assert post(client, f"/desk/organisations{path}", NEW).status_code in {404, 405}
    assert "Organisations" not in client.get("/desk").text
    assert kept(three, "lantern").name == "Lantern Committee"


def test_what_cannot_be_taken_is_said_beside_its_field(
    three: Installation, admin: FlaskClient
) -> None:
    fields = {**NEW, "accent": "#ff8000", "logo": logo(b"<svg/>"), "website": "mill"}
    answer = post(admin, "/desk/organisations/new", fields)
    assert answer.status_code == 422
    for sentence in (
        "Logo is no picture that can be read",
        "Colour stands out from a page by 2.2 to 1",
        "Website must be an address such as https://example.org.",
    ):
        assert answer.text.count(sentence) == 2  # above the form, and beside the field
    assert "We keep **little**." in answer.text
    taken = post(admin, "/desk/organisations/new", {**NEW, "name": "Lantern"})
    assert "Another organisation has this short name" in taken.text
    assert taken.status_code == 422
    assert kept(three, "lantern").name == "Lantern Committee"


def test_an_admin_adds_an_organisation_and_changes_it(
    three: Installation, admin: FlaskClient
) -> None:
    fields = {**NEW, "accent": "#A85400", "logo": logo()}
    assert post(admin, "/desk/organisations/new", fields).status_code == 303
    key = "friends-of-the-mill"
    first = kept(three, key)
    assert (first.name, first.accent, first.lacks) == ("Friends of the Mill", "#a85400", ())
    assert first.logo is not None
    shown = admin.get(f"/desk/organisations/{key}/edit").text
    assert "Friends of the Mill, 3 Weir Lane" in shown
    post(admin, f"/desk/organisations/{key}/edit", {**NEW, "website": "https://mill.example"})
    second = kept(three, key)
    assert (second.logo, second.website) == (first.logo, "https://mill.example")
    post(admin, f"/desk/organisations/{key}/edit", {**NEW, "no_logo": "y"})
    assert kept(three, key).logo is None
    assert "changed an organisation" in admin.get("/desk/record").text


def test_where_there_are_several_the_editor_asks_whose_it_is(
    three: Installation, admin: FlaskClient
) -> None:
    page = admin.get("/desk/trees-lantern/edit").text
    assert '<option value="lantern" selected>Lantern Committee</option>' in page
    assert '<option value="rookery">Rookery Committee</option>' in page
    assert '<select id="organisation"' in admin.get("/desk/new").text
