"""Work instead of a puzzle: who did it sends at once, who did not confirms by mail."""

import base64
import html
import json
import re
from datetime import UTC, datetime
from itertools import count

import pytest
from altcha import Challenge, Payload, solve_challenge
from playwright.sync_api import Browser, expect
from redis import Redis

from letters.files.campaign_file import read_campaign, write_campaign
from letters.tokens import FORM_LIFE, Tokens
from rig.campaigns import campaign_file, form_fields
from rig.servers import Valkey, free_port, wait_for
from tests.support.stack import Stack
from webapp.action import proof

KEYS = ("a-key-that-signs-now", "a-key-that-signed-before")
NOW = datetime.now(UTC)
_numbers = count(1)


@pytest.fixture
def slug(stack: Stack) -> str:
    made = f"proof-{next(_numbers)}"
    stack.load(made, f"delivered@{made}.example", more="proof_of_work = true\n")
    return made


def solved(challenge: str) -> str:
    made = Challenge.from_dict(json.loads(challenge))
    solution = solve_challenge(made)
    assert solution is not None
    return Payload(made, solution).to_base64()


def challenge_on(stack: Stack, slug: str) -> tuple[str, str]:
    """Give the form's token and the challenge beside it."""
    page = stack.get(f"/c/{slug}").body.decode()
    token = re.search(r'name="token" value="([^"]+)"', page)
    challenge = re.search(r'data-challenge="([^"]+)"', page)
    assert token is not None
    assert challenge is not None
    return token[1], html.unescape(challenge[1])


def changed(payload: str, **parameters: object) -> str:
    read = json.loads(base64.b64decode(payload))
    read["challenge"]["parameters"] |= parameters
    return base64.b64encode(json.dumps(read).encode()).decode()


def test_work_is_good_for_its_own_form_alone() -> None:
    payload = solved(proof.challenge(KEYS, "a form's token", NOW))
    assert proof.is_solved(KEYS, "a form's token", payload)
    assert proof.is_solved((KEYS[1], KEYS[0]), "a form's token", payload)
    assert not proof.is_solved(KEYS, "another form's", payload)
    assert not proof.is_solved(KEYS[1:], "a form's token", payload)


def test_what_is_made_easier_late_or_malformed_is_not_solved() -> None:
    token = "a form's token"
    payload = solved(proof.challenge(KEYS, token, NOW))
    past = solved(proof.challenge(KEYS, token, datetime(2026, 1, 1, tzinfo=UTC)))
    unsolved = Payload.from_base64(payload)
    unsolved.solution.counter += 1
    for wrong in (
        "",
        "no base64 é",
        "bnVsbA==",
        "W10=",
        "[" * 1_000,
        base64.b64encode(b'{"challenge": {"parameters": 1}, "solution": []}').decode(),
        "A" * 3_000,
        payload[:-8],
        past,
        unsolved.to_base64(),
        changed(payload, keyPrefix=""),
        changed(payload, cost=1),
        changed(payload, expiresAt=None),
        changed(payload, expiresAt="never"),
        changed(payload, salt=None),
        changed(payload, data={"form": "another"}),
    ):
        assert not proof.is_solved(KEYS, token, wrong), wrong


def test_the_campaign_file_keeps_the_key() -> None:
    asking = read_campaign(campaign_file("asking", more="proof_of_work = true\n"))
    assert asking.proof_of_work
    assert read_campaign(write_campaign(asking)) == asking
    assert not read_campaign(campaign_file("not-asking")).proof_of_work


def test_a_letter_with_its_work_done_leaves_at_once(stack: Stack, slug: str) -> None:
    token, challenge = challenge_on(stack, slug)
    fields = stack.form(slug, token=token, altcha=solved(challenge))
    assert stack.post(f"/c/{slug}", fields).status == 303
    wait_for(lambda: stack.states(slug) == {"delivered": 1})


def test_a_letter_without_it_waits_for_its_writers_yes(stack: Stack, slug: str) -> None:
    fields = stack.form(slug)
    answer = stack.post(f"/c/{slug}", fields)
    assert (answer.status, answer.headers["Location"]) == (303, f"/c/{slug}/thanks")
    assert stack.states(slug) == {"unconfirmed": 1}
    path = stack.receipt_path(fields["email"])
    assert path.endswith("/confirm")
    shown = form_fields(stack.get(path).body.decode())
    assert stack.post(path, {"seen": shown["seen"]}).status == 303
    wait_for(lambda: stack.states(slug) == {"delivered": 1})


def test_one_solution_is_good_for_one_letter(stack: Stack, slug: str) -> None:
    token, challenge = challenge_on(stack, slug)
    payload = solved(challenge)
    fields = stack.form(slug, token=token, altcha=payload)
    for _ in range(3):
        stack.post(f"/c/{slug}", fields)
    assert stack.books(slug)["submitted"] == 1
    wait_for(lambda: stack.states(slug) == {"delivered": 1})
    # With another form's token, and with its own token from another address.
    stack.post(f"/c/{slug}", stack.form(slug, altcha=payload))
    stack.post(f"/c/{slug}", stack.form(slug, token=token, altcha=payload))
    assert stack.states(slug) == {"delivered": 1, "unconfirmed": 2}


def test_who_came_first_with_a_solution_keeps_it(valkey: Valkey) -> None:
    with Redis.from_url(valkey.new_database()) as redis:
        tokens = Tokens(KEYS)
        assert proof.is_first(redis, tokens, "a form's token", "ana@readers.example")
        assert not proof.is_first(redis, tokens, "a form's token", "ben@readers.example")
        assert proof.is_first(redis, tokens, "a form's token", "Ana@Readers.example")
        assert proof.is_first(redis, tokens, "another form's", "ben@readers.example")
        (key, _) = redis.keys("postbag:proof:*")
        assert 0 < redis.ttl(key) <= FORM_LIFE.total_seconds()
        assert b"readers" not in redis.get(key)


def test_while_redis_is_away_no_solution_is_good() -> None:
    with Redis.from_url(f"redis://127.0.0.1:{free_port()}/0") as away:
        assert not proof.is_first(away, Tokens(KEYS), "a form's token", "ana@readers.example")


def test_no_work_where_every_letter_is_confirmed(stack: Stack) -> None:
    stack.load("all-confirm", more='proof_of_work = true\nconfirm = "before-sending"\n')
    assert "data-challenge" not in stack.get("/c/all-confirm").body.decode()


def test_a_browser_does_the_work_under_the_sites_policy(
    stack: Stack, slug: str, browser: Browser
) -> None:
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{stack.url}/c/{slug}")
    page.get_by_label("Your name", exact=True).fill("Ana Reed")
    page.locator("input[name=email]").fill("ana@readers.example")
    page.locator("textarea[name=reason]").press("x")
    page.get_by_role("button", name="Send my letter").first.click()
    expect(page.locator("h1")).to_contain_text("Thank you")
    assert said == []
    page.close()
    wait_for(lambda: stack.states(slug) == {"delivered": 1})


def test_a_browser_without_javascript_is_told_of_the_mail(
    stack: Stack, slug: str, browser: Browser
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{stack.url}/c/{slug}")
    assert "Without JavaScript, you get a mail" in page.content()
    page.locator("input[name=name]").fill("Ana Reed")
    page.locator("input[name=email]").fill("ana@readers.example")
    page.get_by_role("button", name="Send my letter").first.click()
    expect(page.locator("h1")).to_contain_text("Thank you")
    assert stack.states(slug) == {"unconfirmed": 1}
    context.close()
