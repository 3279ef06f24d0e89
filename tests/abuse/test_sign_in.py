"""The desk's door as a stranger meets it, before anybody is signed in."""

import html
import re
from collections.abc import Callable

from flask.testing import FlaskClient

from tests.abuse.conftest import Site

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
