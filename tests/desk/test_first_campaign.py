"""From the sign-in link to a live campaign and its first delivered letter, in a real browser."""

import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from rig.servers import wait_for
from tests.desk.conftest import AtDesk, new_link, sign_in
from tests.support.stack import Stack

AT_MOST_SECONDS = 300
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}


def deliver(stack: Stack, slug: str) -> None:
    """Hand in a letter as a supporter, and see it arrive."""
    assert stack.post(f"/c/{slug}", stack.form(slug)).status == 303
    wait_for(lambda: stack.states(slug) == {"delivered": 2})


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_by_mouse_to_a_first_delivered_letter(
    stack: Stack, browser: Browser, size: dict[str, int]
) -> None:
    slug = f"mouse-{size['width']}"
    context = browser.new_context(viewport={"width": size["width"], "height": size["height"]})
    page = context.new_page()
    began = time.monotonic()
    sign_in(page, stack, f"{slug}@desk.example")
    page.get_by_role("link", name="New campaign").click()
    page.get_by_label("Title", exact=True).fill(slug)
    page.get_by_label("Subject").fill("Keep the trees")
    page.get_by_label("Opening").fill("I walk under the trees each day.")
    page.get_by_label("Point in one sentence").fill("Keep all forty.")
    page.get_by_role("button", name="Add a person").click()
    for n in range(2):
        page.locator(f"#targets-{n}-name").fill(f"Minister {n}")
        page.locator(f"#targets-{n}-email").fill(f"delivered@{slug}-{n}.example")
    page.get_by_label("Before a letter leaves").select_option("none")
    page.get_by_role("button", name="Save and check").click()
    expect(page.get_by_role("heading", name="It can go live")).to_be_visible()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="Pass it on")).to_be_visible()
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_text("live: takes letters and sends them", exact=True)).to_be_visible()
    deliver(stack, slug)
    expect(page.get_by_text("2 letters = 2 delivered")).to_be_visible()
    assert time.monotonic() - began < AT_MOST_SECONDS
    context.close()


def test_by_keyboard_to_a_first_delivered_letter(stack: Stack, browser: Browser) -> None:
    slug = "keys"
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    began = time.monotonic()
    page.goto(stack.url + new_link(stack, "keys@desk.example"))
    tab_to(page, "Sign in", "Enter")
    page.get_by_role("link", name="New campaign").wait_for()
    tab_to(page, "New campaign", "Enter")
    expect(page.get_by_role("heading", name="A new campaign")).to_be_visible()
    type_into(page, "title", slug)
    type_into(page, "subjects", "Keep the trees")
    type_into(page, "opening", "I walk under the trees each day.")
    type_into(page, "targets-0-name", "Minister A")
    type_into(page, "targets-0-email", f"delivered@{slug}-a.example")
    tab_to(page, "Add a person", "Enter")
    # The new person has the focus, without a script.
    expect(page.locator("#targets-1-name")).to_be_focused()
    page.keyboard.type("Minister B")
    type_into(page, "targets-1-email", f"delivered@{slug}-b.example")
    tab_to(page, "confirm", "ArrowDown")
    tab_to(page, "Save and check", "Enter")
    expect(page.get_by_role("heading", name="It can go live")).to_be_visible()
    tab_to(page, "Publish: take letters and send them", "Enter")
    expect(page.get_by_role("heading", name="Pass it on")).to_be_visible()
    tab_to(page, "Overview", "Enter")
    expect(page.get_by_text("live: takes letters and sends them", exact=True)).to_be_visible()
    deliver(stack, slug)
    assert time.monotonic() - began < AT_MOST_SECONDS
    context.close()


def tab_to(page: Page, name: str, key: str) -> None:
    """Go on with the tabulator until something with this name has the focus; press `key` there."""
    for _ in range(200):
        page.keyboard.press("Tab")
        found = page.evaluate(
            "[document.activeElement.id, document.activeElement.textContent.trim()]"
        )
        if name in found:
            page.keyboard.press(key)
            return
    raise AssertionError(f"the tabulator never comes to {name}")


def type_into(page: Page, field: str, text: str) -> None:
    tab_to(page, field, "End")
    page.keyboard.type(text)


@pytest.mark.parametrize(
    ("size", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk-light", "phone-dark"]
)
def test_axe_finds_nothing_and_nothing_is_wider_than_the_window(
    stack: Stack, browser: Browser, size: dict[str, int], scheme: str
) -> None:
    slug = "looked-at"
    stack.load(slug, "a@looked.example", pacing="per_target_per_hour = 400", more="goal = 900\n")
    AtDesk(stack, "guest@desk.example", "organiser")
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(stack.url + new_link(stack, "eye@desk.example"))
    examine(page, "a sign-in link")
    page.get_by_role("button", name="Sign in").click()
    pages = ("new", "organisers", "record", "sessions", slug)
    parts = ("letters", "share", "edit", "ready", "pace", "preview", "record", "people")
    for path in ("", *(f"/{one}" for one in pages), *(f"/{slug}/{part}" for part in parts)):
        page.goto(f"{stack.url}/desk{path}")
        examine(page, path)
    page.goto(f"{stack.url}/desk/new")
    page.get_by_label("Title", exact=True).fill("Half a campaign")
    page.get_by_role("button", name="Look at the letter").click()
    expect(page.get_by_role("heading", name="This was not stored yet")).to_be_visible()
    examine(page, "errors")
    page.goto(f"{stack.url}/desk/{slug}/pace")
    page.get_by_label("Letters an hour").fill("300")
    page.get_by_role("button", name="Show what that does").click()
    examine(page, "a pace that is refused")
    page.get_by_role("button", name="Sign out").click()
    examine(page, "sign-in")
    page.goto(f"{stack.url}/desk/sign-in/forged")
    examine(page, "forged")
    context.close()


def examine(page: Page, where: str) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, (where, found.generate_report())
    over = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert over <= 0, (where, over)
