"""An answer comes home, seen in the browser: from the action page to the writer's mailbox."""

import re
import secrets

import pytest
from playwright.sync_api import Page, expect

from rig.servers import wait_for
from tests.answers.office import THROUGH_US
from tests.support.stack import Stack, supporter

THEY_ANSWERED = {"en": "They answered on", "es": "Respondieron el", "ar": "ردّوا في"}


@pytest.mark.parametrize("language", ["en", "es", "ar"])
def test_both_kinds_of_answers_are_read_in_the_writers_mailbox(
    stack: Stack, page: Page, language: str
) -> None:
    slug = f"home-{secrets.token_hex(3)}"
    person, program = (f"{who}@{slug}.example" for who in ("answers", "away"))
    stack.load(slug, person, program, more=f'{THROUGH_US}language = "{language}"\n')
    who = supporter()
    page.goto(f"{stack.url}/c/{slug}")
    for field, typed in who.items():
        page.locator(f"#{field}").fill(typed)
    page.locator("button.primary[data-sending]").click()
    page.wait_for_url(re.compile("/thanks"))
    wait_for(lambda: len(stack.messages(who["email"])) == 3)

    page.goto(f"{stack.stand_in.url}/?to={who['email']}")
    mailbox = page.locator("details.envelope")
    expect(mailbox).to_have_count(3)
    answered = mailbox.filter(has=page.get_by_text("Re: Keep the trees", exact=True)).first
    expect(answered).to_contain_text("Thank you for your letter.")
    expect(answered).to_contain_text(person)
    away = mailbox.filter(has=page.get_by_text("Automatic reply: Keep the trees", exact=True))
    expect(away.first).to_contain_text(program)

    page.goto(stack.url + stack.receipt_path(who["email"]))
    # An automatic reply is no answer.
    expect(page.locator(".answered")).to_have_count(1)
    expect(page.locator(".answered")).to_contain_text(THEY_ANSWERED[language])
