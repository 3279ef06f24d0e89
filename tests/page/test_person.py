"""The page knows a person: what they mend counts, and what a link brings is filled in."""

import secrets

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from letters.storage.schema import letter, submission, target, writing
from rig.servers import wait_for
from tests.support.seldom import seldom
from tests.support.stack import Stack


@pytest.fixture(scope="module")
def browser(whole_browser: Browser) -> Browser:
    """Give a browser that keeps pages to go back to, as people's browsers do."""
    return whole_browser


@pytest.mark.parametrize("confirm", [seldom("none"), "before-sending"])
def test_going_back_to_mend_the_address_brings_the_mail_to_the_right_one(
    stack: Stack, page: Page, confirm: str
) -> None:
    slug = f"person-{confirm}"
    stack.load(slug, more=f'confirm = "{confirm}"\n')
    unique = secrets.token_hex(4)
    wrong, right = f"tess.{unique}@gmial.example", f"tess.{unique}@gmail.example"
    page.goto(f"{stack.url}/c/{slug}")
    page.locator("#name").fill("Tess")
    page.locator("#email").fill(wrong)
    page.locator("button.primary").last.click()
    page.get_by_text("You gave this address").wait_for()
    assert page.locator("[data-address] strong").text_content() == wrong
    page.locator("[data-address] button").click()
    page.locator("#email").wait_for()
    page.locator("#name").fill("Tess")
    page.locator("#email").fill(right)
    page.locator("#body").fill("Better words.")
    page.locator("button.primary").last.click()
    page.get_by_text("You gave this address").wait_for()
    wait_for(lambda: stack.messages(right))
    page.goto(f"{stack.url}{stack.receipt_path(right)}")
    assert "Better words." in page.locator("pre[data-letter]").inner_text()
    assert right in page.locator(".kept-of-you").inner_text()


def test_after_an_error_the_page_can_be_left_and_come_back_to(stack: Stack, page: Page) -> None:
    stack.load("come-back")
    address = f"{stack.url}/c/come-back"
    page.goto(address)
    page.locator("#reason").fill("Mine, and long.")
    page.locator("button.primary").last.click()
    page.locator(".wrong").wait_for()
    page.locator("#name").fill("Tess")
    # A link to a field is a place within the page.
    page.get_by_role("link", name="Please tell us your e-mail address").click()
    assert page.url == f"{address}#email"
    page.go_back()
    page.wait_for_function("!location.hash")
    assert page.locator(".wrong").is_visible()
    page.goto(f"{stack.url}/")
    page.go_back()
    page.locator("[data-restored]").wait_for()
    assert page.locator("#name").input_value() == "Tess"
    page.locator("#email").fill(f"tess.{secrets.token_hex(4)}@readers.example")
    page.locator("button[name=preview]").click()
    page.locator("#preview-title").wait_for()
    # From the preview back to the form, and from the thanks to what was sent.
    page.go_back()
    page.locator("[data-restored]").wait_for()
    assert page.locator("#reason").input_value() == "Mine, and long."
    page.locator("button.primary").last.click()
    page.locator("[data-address] button").click()
    page.locator("[data-restored]").wait_for()
    assert page.url == address
    assert page.locator("#name").input_value() == "Tess"


def test_a_link_fills_the_form_and_is_forgotten(stack: Stack, page: Page) -> None:
    stack.load("prefilled", more="asks_postcode = true\n")
    page.goto(f"{stack.url}/c/prefilled#name=Ana+Reed&email=ana%40readers.example&postcode=AB1")
    page.wait_for_function("document.querySelector('#name').value")
    assert page.locator("#name").input_value() == "Ana Reed"
    assert page.locator("#email").input_value() == "ana@readers.example"
    assert page.locator("#postcode").input_value() == "AB1"
    assert page.url == f"{stack.url}/c/prefilled"


def test_a_slip_is_asked_about_and_never_refused(stack: Stack, page: Page) -> None:
    stack.load("slips")
    page.goto(f"{stack.url}/c/slips")
    page.locator("#email").fill("jo@gmial.com")
    page.locator("#name").fill("Jo")
    question = page.locator("[data-common]")
    question.wait_for()
    question.get_by_role("button").click()
    assert page.locator("#email").input_value() == "jo@gmail.com"
    assert question.is_hidden()
    # A press on the button right after it was typed is asked first, and the second one sends.
    page.locator("#email").fill(f"{secrets.token_hex(4)}@hotmial.com")
    page.locator("button.primary").last.click()
    page.wait_for_function("document.activeElement.closest('[data-common]')")
    assert page.url == f"{stack.url}/c/slips"
    page.locator("button.primary").last.click()
    page.get_by_text("You gave this address").wait_for()


def test_on_a_phone_the_letter_is_sent_within_two_screens(stack: Stack, page: Page) -> None:
    stack.load("folded", more='summary = "A few words about it."\n')
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{stack.url}/c/folded")
    send = page.locator("button.primary").last.bounding_box()
    assert send is not None
    assert send["y"] + send["height"] <= 1_480
    assert page.locator("#body").is_hidden()
    page.get_by_text("Read and change the letter").click()
    page.locator("#body").fill("Mine.")
    page.get_by_text("Fold the letter").click()
    assert page.locator("#body").is_hidden()


def test_a_yes_to_something_that_changed_is_asked_for_anew(stack: Stack, page: Page) -> None:
    stack.load("changed", more='confirm = "before-sending"\nopt_in = "News, please."\n')
    fields = stack.form("changed")
    stack.post("/c/changed", fields)
    page.goto(f"{stack.url}{stack.receipt_path(fields['email'])}")
    assert "You did not tick" in page.locator(".ask").inner_text()
    stack.post("/c/changed", {**fields, "opt_in": "y"})
    page.get_by_role("button", name="Yes, send my letter").click()
    page.get_by_role("alert").wait_for()
    assert "You ticked: “News, please.”" in page.locator(".ask").first.inner_text()
    page.get_by_role("button", name="Yes, send my letter").click()
    page.get_by_text("takes its turn to leave").first.wait_for()
    wait_for(lambda: stack.states("changed") == {"delivered": 1})


def kept_of(stack: Stack, email: str) -> dict[str, object]:
    """Give what the books have of the one letter of an address, and of its writer."""
    with stack.database.read() as connection:
        row = connection.execute(
            select(
                submission.c.name,
                submission.c.postcode,
                submission.c.opt_in_wording,
                target.c.email,
                writing.c.subject,
                writing.c.body,
            )
            .select_from(letter.join(writing).join(submission).join(target))
            .where(submission.c.email == email, letter.c.state != "cancelled")
        ).one()
    return row._asdict()


MENDED = {
    "name": [("#name", "Tess Moor")],
    "postcode": [("#postcode", "CD2")],
    "subject": [(".subject-fold summary", ""), ("#subject", "Forty trees")],
    "body": [("#body", "Better words.")],
    "closing": [(".ending summary", ""), ("#closing", "In hope,")],
    "consent": [("#opt_in", "")],
    "target": [("input[name=target] >> nth=0", ""), ("input[name=target] >> nth=1", "")],
}
"""What is filled in or, where nothing is, pressed."""


@pytest.mark.parametrize("confirm", ["none", seldom("before-sending")])
def test_going_back_whatever_is_mended_counts(stack: Stack, page: Page, confirm: str) -> None:
    slug, email = f"back-{confirm}", f"tess.{secrets.token_hex(4)}@readers.example"
    more = f'confirm = "{confirm}"\nrouting = "choice"\nasks_postcode = true\nopt_in = "News."\n'
    stack.load(slug, "a@back.example", "b@back.example", more=more)
    assert stack.postbag("campaign", "status", slug, "paused").returncode == 0
    page.goto(f"{stack.url}/c/{slug}")
    page.evaluate("window.isTheSamePage = true")
    first = [("input[name=target] >> nth=0", ""), ("#name", "Tess"), ("#email", email)]
    expected: dict[str, object] = {
        "name": "Tess",
        "postcode": "AB1",
        "opt_in_wording": None,
        "email": "a@back.example",
        "subject": "Keep the trees",
        "body": "Dear Minister 1,\n\nPlease.\n\nYours sincerely,\nTess",
    }
    after = {
        "name": {"name": "Tess Moor"},
        "postcode": {"postcode": "CD2"},
        "subject": {"subject": "Forty trees"},
        "consent": {"opt_in_wording": "News."},
        "target": {"email": "b@back.example"},
    }
    bodies = {
        "name": "Dear Minister 1,\n\nPlease.\n\nYours sincerely,\nTess Moor",
        "body": "Dear Minister 1,\n\nBetter words.\n\nYours sincerely,\nTess Moor",
        "closing": "Dear Minister 1,\n\nBetter words.\n\nIn hope,\nTess Moor",
        "target": "Dear Minister 2,\n\nBetter words.\n\nIn hope,\nTess Moor",
    }
    begin = [*first, ("#postcode", "AB1"), ("#body", "Please.")]
    for what, steps in {"all of it": begin, **MENDED}.items():
        for selector, typed in steps:
            place = page.locator(selector)
            if typed:
                place.fill(typed)
            else:
                place.click()
        page.locator("button.primary").last.click()
        page.locator("[data-address] button").wait_for()
        expected |= after.get(what, {})
        expected["body"] = bodies.get(what, expected["body"])
        assert kept_of(stack, email) == expected, what
        page.locator("[data-address] button").click()
        page.locator("#name").wait_for()
        assert page.evaluate("window.isTheSamePage"), "out of the browser's cache, with its token"


@pytest.mark.parametrize(
    ("confirm", "stage"),
    [
        seldom("none", "left"),
        ("before-sending", "yes"),
        seldom("before-sending", "left"),
    ],
)
def test_going_back_after_a_yes_or_a_departure_keeps_both_for_the_owner(
    stack: Stack, page: Page, confirm: str, stage: str
) -> None:
    slug, email = f"late-{confirm}-{stage}", f"tess.{secrets.token_hex(4)}@readers.example"
    stack.load(slug, f"delivered@{slug}.example", more=f'confirm = "{confirm}"\n')
    if stage == "yes":
        assert stack.postbag("campaign", "status", slug, "paused").returncode == 0
    page.goto(f"{stack.url}/c/{slug}")
    page.evaluate("window.isTheSamePage = true")

    def send(name: str, words: str) -> None:
        page.locator("#name").fill(name)
        page.locator("#email").fill(email)
        page.locator("#body").fill(words)
        page.locator("button.primary").last.click()
        page.locator("[data-address] button").wait_for()

    send("Tess", "First words.")
    wait_for(lambda: stack.messages(email))
    receipt = stack.url + stack.receipt_path(email).removesuffix("/confirm")
    owner = page.context.new_page()
    if confirm == "before-sending":
        owner.goto(f"{receipt}/confirm")
        owner.locator("button.primary").last.click()
        owner.locator("pre[data-letter]").wait_for()
    if stage == "left":
        wait_for(lambda: stack.states(slug).get("delivered") == 1)
    page.locator("[data-address] button").click()
    page.locator("#name").wait_for()
    assert page.evaluate("window.isTheSamePage"), "out of the browser's cache, with its token"
    send("Tess Moor", "Better words.")

    owner.goto(receipt)
    letter_text = owner.locator("pre[data-letter]").inner_text()
    assert "First words." in letter_text
    assert letter_text.endswith("Tess")
    again = owner.locator(".again").text_content() or ""  # its letters are folded
    assert "Better words." in again
    assert "Tess Moor" in again
    gone = stack.messages(f"delivered@{slug}.example")
    assert len(gone) == (stage == "left")
    assert all("First words." in message["content"][0]["value"] for message in gone)
    if stage == "yes":
        owner.get_by_role("button", name="Send this one instead of the first").click()
        owner.get_by_text("This letter goes instead of the first one.").wait_for()
        assert kept_of(stack, email)["name"] == "Tess Moor"
        assert "Better words.\n\nYours sincerely,\nTess Moor" in str(kept_of(stack, email)["body"])
