"""The desk's door as a stranger meets it, before anybody is signed in."""

import html
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from letters.desk import organisers
from letters.storage.schema import sign_in
from tests.abuse.conftest import Site
from tests.support.stack import wait_for

MakeSite = Callable[..., Site]


def ask_for_link(client: FlaskClient, email: str, base_url: str = "http://localhost") -> int:
    """Ask for a sign-in link as the page does; give the answer's status."""
    page = client.get("/desk/sign-in", base_url=base_url).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token is not None
    fields = {"csrf_token": html.unescape(token[1]), "email": email}
    return client.post("/desk/sign-in", data=fields, base_url=base_url).status_code


def test_forms_work_behind_a_proxy_that_ends_tls(make_site: MakeSite) -> None:
    # Our pages tell browsers to send no referrer, so none comes with their posts.
    site = make_site(PUBLIC_URL="https://localhost")
    assert ask_for_link(site.app.test_client(), "ana@desk.example", "https://localhost") == 200


def test_a_forged_form_is_refused(make_site: MakeSite) -> None:
    site = make_site()
    assert site.client.post("/desk/sign-in", data={"email": "a@desk.example"}).status_code == 400


def test_the_answer_waits_for_nothing_that_only_an_organiser_gets(make_site: MakeSite) -> None:
    site, now = make_site(), datetime.now(UTC)
    with site.database.write() as connection:
        organisers.enrol(connection, "ana@desk.example", now)
    client, took = site.app.test_client(), {}
    ask_for_link(client, "warm@desk.example")
    with site.database.write() as connection:  # nobody else writes until this is over
        if not site.database.is_sqlite:
            connection.execute(text("LOCK TABLE letter IN EXCLUSIVE MODE"))
        for email in ("ana@desk.example", "nobody@desk.example"):
            start = time.monotonic()
            assert ask_for_link(client, email) == 200
            took[email] = time.monotonic() - start
    assert max(took.values()) < 5, took

    def links() -> int:
        with site.database.read() as connection:
            return connection.execute(select(func.count()).select_from(sign_in)).scalar_one()

    wait_for(links)
    assert links() == 1
