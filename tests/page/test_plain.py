"""The action page without JavaScript and without cookies: everything but what is live."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from rig.servers import wait_for
from tests.support.stack import Stack, supporter

Load = Callable[..., str]


def fill_in(page: Page) -> None:
    who = supporter()
    page.locator("#name").fill(who["name"])
    page.locator("#email").fill(who["email"])


def test_points_are_dropped_and_moved_by_buttons_that_post(
    stack: Stack, load: Load, plain_page: Page
) -> None:
    page = plain_page
    page.goto(f"{stack.url}/c/{load()}")
    subject = page.locator("#subject").input_value()
    page.locator("#reason").fill("My own reason.")
    page.get_by_role("checkbox", name="Plant ten more.").uncheck()
    page.get_by_role("button", name="Update the letter").click()
    expect(page.get_by_role("button", name="Update the letter")).to_be_focused()
    assert "Plant ten" not in page.locator("#body").input_value()
    # What is dropped stays in its place, and can be moved too.
    for expected in (["trees", "ask", "shade"], ["ask", "trees", "shade"]):
        up = page.get_by_role("button", name="Move up: Ask the people")
        up.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Move up: Ask the people")).to_be_focused()
        boxes = page.locator("input[name=points]").all()
        assert [box.get_attribute("value") for box in boxes] == expected
    body = page.locator("#body").input_value()
    assert body.index("Ask the people") < body.index("Keep all forty")
    expect(page.get_by_role("checkbox", name="Plant ten more.")).not_to_be_checked()
    expect(page.locator("#reason")).to_have_value("My own reason.")
    expect(page.locator("#subject")).to_have_value(subject)


def test_what_a_person_wrote_makes_way_for_no_point_and_comes_back(
    stack: Stack, load: Load, plain_page: Page
) -> None:
    page = plain_page
    page.goto(f"{stack.url}/c/{load()}")
    back = page.get_by_role("button", name="Bring my text back")
    expect(back).to_be_hidden()
    page.locator("#body").fill("Forty minutes of mine.")
    page.get_by_role("button", name="Move up: Ask the people").click()
    expect(page.locator("#body")).to_have_value("Forty minutes of mine.")
    expect(page.get_by_text("it no longer follows these points")).to_be_visible()
    page.get_by_role("button", name="Update the letter").click()
    expect(page.locator("#body")).to_have_value(re.compile("Keep all forty"))
    # It stays aside whatever else is done, and is changed for what stands there now.
    page.locator("#body").fill("Five more.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".wrong")).to_be_focused()
    for text in ("Forty minutes of mine.", "Five more."):
        back.click()
        expect(page.locator("#body")).to_have_value(text)


def test_a_letter_arrives_as_previewed(stack: Stack, load: Load, plain_page: Page) -> None:
    slug, page = load(), plain_page
    page.goto(f"{stack.url}/c/{slug}")
    page.locator("#reason").fill("\n  Two lines\n\nof <b>mine</b> & {name} 😀 مرحبا")
    page.locator("#body").fill("The rest, with a tab\there.\n\n\nAnd spaces  ")
    fill_in(page)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="This is your letter")).to_be_focused()
    previewed = page.locator("pre[data-preview]").text_content()
    page.get_by_role("button", name="Send my letter").first.click()
    expect(page.locator("h1")).to_contain_text("Thank you")
    assert page.context.cookies() == []
    wait_for(lambda: stack.messages(f"delivered@{slug}.example"))
    (sent,) = stack.messages(f"delivered@{slug}.example")
    assert sent["content"][0]["value"] == previewed
    # Without the script the link is there to be copied, and nothing that does not work.
    expect(page.locator("#share")).to_have_value(f"{stack.url}/c/{slug}?source=shared")
    expect(page.locator("[data-share]")).to_be_hidden()


def test_errors_come_first_and_lead_to_their_fields(
    stack: Stack, load: Load, plain_page: Page
) -> None:
    page = plain_page
    page.goto(f"{stack.url}/c/{load()}")
    page.locator("#name").fill("Ana Reed")
    page.locator("#name").press("Enter")
    expect(page.locator(".wrong")).to_be_focused()
    assert page.title().startswith("Error: ")
    email = page.locator("#email")
    assert email.get_attribute("aria-invalid") == "true"
    for described in str(email.get_attribute("aria-describedby")).split():
        expect(page.locator(f"#{described}")).to_be_visible()
    page.get_by_role("link", name="Please tell us your e-mail address").click()
    expect(email).to_be_focused()
    expect(page.locator("#name")).to_have_value("Ana Reed")


def test_nothing_for_the_script_alone_is_shown(stack: Stack, load: Load, plain_page: Page) -> None:
    page = plain_page
    page.goto(f"{stack.url}/c/{load()}")
    for words in ("Read it as it will leave", "Clear what I typed", "Characters left"):
        expect(page.get_by_text(words)).to_be_hidden()
    expect(page.get_by_text("Up to 2,000 characters")).to_be_visible()


def test_a_draft_that_the_server_measures_is_told_its_measure(
    stack: Stack, load: Load, plain_page: Page
) -> None:
    page = plain_page
    page.goto(f"{stack.url}/c/{load()}")
    page.locator("#reason").fill("I met my wife there one morning in the rain. " * 4)
    page.get_by_role("button", name="Update the letter").click()
    expect(page.locator("[data-own-words]")).to_have_text(
        "A good part of this letter is in your own words."
    )
