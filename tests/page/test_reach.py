"""The action page within everybody's reach: small screens, large letters, keyboards, thumbs."""

from collections.abc import Callable
from struct import unpack

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.page.campaign import TWO_TARGETS
from tests.page.rules import FOCUS_RING, SMALL_TARGETS, sideways
from tests.support.stack import Stack, supporter

Load = Callable[..., str]


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(("width", "zoom"), [(320, 1), (640, 2), (1280, 2), (360, 1)])
def test_no_sideways_scrolling(
    stack: Stack, load: Load, browser: Browser, language: str, width: int, zoom: int
) -> None:
    slug = load(language=language, more='routing = "choice"', targets=TWO_TARGETS)
    # A browser's zoom gives the page fewer, larger pixels.
    context = browser.new_context(
        viewport={"width": width // zoom, "height": 800 // zoom}, device_scale_factor=zoom
    )
    page = context.new_page()
    page.goto(f"{stack.url}/c/{slug}")
    page.locator("#reason").fill("W" * 300)
    assert sideways(page) == 0
    page.locator("#letter button.primary").click()
    expect(page.locator(".wrong")).to_be_focused()
    assert sideways(page) == 0
    page.get_by_role("checkbox").first.check()
    for field, value in supporter().items():
        page.locator(f"#{field}").fill(value)
    page.locator("button[name=preview]").click()
    expect(page.locator("[data-preview]")).to_be_visible()
    assert sideways(page) == 0
    page.goto(f"{stack.url}/c/{slug}/thanks")
    assert sideways(page) == 0
    context.close()


def test_targets_are_large_enough(stack: Stack, load: Load, page: Page) -> None:
    slug = load(more='routing = "choice"\nasks_postcode = true', targets=TWO_TARGETS)
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(f"{stack.url}/c/{slug}")
    page.locator("#letter button.primary").click()
    expect(page.locator(".wrong")).to_be_focused()
    assert page.evaluate(SMALL_TARGETS) == []
    page.goto(f"{stack.url}/c/{slug}/thanks")
    assert page.evaluate(SMALL_TARGETS) == []
    page.goto(stack.url)
    assert page.evaluate(SMALL_TARGETS) == []


@pytest.mark.parametrize(
    "more", ["", "asks_postcode = true", 'routing = "choice"\nasks_postcode = true']
)
def test_never_more_than_five_fields(stack: Stack, load: Load, page: Page, more: str) -> None:
    page.goto(f"{stack.url}/c/{load(more=more, targets=TWO_TARGETS)}")
    fields = page.locator(
        "input:not([type=hidden], [type=checkbox], #leave_empty):visible, textarea:visible"
    )
    assert fields.count() == 5
    for shown in ("1 Quay Street", "Dear Minister Example,", "Yours sincerely,"):
        expect(page.get_by_text(shown).first).to_be_visible()
    expect(page.locator("#body")).to_be_visible()


@pytest.mark.parametrize("with_script", [True, False])
def test_a_letter_by_keyboard_alone(
    stack: Stack, load: Load, browser: Browser, with_script: bool
) -> None:
    slug = load()
    context = browser.new_context(java_script_enabled=with_script)
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{stack.url}/c/{slug}")

    def tab_to(selector: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if with_script:
                assert page.evaluate(FOCUS_RING)
            if page.locator(f"{selector}:focus").count():
                return
        raise AssertionError(selector)

    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to("#reason")
    page.keyboard.type("By keyboard.")
    tab_to("[value=shade]")
    page.keyboard.press("Space")
    tab_to('[value="up:ask"]')
    page.keyboard.press("Enter")
    expect(page.locator('[value="up:ask"]')).to_be_focused()
    tab_to("#name")
    page.keyboard.type("Ana Reed")
    page.keyboard.press("Enter")
    expect(page.locator(".wrong")).to_be_focused()
    tab_to('.wrong a[href="#email"]')
    page.keyboard.press("Enter")
    expect(page.locator("#email")).to_be_focused()
    page.keyboard.type(supporter()["email"])
    tab_to("[name=preview]")
    page.keyboard.press("Enter")
    expect(page.locator("#preview-title")).to_be_focused()
    expect(page.locator("[data-preview]")).to_contain_text("By keyboard.")
    tab_to(".preview .primary")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("Thank you")
    assert stack.books(slug)["submitted"] == 1
    context.close()


def test_the_page_tells_link_previews_what_it_is(stack: Stack, load: Load, page: Page) -> None:
    slug = load()
    page.goto(f"{stack.url}/c/{slug}")

    def content(name: str) -> str | None:
        return page.locator(f'meta[property="{name}"]').get_attribute("content")

    assert content("og:title") == "Keep the harbour's trees"
    assert content("og:description") == "The council wants to fell forty trees. Read why."
    assert content("og:url") == f"{stack.url}/c/{slug}"
    image = stack.get(str(content("og:image")).removeprefix(stack.url))
    width, height = unpack(">II", image.body[16:24])  # where a PNG tells its size
    assert (width, height) == (1200, 630)
    assert len(image.body) < 10_000
    href = page.get_by_role("link", name="The letter as a PDF").get_attribute("href")
    assert href == f"/c/{slug}/letter.pdf"


def test_consent_is_not_ticked_and_goal_and_count_are_real(
    stack: Stack, load: Load, page: Page
) -> None:
    slug = load()
    for _ in range(3):
        stack.post(f"/c/{slug}", stack.form(slug))
    page.goto(f"{stack.url}/c/{slug}")
    expect(page.get_by_label("Keep me posted about this campaign.")).not_to_be_checked()
    expect(page.locator(".count p")).to_have_text("3 letters so far of the 5,000 we hope for")
    bar = page.get_by_role("progressbar", name="Letters on the way to the goal")
    assert bar.get_attribute("value") == "3"


def test_the_count_is_one_phrase_where_a_number_can_be_a_form_of_its_noun(
    stack: Stack, load: Load, page: Page
) -> None:
    slug = load(language="ar")
    for phrase in ("رسالة واحدة حتى الآن", "رسالتان حتى الآن", "3 رسائل حتى الآن"):
        assert stack.post(f"/c/{slug}", stack.form(slug)).status == 303
        page.goto(f"{stack.url}/c/{slug}")
        expect(page.locator(".count p")).to_contain_text(phrase)
    expect(page.locator(".count strong")).to_have_text("3")


def test_thanks_share_by_the_system_or_by_copying(
    stack: Stack, load: Load, browser: Browser
) -> None:
    slug = load()
    link = f"{stack.url}/c/{slug}?source=shared"
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(f"{stack.url}/c/{slug}/thanks")
    page.get_by_role("button", name="Copy the link").click()
    expect(page.get_by_role("status")).to_have_text("The link is copied.")
    assert page.evaluate("navigator.clipboard.readText()") == link
    # Where the system can share, that is the one thing to do.
    page.add_init_script("navigator.share = async (what) => { window.shared = what; }")
    page.reload()
    page.get_by_role("button", name="Share this campaign").click()
    assert page.evaluate("window.shared.url") == link
    expect(page.get_by_role("button")).to_have_count(1)
    context.close()
