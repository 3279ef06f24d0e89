"""The whole way in a real browser: write, preview, send, read the receipt, see the desk count."""

import re
import secrets

from playwright.sync_api import Browser, Page, expect

from rig.servers import wait_for
from tests.support.stack import Stack


def test_a_supporters_letter_from_the_page_to_the_desk(stack: Stack, page: Page) -> None:
    slug = "journey"
    to = f"delivered@{slug}.example"
    stack.load(slug, to)
    invited = stack.postbag("organiser", "invite", "olu@postbag.example", "--role", "admin")
    desk = page.context.browser
    assert desk is not None
    desk_page = desk.new_context().new_page()
    desk_page.goto(invited.stdout.splitlines()[-1])
    desk_page.get_by_role("button", name="Sign in").click()
    desk_page.goto(f"{stack.url}/desk/{slug}")
    expect(desk_page.locator("h1")).to_contain_text("Keep the harbour's trees")

    page.goto(f"{stack.url}/c/{slug}")
    page.get_by_role("checkbox", name=re.compile("Plant ten more")).uncheck()
    body = page.locator("textarea[name=body]")
    expect(body).not_to_have_value(re.compile("Plant ten more"))
    body.fill(f"{body.input_value()}\n\nMy own line: 😀 مرحبا")
    page.locator("input[name=name]").fill("Ana Reed")
    page.locator("input[name=email]").fill("ana.reed@readers.example")
    page.get_by_role("button", name="Preview").click()
    shown = page.locator("pre[data-preview]")
    expect(shown).to_contain_text("My own line: 😀 مرحبا")
    previewed = shown.evaluate("element => element.textContent")
    page.get_by_role("button", name="Send my letter").first.click()
    expect(page.locator("h1")).to_contain_text("Thank you")
    wait_for(lambda: stack.states(slug) == {"delivered": 1})
    (sent,) = stack.messages(to)
    assert sent["content"][0]["value"] == previewed

    page.goto(f"{stack.stand_in.url}/?to=ana.reed@readers.example")
    link = page.locator(f"a[href^='{stack.url}/l/']").first
    if not link.is_visible():
        page.locator("a[href*='/messages/']").first.click()
    page.goto(str(page.locator(f"a[href^='{stack.url}/l/']").first.get_attribute("href")))
    expect(page.locator("[data-state=delivered]")).to_be_visible()
    # The desk has stood open all the while: it follows without being loaded again.
    expect(desk_page.get_by_text(re.compile(r"1 letters? = 1 delivered"))).to_be_visible()


def test_without_javascript_and_without_cookies(stack: Stack, browser: Browser) -> None:
    slug = f"plain-{secrets.token_hex(3)}"
    to = f"delivered@{slug}.example"
    stack.load(slug, to)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{stack.url}/c/{slug}")
    page.get_by_role("checkbox", name=re.compile("Plant ten more")).uncheck()
    page.get_by_role("button", name="Update the letter").click()
    assert "Plant ten more" not in page.locator("textarea[name=body]").input_value()
    page.locator("input[name=name]").fill("Béla Kovács")
    page.locator("input[name=email]").fill("bela@readers.example")
    page.get_by_role("button", name="Preview").click()
    previewed = page.locator("pre[data-preview]").text_content()
    page.get_by_role("button", name="Send my letter").first.click()
    expect(page.locator("h1")).to_contain_text("Thank you")
    assert context.cookies() == []
    wait_for(lambda: stack.messages(to))
    assert stack.messages(to)[0]["content"][0]["value"] == previewed
    context.close()
