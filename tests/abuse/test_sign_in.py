"""The desk's door as a stranger meets it: what looks, asks and forges gets nowhere."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from letters.desk import organisers, sign_ins
from letters.desk.organisers import Role
from letters.notices import asking
from letters.notices.links import Links
from letters.storage.schema import letter, metadata, writing
from rig.campaigns import form_fields
from tests.abuse.at_desk import Desk
from tests.abuse.conftest import Site
from tests.support.write_turns import write_turns
from webapp.desk.entry.device import known_cookie

MakeSite = Callable[..., Site]
ANA, BO = "ana@desk.example", "bo@desk.example"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    made = make_site()
    with made.database.write() as connection:
        for email in (ANA, BO):
            organisers.enrol(connection, email, datetime.now(UTC), Role.ADMIN)
    return made


def ask_for_link(client: FlaskClient, email: str, base_url: str = "http://localhost") -> int:
    """Ask for a sign-in link as the page does; give the answer's status."""
    page = client.get("/desk/sign-in", base_url=base_url).text
    fields = {**form_fields(page), "email": email}
    return client.post("/desk/sign-in", data=fields, base_url=base_url).status_code


def invitation(site: Site, email: str = ANA) -> str:
    """Give the path of a link that invites somebody."""
    now = datetime.now(UTC)
    with site.database.write() as connection:
        found = organisers.known(connection, email)
        return f"/desk/sign-in/{sign_ins.new_link(connection, found.id, now)}"


def asked_links(site: Site) -> list[str]:
    """Answer who has asked, as the worker does; give the paths of all links mailed."""
    links = Links("http://localhost", site.tokens)
    asking.answer(site.database, links, datetime.now(UTC))
    with site.database.read() as connection:
        bodies = connection.execute(
            select(writing.c.body)
            .select_from(letter.join(writing))
            .where(letter.c.kind == "notice")
            .order_by(letter.c.id)
        ).scalars()
        lines = [line for body in bodies for line in body.splitlines()]
    return [line.removeprefix("http://localhost") for line in lines if "/desk/sign-in/" in line]


def everything(site: Site) -> dict[str, list[Any]]:
    """Give every row of the database."""
    with site.database.read() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in metadata.sorted_tables
        }


def sign_in(client: FlaskClient, path: str) -> int:
    """Press the button on a link's page."""
    return client.post(path, data=form_fields(client.get(path).text)).status_code


def who_is_in(client: FlaskClient) -> str | None:
    page = client.get("/desk/sessions")
    if page.status_code != 200:
        return None
    return next(email for email in (ANA, BO) if f"<span>{email}</span>" in page.text)


def test_forms_work_behind_a_proxy_that_ends_tls(make_site: MakeSite) -> None:
    # Our pages tell browsers to send no referrer, so none comes with their posts.
    site = make_site(PUBLIC_URL="https://localhost")
    assert ask_for_link(site.app.test_client(), ANA, "https://localhost") == 200


def test_a_forged_form_is_refused(make_site: MakeSite) -> None:
    site = make_site()
    assert site.client.post("/desk/sign-in", data={"email": "a@desk.example"}).status_code == 400


def test_programs_that_open_every_link_use_nothing_up(site: Site) -> None:
    path = invitation(site)
    before = everything(site)
    for _ in range(3):
        page = site.client.get(path, headers={"User-Agent": BROWSER})
        assert page.status_code == 200
        assert ANA in page.text
        assert site.client.head(path).status_code == 200
    assert everything(site) == before
    person = site.app.test_client()
    assert sign_in(person, path) == 303
    assert who_is_in(person) == ANA
    assert site.client.get(path).status_code == 403


@pytest.mark.parametrize("field", ["csrf_token", "seen"])
def test_the_button_wants_what_its_page_gave(site: Site, field: str) -> None:
    path, client = invitation(site), site.app.test_client()
    fields = form_fields(client.get(path).text)
    for wrong in ("", fields[field][::-1], None):
        posted = {**fields, field: wrong} if wrong is not None else dict(fields)
        if wrong is None:
            del posted[field]
        answer = client.post(path, data=posted)
        assert answer.status_code in {400, 409}
        assert who_is_in(client) is None
    assert client.post(path, data=fields).status_code == 303


def test_forged_links_are_counted_and_take_no_turns_to_write(make_site: MakeSite) -> None:
    site = make_site(FORM_LIMIT="2/hour")
    with site.database.write() as connection:
        organisers.enrol(connection, ANA, datetime.now(UTC), Role.ADMIN)
    path, client = invitation(site), site.app.test_client()
    fields = form_fields(client.get("/desk/sign-in").text)

    def post(client_address: str) -> int:
        return client.post(
            "/desk/sign-in/forged",
            data=fields,
            environ_overrides={"REMOTE_ADDR": client_address},
        ).status_code

    with write_turns(site.app.extensions["postbag"].database) as turns:
        assert [post("192.0.2.1") for _ in range(22)] == [403] * 20 + [429] * 2
    assert len(turns) == 1, "the line on the record"
    assert post("192.0.2.2") == 403, "another network has a count of its own"
    assert sign_in(site.app.test_client(), path) == 303


def test_nobody_is_signed_in_over_another_unasked(site: Site) -> None:
    client = site.app.test_client()
    sign_in(client, invitation(site, BO))
    path = invitation(site, ANA)
    page = client.get(path, headers={"Sec-Fetch-Site": "cross-site"})
    assert f"In this browser {BO} is signed in" in page.text
    assert who_is_in(client) == BO
    assert client.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 400
    with site.database.read() as connection:
        bo = organisers.known(connection, BO)
    assert client.post(path, data=form_fields(page.text)).status_code == 303
    assert who_is_in(client) == ANA
    with site.database.read() as connection:  # his session ended, and not only in this browser
        assert sign_ins.of_organiser(connection, bo.id, datetime.now(UTC)) == []


def test_what_has_changed_since_the_page_was_read_is_shown_anew(site: Site) -> None:
    client = site.app.test_client()
    path = invitation(site, ANA)
    fields = form_fields(client.get(path).text)
    sign_in(client, invitation(site, BO))  # in another tab
    fields |= {"csrf_token": form_fields(client.get(path).text)["csrf_token"]}
    answer = client.post(path, data=fields)
    assert answer.status_code == 409
    assert BO in answer.text
    assert who_is_in(client) == BO


def test_another_browser_than_the_one_that_asked_is_warned(site: Site) -> None:
    asking_one, other = site.app.test_client(), site.app.test_client()
    assert ask_for_link(asking_one, ANA) == 200
    (path,) = asked_links(site)
    warning = "Another browser asked for this link"
    assert warning not in asking_one.get(path).text
    assert warning in other.get(path).text
    other.get("/desk/sign-in")
    assert warning in other.get(path).text
    assert sign_in(other, path) == 303  # a warning and a button, no refusal
    assert warning not in site.client.get(invitation(site)).text


def test_a_browser_that_was_signed_in_before_asks_beside_strangers(site: Site) -> None:
    hers, stranger = site.app.test_client(), site.app.test_client()
    sign_in(hers, invitation(site))
    hers.post("/desk/sign-out", data=form_fields(hers.get("/desk/sessions").text))
    assert who_is_in(hers) is None
    for _ in range(20):
        ask_for_link(stranger, ANA)
    assert len(asked_links(site)) == 1
    ask_for_link(hers, ANA)
    *_, link = asked_links(site)
    assert len(asked_links(site)) == 2
    ask_for_link(stranger, ANA)
    asked_links(site)
    assert sign_in(hers, link) == 303


def test_a_forged_mark_of_a_browser_is_a_strangers(site: Site) -> None:
    for forged in ("1.x", "x", site.tokens.device(99), site.tokens.receipt("1")):
        client = site.app.test_client()
        client.set_cookie(known_cookie(is_https=False), forged)
        assert ask_for_link(client, ANA) == 200
    assert len(asked_links(site)) == 1


def test_what_is_stored_is_the_same_for_everybody(site: Site) -> None:
    with site.database.write() as connection:  # nobody else writes until this is over
        if not site.database.is_sqlite:
            connection.execute(text("LOCK TABLE letter IN EXCLUSIVE MODE"))
    for email in (ANA, "nobody@desk.example"):
        before = everything(site)
        answer = site.app.test_client()
        assert ask_for_link(answer, email) == 200
        after = everything(site)
        changed = {name: len(after[name]) - len(before[name]) for name in after}
        assert {name: n for name, n in changed.items() if n} == {"asking": 1}


def test_over_https_the_cookies_are_this_hosts_alone_and_live_as_long_as_the_session(
    make_site: MakeSite,
) -> None:
    site = make_site(PUBLIC_URL="https://post.example")
    with site.database.write() as connection:
        _, token = sign_ins.invite(connection, ANA, datetime.now(UTC))
    client, url = site.app.test_client(), "https://post.example"
    path = f"/desk/sign-in/{token}"
    fields = form_fields(client.get(path, base_url=url).text)
    answer = client.post(path, data=fields, base_url=url)
    cookies = {value.partition("=")[0]: value for value in answer.headers.getlist("Set-Cookie")}
    assert set(cookies) == {"__Host-desk", "__Host-known"}
    for value in cookies.values():
        assert "; Secure" in value
        assert "; HttpOnly" in value
        assert "; Path=/" in value
        assert "SameSite=Lax" in value
        assert "Domain" not in value
    ends = parsedate_to_datetime(re.search(r"Expires=([^;]+)", cookies["__Host-desk"])[1])  # type: ignore[index]  # it is there
    life = ends - datetime.now(UTC)
    assert timedelta(days=13, hours=23) < life <= sign_ins.SESSION_LIFE
    crumb = form_fields(client.get("/desk/sessions", base_url=url).text)
    out = client.post("/desk/sign-out", data=crumb, base_url=url)
    assert out.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.get("/desk", base_url=url).status_code == 303


def test_an_invitation_says_who_invites_to_what_and_as_what(site: Site) -> None:
    desk = Desk(site, ANA)
    page = desk.client.get("/desk/organisers?campaign=trees").text
    assert '<option value="trees" lang="en" selected>' in page
    fields = {"email": "new@desk.example", "role": "organiser", "campaign": "trees"}
    assert desk.post("/desk/organisers", {**fields, "campaign": "nowhere"}).status_code == 404
    assert desk.post("/desk/organisers", fields).status_code == 200
    with site.database.read() as connection:
        (mail,) = connection.execute(
            select(writing.c.subject, writing.c.body).where(
                writing.c.to_email == "new@desk.example"
            )
        ).all()
    assert mail.subject == f"{ANA} invites you to the organisers' desk"
    assert "You would be an organiser" in mail.body
    assert "Keep the harbour's trees" in mail.body
    assert "within two days" in mail.body
    person = site.app.test_client()
    (path,) = [line for line in mail.body.splitlines() if "/desk/sign-in/" in line]
    path = path.removeprefix("http://localhost")
    assert f"{ANA} invites you" in person.get(path).text
    assert sign_in(person, path) == 303
    assert person.get("/desk/trees").status_code == 200
