"""Every state that a receipt can show, and its way by keyboard alone, with and without a script."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import select

from letters.books.changes import apply
from letters.books.happenings import Happening
from letters.campaign import Status
from letters.campaigns import store
from letters.campaigns import targets as addressees
from letters.receipts import receipt as receipts
from letters.states import Cause, State
from letters.storage.schema import submission
from tests.page.campaign import TARGETS, TWO_TARGETS
from tests.page.rules import look, narrow, new_client, tab_through, tab_to
from tests.support.seldom import seldom
from tests.support.stack import Stack

Load = Callable[..., str]

WAYS: dict[State, tuple[Cause, ...]] = {
    State.UNCONFIRMED: (),
    State.QUEUED: (Cause.CONFIRM,),
    State.HELD: (Cause.CONFIRM, Cause.HOLD),
    State.SENDING: (Cause.CONFIRM, Cause.CLAIM),
    State.UNKNOWN: (Cause.CONFIRM, Cause.CLAIM, Cause.LOST),
    State.ACCEPTED: (Cause.CONFIRM, Cause.CLAIM, Cause.TAKEN),
    State.DEFERRED: (Cause.CONFIRM, Cause.CLAIM, Cause.TAKEN, Cause.DEFER),
    State.DELIVERED: (Cause.CONFIRM, Cause.CLAIM, Cause.TAKEN, Cause.DEFER, Cause.DELIVER),
    State.BOUNCED: (Cause.CONFIRM, Cause.CLAIM, Cause.TAKEN, Cause.BOUNCE),
    State.DROPPED: (Cause.CONFIRM, Cause.CLAIM, Cause.TAKEN, Cause.DROP),
    State.FAILED: (Cause.CONFIRM, Cause.CLAIM, Cause.REFUSED),
    State.CANCELLED: (Cause.CONFIRM, Cause.CANCEL),
    State.EXPIRED: (Cause.EXPIRE,),
}
"""What has to happen to a new letter so that it comes into each state."""

CONFIRM = 'confirm = "before-sending"'


@dataclass(frozen=True)
class Written:
    """One submission on the site that sends nothing."""

    site: Stack
    slug: str
    path: str
    ids: tuple[str, ...]
    """Of its letters, in the order of the targets."""

    @property
    def url(self) -> str:
        return self.site.url + self.path

    def happen(self, *causes: Cause, place: int = 0) -> None:
        """Let things happen to the letter at one place."""
        now = datetime.now(UTC)
        with self.site.database.write() as connection:
            changed = apply(connection, [Happening(self.ids[place], c, now) for c in causes])
        assert len(changed) == len(causes)


def write(site: Stack, slug: str) -> Written:
    """Hand in a letter as it is offered, from an address that nobody else has."""
    fields = site.form(slug)
    assert site.post(f"/c/{slug}", fields, **new_client()).status == 303
    with site.database.read() as connection:
        found = select(submission.c.id).where(submission.c.email == fields["email"])
        submission_id = connection.execute(found).scalar_one()
        receipt = receipts.read(connection, submission_id, datetime.now(UTC))
    path = f"/l/{site.tokens.receipt(submission_id)}"
    return Written(site, slug, path, tuple(letter.id for letter in receipt.letters))


def open_all(page: Page) -> None:
    closed = page.locator("details:not([open]) > summary")
    while closed.count():
        closed.first.press("Enter")


@pytest.mark.parametrize("language", ["en", "es", seldom("ar")])
def test_a_receipt_in_every_state_at_once(
    still: Stack, load_still: Load, browser: Browser, language: str
) -> None:
    assert set(WAYS) == set(State)
    targets = "".join(TARGETS.replace("delivered@", f"{state}@") for state in WAYS)
    written = write(still, load_still(language=language, more=CONFIRM, targets=targets))
    for place, causes in enumerate(WAYS.values()):
        written.happen(*causes, place=place)
    with narrow(browser) as page:
        page.goto(written.url)
        shown = [one.get_attribute("data-state") for one in page.locator("[data-state]").all()]
        assert shown == list(WAYS)
        if language == "en":
            expect(page.locator("[data-live=together]")).to_have_text(
                "13 letters: 1 unconfirmed, 1 waiting, 1 on hold, 1 being sent, 1 unknown, 1 sent, "
                "1 delayed, 1 delivered, 1 bounced, 1 dropped, 1 failed, 1 withdrawn and 1 expired"
            )
        look(page, "every state")
        open_all(page)
        look(page, "every state, all opened")
        tab_through(page, "every state, all opened")


def fold(page: Page, to: str) -> Locator:
    """Give the first form that posts to one end of the receipt, and unfold it if need be."""
    form = page.locator(f'form[action$="/{to}"]').first
    if not form.is_visible():
        page.locator(f'details:has(form[action$="/{to}"]) > summary').first.press("Enter")
    return form


def press(page: Page, to: str) -> None:
    fold(page, to).locator("button").press("Enter")


def waiting_for_a_yes(page: Page, written: Written) -> str:
    page.goto(written.url)
    return "waits for you to confirm it"


def asked_for_a_yes(page: Page, written: Written) -> str:
    page.goto(f"{written.url}/confirm")
    return "Are these your letters?"


def queued(page: Page, written: Written) -> str:
    page.goto(f"{written.url}/confirm")
    press(page, "confirm")
    return "waiting its turn. It should leave about"


def changed(page: Page, written: Written) -> str:
    page.goto(written.url)
    fold(page, "edit").locator("textarea").fill("In other words.")
    press(page, "edit")
    expect(page.locator("pre").first).to_have_text("In other words.")
    return "waits for you to confirm it"


def a_change_refused(page: Page, written: Written) -> str:
    page.goto(written.url)
    fold(page, "edit").locator("[name=subject]").fill("")
    press(page, "edit")
    expect(page.locator(".error")).to_be_focused()
    assert ": " in page.title()
    return "Please give your letter a subject."


def campaign_paused(page: Page, written: Written) -> str:
    written.happen(Cause.CONFIRM)
    with written.site.database.write() as connection:
        store.set_status(connection, written.slug, Status.PAUSED, datetime.now(UTC))
    page.goto(written.url)
    return "Your letter is waiting its turn. This campaign is paused for now."


def held_with_a_successor(page: Page, written: Written) -> str:
    written.happen(Cause.CONFIRM)
    left, follows = f"delivered@{written.slug}.example", f"delivered@second-{written.slug}.example"
    with written.site.database.write() as connection:
        addressees.name_successor(connection, written.slug, left, follows, datetime.now(UTC))
    page.goto(written.url)
    return "Dr B. Mayor has taken over. May your letter go there?"


def an_answer_about_a_successor_refused(page: Page, written: Written) -> str:
    held_with_a_successor(page, written)
    fold(page, "send-on").locator("textarea").fill("")
    press(page, "send-on")
    expect(page.locator(".error")).to_be_focused()
    return "Your letter is empty."


def cannot_go_to_the_successor(page: Page, written: Written) -> str:
    held_with_a_successor(page, written)
    press(page, "send-on")  # where the other letter of this submission goes already
    return "This letter cannot go there"


def withdrawn(page: Page, written: Written) -> str:
    page.goto(written.url)
    press(page, "cancel")
    return "You withdrew this letter before it left."


def about_to_erase(page: Page, written: Written) -> str:
    page.goto(written.url)
    fold(page, "erase")
    return "A letter that has left cannot be called back."


def erased(page: Page, written: Written) -> str:
    page.goto(written.url)
    press(page, "erase")
    page.locator(".card").wait_for()
    return "Your letter and your details are erased"


def erased_and_opened_again(page: Page, written: Written) -> str:
    erased(page, written)
    page.goto(written.url)
    return "This link leads nowhere"


def too_late_to_change(page: Page, written: Written) -> str:
    page.goto(written.url)
    fold(page, "edit")
    written.happen(Cause.CONFIRM, Cause.CLAIM, Cause.TAKEN)
    press(page, "edit")
    return "The letter has left already"


def leaving_while_erased(page: Page, written: Written) -> str:
    written.happen(Cause.CONFIRM, Cause.CLAIM)
    page.goto(written.url)
    press(page, "erase")
    return "Your letter is leaving at this moment"


def a_link_cut_off(page: Page, written: Written) -> str:
    page.goto(written.url[:-3])
    return "This link leads nowhere"


def asked_too_often(page: Page, written: Written) -> str:
    client = new_client()
    page.set_extra_http_headers(client)
    page.goto(written.url)
    for _ in range(20):
        written.site.post(f"{written.path}/confirm", {}, **client)
    press(page, "cancel")
    return "A lot was asked from here"


@pytest.mark.parametrize(
    "come_to",
    [
        seldom(waiting_for_a_yes),
        seldom(asked_for_a_yes),
        queued,
        seldom(changed),
        a_change_refused,
        seldom(campaign_paused),
        held_with_a_successor,
        an_answer_about_a_successor_refused,
        seldom(cannot_go_to_the_successor),
        seldom(withdrawn),
        seldom(about_to_erase),
        erased,
        seldom(erased_and_opened_again),
        seldom(too_late_to_change),
        seldom(leaving_while_erased),
        seldom(a_link_cut_off),
        seldom(asked_too_often),
    ],
)
def test_what_a_receipt_says_and_asks(
    still: Stack,
    load_still: Load,
    browser: Browser,
    languages: tuple[str, ...],
    come_to: Callable[[Page, Written], str],
) -> None:
    for language in languages:
        written = write(still, load_still(language=language, more=CONFIRM, targets=TWO_TARGETS))
        with narrow(browser, language=language) as page:
            words = come_to(page, written)
            expect(page.locator("html")).to_have_attribute("lang", language)
            if language == "en":
                expect(page.get_by_text(words).first).to_be_visible()
            look(page, f"{come_to.__name__}, {language}")
            tab_through(page, come_to.__name__)


def test_a_letter_that_waits_for_its_digest(
    still: Stack, load_still: Load, browser: Browser
) -> None:
    written = write(still, load_still(more='confirm = "none"\nidentical = "digest"'))
    with narrow(browser) as page:
        page.goto(written.url)
        expect(page.get_by_text("waiting its turn. It should leave about")).to_be_visible()
        look(page, "waiting for a digest")


@pytest.mark.parametrize("with_script", [True, False])
def test_a_receipt_by_keyboard_alone(
    still: Stack, load_still: Load, browser: Browser, with_script: bool
) -> None:
    written = write(still, load_still(more=CONFIRM))
    with narrow(browser, with_script=with_script) as page:
        page.goto(f"{written.url}/confirm")
        tab_to(page, "button.primary", "Enter")
        expect(page.locator("[data-state=queued]")).to_be_visible()
        # A change that cannot be taken is told, and a change is taken.
        tab_to(page, 'details:has(form[action$="/edit"]) > summary', "Enter")
        tab_to(page, "[name=subject]", "Control+A")
        page.keyboard.press("Delete")
        tab_to(page, 'form[action$="/edit"] button', "Enter")
        expect(page.locator(".error")).to_be_focused()
        tab_to(page, "[name=subject]", "Control+A")
        page.keyboard.type("My own subject")
        tab_to(page, 'form[action$="/edit"] button', "Enter")
        expect(page.locator(".sheet .subject")).to_have_text("My own subject")
        for to, shown in (("cancel", "[data-state=cancelled]"), ("erase", ".card h1")):
            tab_to(page, f'details:has(form[action$="/{to}"]) > summary', "Enter")
            tab_to(page, f'form[action$="/{to}"] button', "Enter")
            expect(page.locator(shown)).to_be_visible()
        tab_to(page, ".card .primary", "Enter")
        page.wait_for_url(f"{still.url}/")
