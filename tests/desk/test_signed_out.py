"""Whoever uses the browser after an organiser finds nothing of writers in it."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.desk.conftest import sign_in
from tests.support.stack import Stack, supporter


@pytest.fixture(scope="module")
def browser(whole_browser: Browser) -> Browser:
    """Give a browser that keeps pages to go back to, as people's browsers do."""
    return whole_browser


def test_going_back_after_signing_out_shows_no_writer_and_no_draft(
    stack: Stack, page: Page
) -> None:
    slug, who = "signed-out", {**supporter(), "name": "Tess Quayside"}
    stack.load(slug, more='confirm = "none"\n')
    stack.post(f"/c/{slug}", {**stack.form(slug), **who})
    sign_in(page, stack, "ana@signed-out.example")
    found = f"{stack.url}/desk/{slug}/letters?q={who['email']}"
    page.goto(found)
    expect(page.locator("main")).to_contain_text("Tess Quayside")
    page.goto(f"{stack.url}/desk/new")
    page.locator("#title").fill("A plan that nobody knows")
    page.locator("#summary").fill("Not yet.")
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    page.goto(f"{stack.url}/desk/{slug}")
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.locator("h1")).to_be_visible()
    for _ in range(3):
        page.go_back()
        expect(page.locator("h1")).to_be_visible()
        assert not [
            words for words in ("Tess", who["email"], "nobody knows") if words in page.content()
        ]
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
