"""Every form that a campaign can ask for: digest, choice, areas, work for the browser, frames."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.page.campaign import TARGETS, TWO_TARGETS
from tests.page.rules import look, narrow, tab_through, tab_to, without_scripts
from tests.support.seldom import seldom
from tests.support.stack import Stack, supporter

Load = Callable[..., str]

AREA = 'areas = ["AB1", "AB2*"]\n'
PLAIN = 'confirm = "none"\n'
FRAMED = 'embed_origins = ["https://other.example"]\n'
DIGEST = 'identical = "digest"\n'
WORK = "proof_of_work = true\n"
POSTCODE = "asks_postcode = true\n"
CHOICE = f'routing = "choice"\n{POSTCODE}'
AREAS = f'routing = "area"\n{POSTCODE}'
# Who has no areas is written to where no area matches.
FALLBACK = TARGETS + AREA + TWO_TARGETS.removeprefix(TARGETS)


@dataclass(frozen=True)
class Form:
    """What a campaign asks, of how many targets, and where its form stands."""

    more: str = ""
    targets: str = TARGETS
    path: str = ""


FORMS = {
    "two targets": Form(targets=TWO_TARGETS),
    "digest": Form(DIGEST),
    "digest with postcode": Form(DIGEST + POSTCODE),
    "choice": Form(CHOICE, TWO_TARGETS),
    "areas": Form(AREAS, TARGETS + AREA),
    "areas and a fallback": Form(AREAS, FALLBACK),
    "work": Form(WORK),
    "frame": Form(FRAMED, path="/embed"),
}


def fill_in(page: Page, **changes: str) -> None:
    for field, value in {**supporter(), **changes}.items():
        page.locator(f"#{field}").fill(value)


def send(page: Page) -> None:
    page.locator("#letter .details button.primary").press("Enter")


def preview(page: Page) -> None:
    page.locator("button[name=preview]").press("Enter")
    expect(page.locator("#preview-title")).to_be_focused()


def as_it_comes(page: Page) -> str:
    del page
    return "About you"


def nothing_filled_in(page: Page) -> str:
    send(page)
    expect(page.locator(".wrong")).to_be_focused()
    return "Your letter was not handed in yet"


def previewed(page: Page) -> str:
    fill_in(page)
    preview(page)
    return "exactly as"


def both_chosen_and_previewed(page: Page) -> str:
    for box in page.locator("[name=target]").all():
        box.check()
    fill_in(page, postcode="AB1")
    preview(page)
    return "These are your letters, exactly as"


def a_postcode_of_an_area(page: Page) -> str:
    fill_in(page, postcode="ab2 3cd")
    preview(page)
    expect(page.locator(".preview .to")).to_contain_text("The Hon. A. Example")
    return "exactly as"


def a_postcode_of_nobody(page: Page) -> str:
    fill_in(page, postcode="ZZ9")
    send(page)
    expect(page.locator(".wrong")).to_be_focused()
    return "We know nobody to write to for this postcode."


def a_postcode_of_the_fallback(page: Page) -> str:
    fill_in(page, postcode="ZZ9")
    preview(page)
    expect(page.locator(".preview .to")).to_contain_text("Dr B. Mayor")
    return "exactly as"


def at_work(page: Page) -> str:
    # On a machine so slow that the sum does not end.
    page.evaluate("() => { SubtleCrypto.prototype.deriveBits = () => new Promise(() => {}); }")
    fill_in(page)
    send(page)
    expect(page.locator("[data-proving]")).to_be_visible()
    return "your browser is doing a sum"


def thanked(page: Page) -> str:
    fill_in(page)
    send(page)
    page.locator("[data-sent]").wait_for()
    return "Thank you"


def not_connected(page: Page) -> str:
    fill_in(page)
    page.context.set_offline(offline=True)
    send(page)
    expect(page.locator("[data-trouble]")).to_be_visible()
    return "there seems to be no connection"


def refused_for_its_token(page: Page) -> str:
    fill_in(page)
    page.locator("[name=token]").evaluate("(field) => { field.value = 'forged'; }")
    send(page)
    expect(page.locator("p.notice[role=alert]")).to_be_focused()
    return "This page was not complete."


@pytest.mark.parametrize(
    ("form", "come_to"),
    [
        ("two targets", previewed),
        seldom("digest", as_it_comes),
        ("digest with postcode", nothing_filled_in),
        seldom("choice", nothing_filled_in),
        ("choice", both_chosen_and_previewed),
        seldom("areas", as_it_comes),
        seldom("areas", a_postcode_of_an_area),
        ("areas", a_postcode_of_nobody),
        seldom("areas and a fallback", as_it_comes),
        seldom("areas and a fallback", a_postcode_of_an_area),
        ("areas and a fallback", a_postcode_of_the_fallback),
        seldom("work", as_it_comes),
        ("work", at_work),
        seldom("work", thanked),
        seldom("frame", as_it_comes),
        seldom("frame", nothing_filled_in),
        ("frame", previewed),
        ("frame", refused_for_its_token),
        ("frame", not_connected),
        ("frame", thanked),
    ],
)
def test_a_form(
    still: Stack,
    load_still: Load,
    browser: Browser,
    languages: tuple[str, ...],
    form: str,
    come_to: Callable[[Page], str],
) -> None:
    asked = FORMS[form]
    for language in languages:
        slug = load_still(language=language, more=PLAIN + asked.more, targets=asked.targets)
        with narrow(browser) as page:
            page.goto(f"{still.url}/c/{slug}{asked.path}")
            words = come_to(page)
            if language == "en":
                expect(page.get_by_text(words).first).to_be_visible()
            look(page, f"{form}, {come_to.__name__}, {language}")
            tab_through(page, f"{form}, {come_to.__name__}")


@pytest.mark.parametrize("come_to", [seldom(as_it_comes), nothing_filled_in, seldom(previewed)])
def test_a_form_as_it_is_without_javascript(
    still: Stack, load_still: Load, browser: Browser, come_to: Callable[[Page], str]
) -> None:
    slug = load_still(more=PLAIN + WORK, targets=TWO_TARGETS)
    with narrow(browser) as page:
        without_scripts(page)
        page.goto(f"{still.url}/c/{slug}")
        words = come_to(page)
        expect(page.get_by_text(words).first).to_be_visible()
        expect(page.get_by_text("Without JavaScript, you get a mail")).to_be_visible()
        look(page, f"without JavaScript, {come_to.__name__}")
        tab_through(page, come_to.__name__)


@pytest.mark.parametrize(
    ("with_script", "path"),
    [(True, ""), seldom(True, "/embed"), seldom(False, ""), (False, "/embed")],
)
def test_a_form_that_asks_for_everything_by_keyboard_alone(
    still: Stack, load_still: Load, browser: Browser, path: str, with_script: bool
) -> None:
    slug = load_still(more=PLAIN + CHOICE + WORK + FRAMED, targets=TWO_TARGETS)
    with narrow(browser, with_script=with_script) as page:
        page.goto(f"{still.url}/c/{slug}{path}")
        tab_to(page, "[name=target]:not(:checked)", "Space")
        tab_to(page, "#unfold", "Space")  # on a small screen the letter is folded
        tab_to(page, ".subject-fold summary", "Enter")
        tab_to(page, "#subject", "Control+A")
        page.keyboard.type("By keyboard")
        for field, value in {**supporter(), "postcode": "AB1"}.items():
            tab_to(page, f"#{field}")
            page.keyboard.type(value)
        tab_to(page, "[name=preview]", "Enter")
        expect(page.locator(".preview .subject")).to_have_text("By keyboard")
        tab_to(page, ".preview .primary", "Enter")
        page.locator("[data-sent]").wait_for()
        if with_script:
            tab_to(page, "[data-share]", "Enter")
            expect(page.locator("[data-told]")).to_contain_text("The link is")
    books = still.books(slug)
    assert books["submitted"] == 1
    assert books["states"]["queued" if with_script else "unconfirmed"] == 1
