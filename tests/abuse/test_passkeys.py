"""Passkeys in a real browser, with virtual authenticators: add, sign in, lose, forge, replay."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask.testing import FlaskClient
from playwright.sync_api import Browser, CDPSession, Page, expect

from letters.desk import organisers, passkeys, proofs, sign_ins
from letters.desk.organisers import Role
from letters.record import Deed, entries
from postbag.__main__ import main
from rig.campaigns import form_fields
from rig.servers import free_port
from sandbox.keys import new_key, public_key
from tests.abuse.conftest import Site
from tests.support.serving import serving
from tests.support.stack import SECRET_KEY

MakeSite = Callable[..., Site]
ANA = "ana@desk.example"
NO_KEY = "The passkey was not taken"


@dataclass
class Device:
    """An authenticator that the browser takes for one of its owner's devices."""

    session: CDPSession
    id: str

    def lose(self) -> None:
        self.session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.id})

    def refuse(self) -> None:
        """Recognise nobody any more: another finger, a wrong PIN."""
        self.session.send(
            "WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": False}
        )


def device(session: CDPSession, transport: str = "internal") -> Device:
    made = session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": transport,
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return Device(session, made["authenticatorId"])


@contextmanager
def served(site: Site, port: int) -> Iterator[str]:
    """Serve the app on loopback while a browser looks at it."""
    with serving(site.app, port):
        yield f"http://localhost:{port}"


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def site(make_site: MakeSite, port: int) -> Site:
    return make_site(PUBLIC_URL=f"http://localhost:{port}")


@pytest.fixture
def url(site: Site, port: int) -> Iterator[str]:
    with served(site, port) as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def devices(page: Page) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    return session


def link(site: Site, url: str, email: str = ANA) -> str:
    with site.database.write() as connection:
        _, token = sign_ins.invite(connection, email, datetime.now(UTC), Role.ADMIN)
    return f"{url}/desk/sign-in/{token}"


def sign_in_by_link(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="Sign in").click()


def add_passkey(page: Page, url: str, number: int) -> None:
    page.goto(f"{url}/desk/sessions")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("[name=passkey]")).to_have_count(number)


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Mail me a link")).to_be_visible()


def sign_in_by_passkey(page: Page, url: str) -> None:
    """Sign in without a mail."""
    page.goto(f"{url}/desk/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Campaigns")).to_be_visible()


def deeds(site: Site) -> list[Deed]:
    with site.database.read() as connection:
        return [line.deed for line in entries(connection)]


def test_enrol_sign_in_second_device_and_a_lost_one(
    site: Site, url: str, page: Page, devices: CDPSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    telephone = device(devices)
    sign_in_by_link(page, link(site, url))
    add_passkey(page, url, 1)
    assert Axe().run(page).violations_count == 0
    sign_out(page)
    sign_in_by_passkey(page, url)

    # A second device: the first one does not make a second passkey.
    key = device(devices, "usb")
    add_passkey(page, url, 2)
    sign_out(page)
    telephone.lose()
    sign_in_by_passkey(page, url)
    sign_out(page)

    # With a link the passkey is asked for as well; without any device nobody gets in.
    sign_in_by_link(page, link(site, url))
    expect(page.get_by_role("heading", name="Campaigns")).to_be_visible()
    sign_out(page)
    key.lose()
    device(devices)  # another one, which knows nothing of us
    sign_in_by_link(page, link(site, url))
    expect(page.get_by_text("No passkey has answered")).to_be_visible()
    assert page.request.get(f"{url}/desk", max_redirects=0).status == 303

    for name, value in {
        "DATABASE_URL": site.database.engine.url.render_as_string(hide_password=False),
        "REDIS_URL": "redis://localhost",
        "SECRET_KEY": SECRET_KEY,
        "PUBLIC_URL": url,
        "SENDGRID_API_KEY": "SG.x",
        "SENDGRID_EVENT_PUBLIC_KEY": public_key(new_key()),
        "MAIL_FROM": "letters@postbag.example",
    }.items():
        monkeypatch.setenv(name, value)
    assert main(["organiser", "passkeys", ANA]) == 0
    assert main(["organiser", "passkeys", ANA, "--remove"]) == 0
    sign_in_by_link(page, link(site, url))
    expect(page.get_by_role("heading", name="Campaigns")).to_be_visible()
    assert {Deed.PASSKEY_ADDED, Deed.PASSKEY_REMOVED, Deed.SIGNED_IN} <= set(deeds(site))


def test_a_device_that_does_not_know_its_owner_proves_nothing(
    site: Site, url: str, page: Page, devices: CDPSession
) -> None:
    telephone = device(devices)
    sign_in_by_link(page, link(site, url))
    add_passkey(page, url, 1)
    sign_out(page)
    telephone.refuse()
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("No passkey has answered")).to_be_visible()
    assert page.request.get(f"{url}/desk", max_redirects=0).status == 303


def get_assertion(page: Page, options: str) -> dict[str, Any]:
    """Let the browser answer `options` wherever it is."""
    found: dict[str, Any] = page.evaluate(
        """async (text) => (await navigator.credentials.get({publicKey:
        PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(text))})).toJSON()""",
        options,
    )
    return found


def fresh(client: FlaskClient, site: Site, url: str) -> tuple[dict[str, str], str]:
    """Give the fields of a fresh form, and what its challenge asks a browser for."""
    text = client.get("/desk/sign-in", base_url=url).text
    fields = form_fields(text)
    fields.pop("email")
    fields.pop("points")
    asked = proofs.Site(url, site.tokens).options_to_prove([], fields["challenge"])
    return fields, asked


def test_what_is_replayed_foreign_or_forged_signs_nobody_in(
    site: Site, url: str, page: Page, devices: CDPSession
) -> None:
    device(devices)
    sign_in_by_link(page, link(site, url))
    add_passkey(page, url, 1)
    sign_out(page)
    client = site.app.test_client()

    def attempt(fields: dict[str, str], credential: object) -> int:
        posted = {**fields, "credential": json.dumps(credential)}
        return client.post("/desk/sign-in/passkey", data=posted, base_url=url).status_code

    # It works, once: the same answer again is nothing.
    fields, options = fresh(client, site, url)
    good = get_assertion(page, options)
    assert attempt(fields, good) == 303
    again, _ = fresh(client, site, url)
    assert attempt({**again, "challenge": fields["challenge"]}, good) == 403
    assert attempt(again, good) == 403  # nor to another challenge

    # A page of somebody else's at the same host asks the same device.
    with served(site, free_port()) as foreign:
        page.goto(f"{foreign}/desk/sign-in")
        fields, options = fresh(client, site, url)
        elsewhere = get_assertion(page, options)
        assert attempt(fields, elsewhere) == 403
    page.goto(f"{url}/desk/sign-in")

    # A challenge that was made for another browser, or by nobody.
    stranger = site.app.test_client()
    theirs, options = fresh(stranger, site, url)
    answered = get_assertion(page, options)
    mine, _ = fresh(client, site, url)
    assert attempt({**mine, "challenge": theirs["challenge"]}, answered) == 403
    assert attempt({**mine, "challenge": "x"}, answered) == 403
    assert attempt({**mine, "challenge": ""}, answered) == 403

    # Nonsense of every kind is refused, and breaks nothing.
    fields, options = fresh(client, site, url)
    real = get_assertion(page, options)
    other_signature = {**real["response"], "signature": "AAAA"}
    nonsense: tuple[object, ...] = (
        None,
        [],
        "x",
        {},
        {"id": 1},
        {"id": "\0"},
        {"id": "\ud800"},
        "x" * 100_000,
        {**real, "id": "AAAA"},
        {**real, "rawId": "AAAA"},
        {**real, "type": "password"},
        {**real, "response": {}},
        {**real, "response": other_signature},
    )
    for wrong in nonsense:
        assert attempt(fields, wrong) == 403
    assert attempt(fields, real) == 303


def test_json_without_a_bottom_proves_nothing(site: Site, url: str) -> None:
    client = site.app.test_client()
    for deep in ("[" * 990, "[" * 8_000, '{"id":' * 1_300):
        fields, _ = fresh(client, site, url)
        posted = {**fields, "credential": deep}
        answer = client.post("/desk/sign-in/passkey", data=posted, base_url=url)
        assert (answer.status_code, NO_KEY in answer.text) == (403, True)


def test_somebody_elses_passkey_does_not_go_with_a_link(
    site: Site, url: str, page: Page, devices: CDPSession
) -> None:
    bo = device(devices)
    sign_in_by_link(page, link(site, url, "bo@desk.example"))
    add_passkey(page, url, 1)
    sign_out(page)
    client = site.app.test_client()
    fields, options = fresh(client, site, url)
    bos_answer = json.dumps(get_assertion(page, options))
    bo.lose()
    device(devices)
    sign_in_by_link(page, link(site, url))
    add_passkey(page, url, 1)
    path = link(site, url).removeprefix(url)
    form = form_fields(client.get(path, base_url=url).text)
    for credential in ("", bos_answer):
        posted = {**form, "credential": credential, "challenge": fields["challenge"]}
        answer = client.post(path, data=posted, base_url=url)
        assert (answer.status_code, NO_KEY in answer.text) == (403, True)
    assert client.get(path, base_url=url).status_code == 200  # and the link is not used up


def test_admins_need_one_where_the_setting_says_so(
    make_site: MakeSite, port: int, page: Page, devices: CDPSession
) -> None:
    site = make_site(PUBLIC_URL=f"http://localhost:{port}", PASSKEYS_FOR="admins")
    device(devices)
    with served(site, port) as url:
        sign_in_by_link(page, link(site, url))
        expect(page.get_by_text("You need a passkey to work here")).to_be_visible()
        for path in ("/desk", "/desk/organisers", "/desk/trees", "/desk/trees/letters.csv"):
            answer = page.request.get(f"{url}{path}", max_redirects=0)
            assert (answer.status, answer.headers["location"]) == (303, "/desk/sessions")
        add_passkey(page, url, 1)
        page.goto(f"{url}/desk")
        expect(page.get_by_role("heading", name="Campaigns")).to_be_visible()
        page.goto(f"{url}/desk/sessions")
        page.get_by_role("button", name="Remove").click()
        expect(page.get_by_text("You need a passkey to work here")).to_be_visible()
    with site.database.write() as connection:
        now = datetime.now(UTC)
        guest = organisers.enrol(connection, "guest@desk.example", now, Role.ORGANISER)
        rule = site.app.extensions["postbag"].settings.passkeys_for
        assert not passkeys.has_to_add(connection, guest, rule)
