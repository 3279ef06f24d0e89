"""From the sign-in link to a live campaign and its first delivered letter, in a real browser."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from rig.servers import Valkey, wait_for
from tests.desk.conftest import AtDesk, new_link
from tests.support.seldom import seldom
from tests.support.stack import Stack

AT_MOST_SECONDS = 300
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 740}
Walk = tuple[str, dict[str, int], str, str]


def deliver(stack: Stack, slug: str) -> None:
    """Hand in a letter as a supporter, and see it arrive."""
    assert stack.post(f"/c/{slug}", stack.form(slug)).status == 303
    wait_for(lambda: stack.states(slug) == {"delivered": 2})


class Hand:
    """Somebody who presses things in one way: by mouse, by touch or by keyboard."""

    def __init__(self, page: Page, way: str) -> None:
        self.page, self._way = page, way

    def press(self, selector: str) -> None:
        found = self.page.locator(selector).first
        if self._way == "touch":
            found.tap()
        elif self._way == "keys":
            found.focus()
            self.page.keyboard.press("Enter")
        else:
            found.click()

    def type(self, **fields: str) -> None:
        for name, text in fields.items():
            self.page.locator(f"#{name.replace('__', '-')}").fill(text)


WALKS = [
    ("touch", PHONE, "dark", "ar"),
    ("mouse", DESK, "light", "en"),
    ("keys", DESK, "dark", "ar"),
    ("touch", PHONE, "light", "en"),
    ("keys", PHONE, "dark", "en"),
]


def test_from_a_sign_in_link_to_a_branded_live_campaign_that_is_shared(
    make_database_url: Callable[[], str],
    valkey: Valkey,
    browser: Browser,
    tmp_path: Path,
    *,
    is_long: bool,
) -> None:
    """An organisation with a logo, three targets of a spreadsheet, published, shared, written."""
    # An installation of its own: where there are two organisations, others would have to choose.
    with Stack(tmp_path, make_database_url(), valkey.new_database()) as stack:
        stack.organise()
        for way, size, scheme, language in WALKS if is_long else WALKS[:1]:
            _walk(stack, browser, tmp_path, (way, size, scheme, language))


def _walk(stack: Stack, browser: Browser, folder: Path, how: Walk) -> None:
    way, size, scheme, language = how
    slug = f"walk-{way}-{size['width']}-{language}"
    people, logo = folder / "people.csv", folder / "logo.png"
    lines = [f"Minister {n},delivered@{slug}-{n}.example,Minister" for n in range(3)]
    people.write_text("\n".join(["name,email,role", *lines]))
    Image.new("RGB", (120, 60), "#7a1f4d").save(logo)
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if scheme == "dark" else "light",
        has_touch=way == "touch",
        locale=language,
    )
    context.set_default_timeout(60_000)
    page = context.new_page()
    hand = Hand(page, way)
    began = time.monotonic()
    page.goto(stack.url + new_link(stack, f"{slug}@desk.example"))
    assert page.locator("html").get_attribute("dir") == ("rtl" if language == "ar" else "ltr")
    hand.press("main button.primary")
    hand.press("a[href='/desk/organisations']")
    page.locator("a[href='/desk/organisations/new']").wait_for()
    examine(page, "organisations")
    hand.press("a[href='/desk/organisations/new']")
    hand.press("main button.primary")
    page.locator("section.wrong").wait_for()
    examine(page, "an organisation without a name")
    hand.type(name=f"Heron {slug}", contact="us@heron.example", controller="Heron, 1 Quay",
              privacy="We keep little.", accent="#7a1f4d")  # fmt: skip
    page.locator("#logo").set_input_files(logo)
    examine(page, "an organisation")
    hand.press("main button.primary")
    page.locator(".notice.done").wait_for()
    hand.press("a[href='/desk']")
    hand.press("a[href='/desk/new']")
    hand.type(title=slug, subjects="Keep the trees", opening="I walk under them each day.",
              points__0__lead="Keep all forty.")  # fmt: skip
    page.locator("#organisation").select_option(label=f"Heron {slug}")
    page.locator("details.list summary").click()
    page.locator("#spreadsheet").set_input_files(people)
    hand.press("button[value=read-spreadsheet]")
    page.locator("#spreadsheet-report.notice").wait_for()
    examine(page, "the spreadsheet was read")
    page.locator("#confirm").select_option("none")
    hand.press(".save button.primary")
    page.locator(".checks button[value=live]").wait_for()
    examine(page, "the check")
    hand.press(".checks button[value=live]")
    page.locator(".qr").wait_for()
    examine(page, "sharing")
    page.goto(page.locator("#share").input_value())
    expect(page.locator(".home .logo")).to_be_visible()
    expect(page.locator(".home")).to_contain_text(f"Heron {slug}")
    examine(page, "the page")
    assert time.monotonic() - began < AT_MOST_SECONDS
    assert stack.post(f"/c/{slug}", stack.form(slug)).status == 303
    wait_for(lambda: stack.states(slug) == {"delivered": 3})
    context.close()


@pytest.mark.long
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
    ("size", "scheme"),
    [seldom(DESK, "light", id="desk-light"), pytest.param(PHONE, "dark", id="phone-dark")],
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
