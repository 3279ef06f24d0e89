"""What the doors let in: forms, tokens, limits, signatures and the desk."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from itertools import count
from urllib.parse import quote

import pytest
from sqlalchemy import select, update

from letters.storage.schema import campaign, target
from rig.servers import PATIENCE_SECONDS, wait_for
from sandbox.behaviour.events import signature_headers
from sandbox.keys import load_or_make
from tests.support.stack import Stack

_numbers = count(1)


@pytest.fixture
def slug(stack: Stack) -> str:
    made = f"door-{next(_numbers)}"
    stack.load(made, f"delivered@{made}.example")
    return made


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "x" * 101, "too long"),
        ("name", "Ana\nBcc: all@readers.example", "on one line"),
        ("subject", "Trees\u2028and more", "on one line"),
        ("subject", "x" * 201, "too long"),
        ("reason", "x" * 2001, "too long"),
        ("body", "x" * 10001, "too long"),
        ("body", "a\x00b", "U+0000, in line 1 at place 2"),
        ("body", "\x0c", "U+000C, in line 1 at place 1"),
        ("subject", "\x00", "U+0000, in line 1 at place 1"),
        ("name", "\x7f", "U+007F, in line 1 at place 1"),
        ("target", "x\x00", "invisible control character"),
        ("body", " \n\t ", "Your letter is empty"),
        ("email", "ana@readers", "does not look like"),
        ("email", "ana@readers.example\r\nBcc: x@y.example", "on one line"),
    ],
)
def test_what_is_refused_is_told_why(
    stack: Stack, slug: str, field: str, value: str, sentence: str
) -> None:
    answer = stack.post(f"/c/{slug}", stack.form(slug, **{field: value}))
    assert answer.status == 422
    assert sentence in answer.body.decode()
    assert stack.books(slug)["submitted"] == 0


def test_the_limits_themselves_are_taken(stack: Stack, slug: str) -> None:
    body = "é" * 4999 + "\r\n" + "x" * 5000
    fields = stack.form(slug, name="n" * 100, subject="s" * 200, reason="r" * 2000, body=body)
    assert stack.post(f"/c/{slug}", fields).status == 303


def test_the_targets_own_address_is_not_taken_as_the_writers(stack: Stack, slug: str) -> None:
    fields = stack.form(slug, email=f"Delivered+me@{slug}.example")
    assert stack.post(f"/c/{slug}", fields).status == 422


def test_everything_that_is_missing_is_told_at_once(stack: Stack) -> None:
    more = 'routing = "choice"\nasks_postcode = true\n'
    stack.load("all-at-once", "delivered@one.example", "delivered@two.example", more=more)
    fields = stack.form("all-at-once", name="", email="nonsense", postcode="\u200b")
    page = stack.post("/c/all-at-once", {**fields, "target": []}).body.decode()
    for name in ("name", "email", "postcode", "target"):
        assert f'<li><a href="#{name}">' in page


def test_a_token_that_is_missing_forged_or_old_keeps_the_text(stack: Stack, slug: str) -> None:
    old = stack.tokens.new_form(slug, datetime.now(UTC) - timedelta(hours=25))
    for token in ("", "forged", old, stack.tokens.new_form("another", datetime.now(UTC))):
        answer = stack.post(f"/c/{slug}", stack.form(slug, token=token, body="Only mine."))
        page = answer.body.decode()
        assert answer.status == 422
        assert "Only mine." in page
        fresh = re.search(r'name="token"[^>]*value="([^"]+)"', page)
        assert fresh is not None
        assert fresh[1] != token
    assert stack.books(slug)["submitted"] == 0


def test_a_filled_honeypot_is_thanked_and_forgotten(stack: Stack, slug: str) -> None:
    answer = stack.post(f"/c/{slug}", stack.form(slug, leave_empty="https://spam.example"))
    assert answer.status == 303
    assert stack.books(slug)["submitted"] == 0


def test_fifty_equal_posts_at_once_make_one_letter(stack: Stack, slug: str) -> None:
    fields = stack.form(slug)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: stack.post(f"/c/{slug}", fields).status, range(50)))
    assert answers == [303] * 50
    assert stack.books(slug)["submitted"] == 1


def test_one_victims_address_gets_one_mail(stack: Stack, slug: str) -> None:
    for _ in range(12):
        stack.post(f"/c/{slug}", stack.form(slug, email="victim@readers.example"))
    wait_for(lambda: stack.states(slug) == {"delivered": 1})
    to_victim = [m for m in stack.messages("victim@readers.example") if slug in m["categories"]]
    assert len(to_victim) == 1


def test_a_campaign_that_is_over_or_a_draft(stack: Stack, slug: str) -> None:
    fields = stack.form(slug)
    stack.postbag("campaign", "status", slug, "closed")
    assert stack.get(f"/c/{slug}").status == 410
    assert stack.post(f"/c/{slug}", fields).status == 410
    stack.postbag("campaign", "status", slug, "draft")
    assert stack.get(f"/c/{slug}").status == 404


def test_a_campaign_that_reaches_nobody_any_more_is_over_everywhere(
    stack: Stack, slug: str
) -> None:
    fields = stack.form(slug)
    assert f'href="/c/{slug}"' in stack.get("/").body.decode()
    with stack.database.write() as connection:
        at_slug = select(campaign.c.id).where(campaign.c.slug == slug).scalar_subquery()
        connection.execute(
            update(target)
            .where(target.c.campaign_id == at_slug)
            .values(valid_before=datetime.now(UTC) - timedelta(days=1))
        )
    for path in (f"/c/{slug}", f"/c/{slug}/embed", f"/c/{slug}/letter.pdf"):
        assert stack.get(path).status == 410, path
    assert stack.post(f"/c/{slug}", fields).status == 410
    assert f'href="/c/{slug}"' not in stack.get("/").body.decode()


def test_events_need_their_signature(stack: Stack) -> None:
    assert stack.post("/webhooks/sendgrid", {"a": "b"}).status == 403
    path = "/webhooks/sendgrid"
    web = stack._to_web()  # noqa: SLF001 - a raw body, as SendGrid sends it
    for body, status in (
        (b"[]", 204),
        (b'{"event":1}', 400),
        (b"no json", 400),
        (b"[1, null]", 204),
    ):
        headers = signed(stack, body)
        assert web.request("POST", path, data=body, headers=headers).status == status
        headers["X-Twilio-Email-Event-Webhook-Timestamp"] = "1600000000"
        assert web.request("POST", path, data=body, headers=headers).status == 403


def test_a_webhook_post_over_four_mebibytes_is_refused_unread(stack: Stack) -> None:
    # Only the head is sent: an answer shows that nobody waited for the body.
    connection = HTTPConnection("127.0.0.1", stack.settings.port, timeout=PATIENCE_SECONDS)
    connection.putrequest("POST", "/webhooks/sendgrid")
    connection.putheader("Content-Length", str(4 * 2**20 + 1))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_whoever_sends_too_much_can_read_that_it_was(stack: Stack, slug_for_too_much: str) -> None:
    for path, size in (("/webhooks/sendgrid", 6 * 2**20), (slug_for_too_much, 8 * 2**20)):
        connection = HTTPConnection("127.0.0.1", stack.settings.port, timeout=PATIENCE_SECONDS)
        connection.request("POST", path, body=b"x" * size)
        assert connection.getresponse().status == 413
        connection.close()


def test_a_webhook_post_may_come_in_chunks(stack: Stack) -> None:
    body = b"[]"
    connection = HTTPConnection("127.0.0.1", stack.settings.port, timeout=PATIENCE_SECONDS)
    connection.request(
        "POST",
        "/webhooks/sendgrid",
        body=iter([body[:1], body[1:]]),
        headers=signed(stack, body),
        encode_chunked=True,
    )
    assert connection.getresponse().status == 204
    connection.close()


@pytest.fixture
def slug_for_too_much(stack: Stack) -> str:
    stack.load("too-much", "delivered@too-much.example")
    return "/c/too-much"


def signed(stack: Stack, body: bytes) -> dict[str, str]:
    key = load_or_make(stack.folder / "signing-key.pem")
    return dict(signature_headers(key, body, time.time()))


def test_the_desk_is_closed_to_strangers(stack: Stack, slug: str) -> None:
    for path in ("", f"/{slug}", f"/{slug}/ledger.json", f"/{slug}/letters.csv"):
        answer = stack.get(f"/desk{path}")
        assert answer.status == 303
        assert answer.headers["Location"] == "/desk/sign-in"
    assert stack.get("/desk/sign-in/forged").status == 403
    assert stack.post(f"/desk/{slug}/status", {"status": "closed"}).status == 400
    assert stack.states(slug) == {}


def test_a_link_signs_in_once_and_shows_the_books(stack: Stack, slug: str) -> None:
    stack.post(f"/c/{slug}", stack.form(slug, name='=HYPERLINK("x")'))
    wait_for(lambda: stack.states(slug) == {"delivered": 1})
    link = stack.postbag(
        "organiser", "invite", "olu@postbag.example", "--role", "admin"
    ).stdout.splitlines()[-1]
    cookie = stack.sign_in(link)
    assert stack.get(link.removeprefix(stack.url)).status == 403
    books = json.loads(stack.get(f"/desk/{slug}/ledger.json", Cookie=cookie).body)
    assert books["submitted"] == 1
    assert books["states"]["delivered"] == 1
    assert books["targets"][f"delivered@{slug}.example"]["delivered"] == 1
    table = stack.get(f"/desk/{slug}/letters.csv", Cookie=cookie).body.decode()
    assert table.startswith("\ufeffletter_id,")  # the mark: names of every script read right
    assert "'=HYPERLINK" in table
    printed = stack.postbag("ledger", slug, "--json")
    assert printed.returncode == 0
    assert json.loads(printed.stdout)["campaigns"][slug]["states"] == books["states"]


@pytest.mark.parametrize("written", ["{}/", "{}.", "{})", "{},", "{}\u200b", "<upper>", "{}>"])
def test_an_address_as_people_type_it_leads_to_the_campaign(
    stack: Stack, slug: str, written: str
) -> None:
    path = slug.upper() if written == "<upper>" else written.format(slug)
    answer = stack.get(f"/c/{quote(path)}")
    if answer.status != 200:
        assert (answer.status, answer.headers["Location"]) == (302, f"/c/{slug}")


def test_every_page_of_a_campaign_knows_what_a_mistyped_address_means(
    stack: Stack, slug: str
) -> None:
    for page in ("", "/embed", "/letter.pdf", "/privacy", "/count.json", "/thanks"):
        answer = stack.get(f"/c/{slug.upper()}{page}")
        assert (answer.status, answer.headers["Location"]) == (302, f"/c/{slug}{page}"), page
    # A form is posted again where it belongs, with all that was typed.
    answer = stack.post(f"/c/{slug.upper()}", stack.form(slug))
    assert (answer.status, answer.headers["Location"]) == (307, f"/c/{slug}")
    assert stack.get("/c/NOWHERE/letter.pdf").status == 404
    assert stack.post("/c/NOWHERE", stack.form(slug)).status == 404
