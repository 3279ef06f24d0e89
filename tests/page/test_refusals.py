"""Every page that refuses something: what was typed is kept on it, and all rules hold there too."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from letters.campaign import Status
from letters.campaigns import store
from letters.storage.database import Database
from letters.storage.migrate import migrate
from rig.campaigns import form_fields
from rig.servers import free_port
from sandbox.keys import new_key, public_key
from tests.page.rules import look, narrow, new_client, submit, tab_through, unfold
from tests.support.seldom import seldom
from tests.support.serving import serving
from tests.support.stack import Stack, cookie_of, supporter
from webapp.app import create_app

Load = Callable[..., str]
MINE = "Mine <1> & {name}"


def fill_in(page: Page, **changes: str) -> None:
    unfold(page)
    for field, value in {**supporter(), "body": MINE, **changes}.items():
        page.locator(f"#{field}").fill(value)


def send_with_token(page: Page, token: str) -> None:
    """Send the letter that is filled in as if its page had been served with this token."""
    page.locator("[name=token]").evaluate("(field, token) => { field.value = token; }", token)
    page.locator("#letter .details button.primary").press("Enter")


# --- The form's token -----------------------------------------------------------------------------

NOW = datetime.now(UTC)
TOKENS: dict[str, Callable[[Stack, str], str]] = {
    "forged": lambda site, slug: f"{site.tokens.new_form(slug, NOW)}x",
    "missing": lambda *_: "",
    "of another campaign": lambda site, _slug: site.tokens.new_form("another", NOW),
    "too old": lambda site, slug: site.tokens.new_form(slug, NOW - timedelta(hours=25)),
    "too young": lambda site, slug: site.tokens.new_form(slug, NOW + timedelta(hours=1)),
}


@pytest.mark.parametrize(
    "kind", [kind if kind in {"forged", "too old"} else seldom(kind) for kind in TOKENS]
)
def test_a_refused_token_keeps_the_text_and_the_second_try_is_taken(
    still: Stack, load_still: Load, browser: Browser, languages: tuple[str, ...], kind: str
) -> None:
    for language in languages:
        slug = load_still(language=language)
        with narrow(browser) as page:
            page.goto(f"{still.url}/c/{slug}")
            fill_in(page)
            send_with_token(page, TOKENS[kind](still, slug))
            expect(page.locator("p.notice[role=alert]")).to_be_focused()
            expect(page.locator("#body")).to_have_value(MINE)
            look(page, f"{kind}, {language}")
            page.locator("#letter .details button.primary").press("Enter")
            page.locator("[data-sent]").wait_for()
        assert still.books(slug)["submitted"] == 1


def test_a_token_used_twice_thanks_twice_for_one_letter(
    still: Stack, load_still: Load, browser: Browser
) -> None:
    slug = load_still()
    token = still.tokens.new_form(slug, NOW)
    who, another = supporter(), supporter()
    with narrow(browser) as page:
        for writer, submitted in ((who, 1), (who, 1), (another, 2)):
            page.set_extra_http_headers(new_client())
            page.goto(f"{still.url}/c/{slug}")
            fill_in(page, **writer)
            send_with_token(page, token)
            page.locator("[data-sent]").wait_for()
            assert still.books(slug)["submitted"] == submitted
        look(page, "a token used twice")


def test_a_refused_token_and_errors_are_told_together(
    still: Stack, load_still: Load, browser: Browser
) -> None:
    slug = load_still()
    with narrow(browser) as page:
        page.goto(f"{still.url}/c/{slug}")
        fill_in(page, email="nonsense", name="")
        send_with_token(page, "forged")
        expect(page.locator(".wrong")).to_be_focused()
        look(page, "a refused token, and errors")


# --- Pages that say no ----------------------------------------------------------------------------


def set_status(site: Stack, slug: str, status: Status) -> None:
    with site.database.write() as connection:
        store.set_status(connection, slug, status, datetime.now(UTC))


def too_many_letters(page: Page, site: Stack, slug: str) -> int:
    client = new_client()
    for _ in range(2):
        site.post(f"/c/{slug}", site.form(slug), **client)
    page.set_extra_http_headers(client)
    return submit(page, f"{site.url}/c/{slug}", **{**site.form(slug), "body": MINE})


def too_many_letters_from_a_network(page: Page, site: Stack, slug: str) -> int:
    network = new_client()["X-Forwarded-For"]
    for last in "ab":
        client = {"X-Forwarded-For": f"{network}{last}"}
        site.post(f"/c/{slug}", site.form(slug), **client)
    page.set_extra_http_headers({"X-Forwarded-For": f"{network}c"})
    return submit(page, f"{site.url}/c/{slug}", **{**site.form(slug), "body": MINE})


def too_many_other_posts(page: Page, site: Stack, slug: str) -> int:
    client = new_client()
    for _ in range(20):
        site.post(f"/c/{slug}", {"preview": "1"}, **client)
    page.set_extra_http_headers(client)
    return submit(page, f"{site.url}/c/{slug}", preview="1", body=MINE)


def too_many_letters_in_a_frame(page: Page, site: Stack, slug: str) -> int:
    client = new_client()
    for _ in range(2):
        site.post(f"/c/{slug}", site.form(slug), **client)
    page.set_extra_http_headers(client)
    fields = {**site.form(slug), "body": MINE, "embedded": "1"}
    return submit(page, f"{site.url}/c/{slug}", **fields)


def over(page: Page, site: Stack, slug: str) -> int:
    set_status(site, slug, Status.CLOSED)
    return submit(page, f"{site.url}/c/{slug}", body=MINE)


def over_in_a_frame(page: Page, site: Stack, slug: str) -> int:
    set_status(site, slug, Status.CLOSED)
    return submit(page, f"{site.url}/c/{slug}", body=MINE, embedded="1")


def draft(page: Page, site: Stack, slug: str) -> int:
    set_status(site, slug, Status.DRAFT)
    return submit(page, f"{site.url}/c/{slug}", body=MINE)


def no_such_page(page: Page, site: Stack, slug: str) -> int:
    answer = page.goto(f"{site.url}/c/{slug}/no-such-page")
    assert answer is not None
    return answer.status


def not_in_that_way(page: Page, site: Stack, slug: str) -> int:
    return submit(page, f"{site.url}/c/{slug}/thanks", body=MINE)


def too_much_at_once(page: Page, site: Stack, slug: str) -> int:
    return submit(page, f"{site.url}/c/{slug}", body=[MINE] * 2_001)


def no_proof_that_the_page_was_ours(page: Page, site: Stack, _slug: str) -> int:
    return submit(page, f"{site.url}/desk/sign-in", email="olu@postbag.example")


def a_sign_in_link_used_before(page: Page, site: Stack, _slug: str) -> int:
    answer = page.goto(f"{site.url}/desk/sign-in/used")
    assert answer is not None
    return answer.status


def asked_for_a_link_too_often(page: Page, site: Stack, _slug: str) -> int:
    client = new_client()
    form = site.get("/desk/sign-in", **client)
    fields = {**form_fields(form.body.decode()), "email": "olu@postbag.example"}
    for _ in range(20):
        site.post("/desk/sign-in", fields, Cookie=cookie_of(form), **client)
    page.set_extra_http_headers(client)
    page.goto(f"{site.url}/desk/sign-in")
    page.locator("#email").fill("olu@postbag.example")
    with page.expect_navigation() as leads_to:
        page.locator(".primary").first.press("Enter")
    return leads_to.value.status


def signed_out_meanwhile(page: Page, site: Stack, _slug: str) -> int:
    page.goto(f"{site.url}/desk/sign-in")
    token = page.locator("[name=csrf_token]").first.input_value()
    return submit(page, f"{site.url}/desk/new", csrf_token=token, opening=MINE)


@pytest.mark.parametrize(
    ("come_to", "status", "words", "is_kept"),
    [
        (over, 410, "This campaign is over", True),
        (over_in_a_frame, 410, "This campaign is over", True),
        seldom(draft, 404, "There is no such page", False),
        (no_such_page, 404, "There is no such page", False),
        seldom(not_in_that_way, 405, "That did not work", False),
        (too_much_at_once, 413, "That is too much at once", False),
        seldom(no_proof_that_the_page_was_ours, 400, "That did not work", False),
        seldom(a_sign_in_link_used_before, 403, "This link has been used or is too old", False),
        (asked_for_a_link_too_often, 429, "That was too often", False),
        (signed_out_meanwhile, 403, "You are signed out", True),
    ],
)
def test_a_page_that_says_no(
    still: Stack,
    load_still: Load,
    browser: Browser,
    languages: tuple[str, ...],
    come_to: Callable[[Page, Stack, str], int],
    status: int,
    words: str,
    *,
    is_kept: bool,
) -> None:
    for language in languages:
        slug = load_still(language=language)
        with narrow(browser, language=language) as page:
            assert come_to(page, still, slug) == status
            expect(page.locator("html")).to_have_attribute("lang", language)
            if language == "en":
                expect(page.locator("h1")).to_have_text(words)
                assert words in page.title()
            if is_kept:
                kept = [one.input_value() for one in page.locator("textarea[readonly]").all()]
                assert MINE in kept
            look(page, f"{come_to.__name__}, {language}")
            tab_through(page, come_to.__name__)


@pytest.mark.parametrize(
    "come_to",
    [
        too_many_letters,
        seldom(too_many_letters_from_a_network),
        too_many_letters_in_a_frame,
        seldom(too_many_other_posts),
    ],
)
def test_a_page_that_says_later_keeps_the_form(
    still: Stack,
    load_still: Load,
    browser: Browser,
    languages: tuple[str, ...],
    come_to: Callable[[Page, Stack, str], int],
) -> None:
    for language in languages:
        slug = load_still(language=language)
        with narrow(browser, language=language) as page:
            assert come_to(page, still, slug) == 429
            expect(page.locator("html")).to_have_attribute("lang", language)
            notice = page.locator("p.notice[role=alert]")
            expect(notice).to_be_focused()
            if language == "en":
                expect(notice).to_contain_text("A lot of letters came from where you are")
                expect(notice).to_contain_text("please send it again in")
            look(page, f"{come_to.__name__}, {language}")
            tab_through(page, come_to.__name__)
            unfold(page)
            expect(page.locator("#body")).to_have_value(MINE)
            look(page, f"{come_to.__name__}, unfolded, {language}")
            is_framed = come_to is too_many_letters_in_a_frame
            assert page.locator("#letter [name=embedded]").count() == is_framed


# --- Sites in trouble, and one with nothing on it -------------------------------------------------


@contextmanager
def site_with(database_url: str) -> Iterator[str]:
    """Serve the app on another database, or on none, and give its address."""
    app = create_app(
        {
            "DATABASE_URL": database_url,
            "REDIS_URL": f"redis://127.0.0.1:{free_port()}/0",
            "SECRET_KEY": "a-secret-key-for-tests-only",
            "PUBLIC_URL": "http://localhost",
            "SENDGRID_API_KEY": "SG.x",
            "SENDGRID_EVENT_PUBLIC_KEY": public_key(new_key()),
            "MAIL_FROM": "letters@postbag.example",
            "LOG_FORMAT": "text",
        }
    )
    with serving(app) as port:
        yield f"http://127.0.0.1:{port}"
    app.extensions["postbag"].database.close()


def test_while_the_database_is_away_the_text_is_kept(
    browser: Browser, languages: tuple[str, ...]
) -> None:
    with site_with(f"postgresql://postbag@127.0.0.1:{free_port()}/postbag") as url:
        for language in languages:
            with narrow(browser, language=language) as page:
                page.goto(f"{url}/c/trees")
                look(page, "database away")
                assert submit(page, f"{url}/c/trees", body=MINE) == 503
                expect(page.locator("textarea[readonly]")).to_have_value(MINE)
                look(page, "database away, something typed")
                tab_through(page, "database away, something typed")


def test_a_site_without_a_campaign(
    browser: Browser, tmp_path: Path, languages: tuple[str, ...]
) -> None:
    database = Database(f"sqlite:///{tmp_path}/postbag.db")
    migrate(database)
    database.close()
    with site_with(f"sqlite:///{tmp_path}/postbag.db") as url:
        for language in languages:
            with narrow(browser, language=language) as page:
                page.goto(url)
                look(page, "no campaign")
