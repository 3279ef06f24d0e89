"""Every state of every public page, looked at by axe: light and dark, in three languages."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from tests.page.campaign import TWO_TARGETS
from tests.page.rules import look, narrow, unfold
from tests.support.seldom import seldom
from tests.support.stack import Stack, supporter

Load = Callable[..., str]


@pytest.mark.parametrize("language", ["en", "es", seldom("ar")])
def test_axe_finds_nothing_on_the_way_of_a_letter(
    stack: Stack, load: Load, browser: Browser, language: str
) -> None:
    slug = load(language=language, more='embed_origins = ["https://other.example"]')
    who = supporter()
    with narrow(browser) as page:
        page.goto(stack.url)
        look(page, "home")
        page.goto(f"{stack.url}/c/{slug}")
        assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
        look(page, "action")
        unfold(page)
        page.locator(".draft summary").click()
        page.locator("#body").fill("Mine.")
        page.locator("#reason").fill("x" * 2001)
        look(page, "writing, too long and apart from the points")
        page.locator("#letter button.primary").click()
        page.locator(".wrong").wait_for()
        look(page, "errors")
        page.locator("#reason").fill("My reason.")
        page.reload()
        look(page, "restored")
        page.locator("#name").fill(who["name"])
        page.locator("#email").fill(who["email"])
        page.locator("button[name=preview]").click()
        page.locator("[data-preview]").wait_for()
        look(page, "preview")
        page.route("**/c/**", lambda route: route.abort())
        page.locator(".details button.primary").click()
        page.locator(".trouble:not(:empty)").wait_for()
        look(page, "no connection")
        page.unroute("**/c/**")
        page.locator(".details button.primary").click()
        page.locator("[data-sent]").wait_for()
        look(page, "thanks")
        path = stack.receipt_path(who["email"])
        page.goto(stack.url + path)
        look(page, "confirm")
        page.goto(stack.url + path.removesuffix("/confirm"))
        look(page, "receipt, not confirmed")
        page.goto(stack.url + path)
        page.locator("button.primary").click()
        page.wait_for_url("**/l/*")
        page.locator("[data-state=delivered]").first.wait_for()
        look(page, "receipt, delivered")
        page.goto(f"{stack.url}/c/{slug}/embed")
        look(page, "embed")
        page.goto(f"{stack.url}/c/{slug}/thanks?embedded=1")
        look(page, "embed, thanks")


@pytest.mark.parametrize("language", ["en", "es", "ar"])
def test_axe_finds_nothing_where_no_letter_can_be_written(
    stack: Stack, load: Load, browser: Browser, language: str
) -> None:
    slug = load(language=language)
    stack.postbag("campaign", "status", slug, "closed")
    with narrow(browser, language=language) as page:
        page.goto(f"{stack.url}/c/{slug}")
        look(page, "over")
        page.goto(f"{stack.url}/no-such-page")
        look(page, "not found")


def test_axe_finds_nothing_where_all_is_unfolded(
    stack: Stack, load: Load, browser: Browser
) -> None:
    slug = load()
    with narrow(browser) as page:
        page.goto(f"{stack.url}/c/{slug}")
        page.locator("label[for=unfold-summary]").click()
        look(page, "the summary unfolded")
        unfold(page)
        look(page, "the letter unfolded too")
        page.set_viewport_size({"width": 1280, "height": 800})
        look(page, "unfolded, and then wide")


def test_axe_finds_nothing_where_the_writer_chooses(
    stack: Stack, load: Load, browser: Browser
) -> None:
    slug = load(more='routing = "choice"\nasks_postcode = true', targets=TWO_TARGETS)
    with narrow(browser) as page:
        page.goto(f"{stack.url}/c/{slug}")
        look(page, "choice")
        unfold(page)
        look(page, "choice, unfolded")
        page.locator(".subject-fold summary").click()
        look(page, "choice, the subject opened")
        page.locator("#subject").fill("")
        page.locator("#letter button.primary").click()
        page.locator(".wrong").wait_for()
        look(page, "choice, errors")
