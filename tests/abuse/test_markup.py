"""Markup and templates in every field, shown by a real browser: nothing runs, nothing is read."""

from playwright.sync_api import Dialog, Page

from rig.servers import wait_for
from tests.abuse import naughty
from tests.support.stack import Stack

PROBES = (*naughty.MARKUP, naughty.TEMPLATES[0], naughty.TEMPLATES[4])


def watch(page: Page, ran: list[str]) -> None:
    def on_dialog(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", on_dialog)
    page.on("pageerror", lambda error: ran.append(str(error)))


def test_nothing_runs_wherever_it_is_shown(stack: Stack, page: Page) -> None:
    slug = "probed"
    to = f"delivered@{slug}.example"
    stack.load(slug, to, more="asks_postcode = true\n")
    ran: list[str] = []
    watch(page, ran)

    def looked_at() -> None:
        assert page.evaluate("window.hit") is None
        assert page.locator("iframe, svg[onload], img[onerror]").count() == 0
        assert "7*7" not in page.title()
        assert ran == []

    for n, text in enumerate(PROBES):
        email = f"probe{n}@readers.example"
        page.goto(f"{stack.url}/c/{slug}")
        page.get_by_role("button", name="Start afresh").or_(page.locator("h1")).first.wait_for()
        for field in ("postcode", "subject"):
            page.locator(f"#{field}").evaluate("(box, text) => { box.value = text }", text)
        for field in ("reason", "body"):
            page.locator(f"#{field}").fill(text)
        for field in ("name", "email"):
            page.locator(f"#{field}").evaluate("(box, text) => { box.value = text }", text)
        page.get_by_role("button", name="Send my letter").first.click()
        page.locator("#email-error").wait_for()  # the address is none: all is shown again
        looked_at()
        assert page.locator("#body").input_value() == text
        page.locator("#name").fill(f"Ana {n}")  # as a name most of them are refused, and shown
        page.locator("#email").fill(email)
        page.locator("#postcode").fill("AB1")
        page.get_by_role("button", name="Preview").click()
        assert text in str(page.locator("pre[data-preview]").text_content())
        looked_at()
        page.get_by_role("button", name="Send my letter").first.click()
        page.get_by_text("Thank you").first.wait_for()
        page.goto(f"{stack.url}{stack.receipt_path(email)}")
        assert text in str(page.locator("pre[data-letter]").first.text_content())
        looked_at()
    wait_for(lambda: stack.states(slug) == {"delivered": len(PROBES)})
    invited = stack.postbag("organiser", "invite", "probes@postbag.example")
    page.goto(invited.stdout.splitlines()[-1])
    page.goto(f"{stack.url}/desk/{slug}")
    looked_at()
    # And at the stand-in: unchanged, in the place meant for it, with no header of its own.
    arrived = sorted(message["subject"] for message in stack.messages(to))
    assert arrived == sorted(text.strip() for text in PROBES)
    for message in stack.messages(to):
        text = message["subject"]
        assert message["from"]["email"] == "letters@postbag.example"
        assert message["from"]["name"].startswith("Ana ")
        assert message["content"][0]["value"].count(text) >= 2
        assert message["headers"] == {
            "X-Campaign": slug,
            "X-Campaign-Organisation": "Lantern",
        }
