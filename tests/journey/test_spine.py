"""A supporter's letter, from the form to its delivery, on both databases."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest

from letters.states import State
from rig.campaigns import form_fields
from rig.servers import wait_for
from tests.support.stack import Stack

_numbers = count(1)
AWKWARD = (
    "Ärger & <b>joy</b> {name} {{7*7}} 😀 👩‍👩‍👧‍👦\n\n"
    "مرحبا بالعالم ثم English\n"
    "   three spaces, a tab\tand trailing ones   \n" + "a very long line " * 60 + "\nend"
)


@pytest.fixture
def slug() -> str:
    return f"trees-{next(_numbers)}"


def test_a_letter_is_written_sent_and_delivered(stack: Stack, slug: str) -> None:
    to = f"delivered@{slug}.example"
    stack.load(slug, to)
    fields = stack.form(slug)

    answer = stack.post(f"/c/{slug}", fields)

    assert answer.status == 303
    assert answer.headers["Location"] == f"/c/{slug}/thanks"
    assert stack.get(f"/c/{slug}/thanks").status == 200
    wait_for(lambda: stack.states(slug) == {"delivered": 1})
    assert json.loads(stack.get(f"/c/{slug}/count.json").body) == {"letters": 1, "goal": None}
    receipt = stack.get(stack.receipt_path(fields["email"])).body.decode()
    assert 'data-state="delivered"' in receipt


def test_the_text_arrives_byte_for_byte_as_previewed(stack: Stack, slug: str) -> None:
    to = f"delivered@{slug}.example"
    stack.load(slug, to)
    fields = stack.form(slug, body=AWKWARD.replace("\n", "\r\n"), reason="\n My reason. ")

    page = stack.post(f"/c/{slug}", {**fields, "preview": "1"})
    assert page.status == 200
    assert stack.books(slug)["submitted"] == 0
    assert stack.post(f"/c/{slug}", fields).status == 303
    wait_for(lambda: stack.messages(to))

    (sent,) = stack.messages(to)
    expected = f"Dear Minister 1,\n\n\n My reason. \n\n{AWKWARD}\n\nYours sincerely,\nAna Reed"
    assert sent["content"] == [{"type": "text/plain", "value": expected}]
    shown = preformatted(page.body.decode(), "data-preview")
    assert shown == expected
    receipt = stack.get(stack.receipt_path(fields["email"])).body.decode()
    assert preformatted(receipt, "data-letter") == expected


def preformatted(page: str, attribute: str) -> str:
    """Read a <pre> as a browser does: one line feed at its start does not count."""
    from html import unescape  # noqa: PLC0415

    found = re.search(rf"<pre[^>]*\b{attribute}[^>]*>(.*?)</pre>", page, re.DOTALL)
    assert found is not None
    return unescape(found[1].removeprefix("\n"))


def test_the_request_is_what_the_contract_says(stack: Stack, slug: str) -> None:
    to = f"delivered@{slug}.example"
    stack.load(slug, to)
    fields = stack.form(slug, name="Ana; Reed, jr", subject="Trees: a wish")
    stack.post(f"/c/{slug}", fields)
    wait_for(lambda: stack.messages(to))

    (sent,) = stack.messages(to)
    (person,) = sent["personalizations"]
    assert person["to"] == [{"email": to, "name": "Minister 1  the Second"}]
    assert set(person["custom_args"]) == {"letter_id", "attempt_id"}
    assert all(re.fullmatch(r"[0-9a-f]{32}", value) for value in person["custom_args"].values())
    assert sent["from"] == {"email": "letters@postbag.example", "name": "Ana; Reed, jr"}
    assert sent["reply_to"] == {"email": fields["email"], "name": "Ana  Reed  jr"}
    assert sent["subject"] == "Trees: a wish"
    assert set(sent["categories"]) == {slug, "letter"}
    tracking = sent["tracking_settings"]
    assert not any(
        tracking[kind]["enable"]
        for kind in ("click_tracking", "open_tracking", "subscription_tracking")
    )


def test_nothing_leaves_before_its_writer_said_yes(stack: Stack, slug: str) -> None:
    to = f"delivered@{slug}.example"
    stack.load(slug, to, more='confirm = "before-sending"\n')
    fields = stack.form(slug)
    stack.post(f"/c/{slug}", fields)
    path = stack.receipt_path(fields["email"])
    assert path.endswith("/confirm")
    notice = json.dumps(stack.messages(fields["email"]))
    assert fields["name"] not in notice
    assert stack.states(slug) == {"unconfirmed": 1}
    assert json.loads(stack.get(f"/c/{slug}/count.json").body)["letters"] == 0

    page = stack.get(path)  # a program that follows links confirms nothing
    assert page.status == 200
    assert stack.states(slug) == {"unconfirmed": 1}
    assert stack.post(path, {}).headers["Location"].endswith("/confirm?changed=1")
    assert stack.states(slug) == {"unconfirmed": 1}, "a yes is to what was shown"
    seen = form_fields(page.body.decode())["seen"]
    assert stack.post(path, {"seen": seen}).status == 303

    wait_for(lambda: stack.states(slug) == {"delivered": 1})


def test_one_token_is_one_letter_and_one_address_too(stack: Stack, slug: str) -> None:
    stack.load(slug, f"delivered@{slug}.example")
    fields = stack.form(slug)
    first = stack.post(f"/c/{slug}", fields)
    again = stack.post(f"/c/{slug}", fields)
    local, _, host = fields["email"].partition("@")
    other = stack.form(slug, email=f"{local.upper()}+tag@{host}")
    third = stack.post(f"/c/{slug}", other)
    assert [a.status for a in (first, again, third)] == [303, 303, 303]
    assert first.body == again.body == third.body
    assert stack.books(slug)["submitted"] == 1
    wait_for(lambda: stack.states(slug) == {"delivered": 1})
    assert len(stack.messages(fields["email"])) == 1


@pytest.mark.parametrize(
    ("local", "state"),
    [
        ("bounced", State.BOUNCED),
        ("blocked", State.BOUNCED),
        ("dropped", State.HELD),
        ("spam", State.DELIVERED),
    ],
)
def test_what_the_receiving_server_says_is_believed(
    stack: Stack, slug: str, local: str, state: State
) -> None:
    stack.load(slug, f"{local}@{slug}.example")
    stack.post(f"/c/{slug}", stack.form(slug))
    wait_for(lambda: stack.states(slug) == {str(state): 1})


def test_an_office_that_bounces_gets_no_second_letter(stack: Stack, slug: str) -> None:
    stack.load(slug, f"bounced@{slug}.example")
    stack.post(f"/c/{slug}", stack.form(slug))
    wait_for(lambda: stack.states(slug) == {"bounced": 1})
    stack.post(f"/c/{slug}", stack.form(slug))
    wait_for(lambda: stack.states(slug) == {"bounced": 1, "held": 1})


def test_a_letter_that_waits_can_be_edited_cancelled_and_erased(stack: Stack, slug: str) -> None:
    to = f"delivered@{slug}.example"
    stack.load(slug, to)
    assert stack.postbag("campaign", "status", slug, "paused").returncode == 0
    fields = stack.form(slug)
    stack.post(f"/c/{slug}", fields)
    path = stack.receipt_path(fields["email"])
    page = stack.get(path).body.decode()
    letter_id = re.search(r'data-letter="([0-9a-f]+)"', page)
    assert letter_id is not None
    assert "should leave" not in page  # nobody knows when the organisers let sending go on

    edit = {"letter": letter_id[1], "subject": "Anew", "body": "Dear Minister 1,\r\n\r\nShort."}
    assert stack.post(f"{path}/edit", edit).status == 303
    assert (
        preformatted(stack.get(path).body.decode(), "data-letter") == "Dear Minister 1,\n\nShort."
    )
    assert stack.post(f"{path}/cancel", {"letter": letter_id[1]}).status == 303
    assert stack.states(slug) == {"cancelled": 1}
    assert stack.post(f"{path}/edit", edit).status == 409
    assert stack.post(f"{path}/erase", {}).status == 200
    assert stack.get(path).status == 404
    assert stack.books(slug)["submitted"] == 1
    assert not stack.messages(to)


def test_a_form_with_errors_keeps_what_was_typed(stack: Stack, slug: str) -> None:
    stack.load(slug, f"delivered@{slug}.example")
    fields = stack.form(slug, name="", email="nobody", body="\n My own <words> & more\n")
    answer = stack.post(f"/c/{slug}", fields)
    page = answer.body.decode()
    assert answer.status == 422
    assert "Please tell us your name" in page
    assert "does not look like an e-mail address" in page
    assert "My own &lt;words&gt; &amp; more" in page
    assert stack.books(slug)["submitted"] == 0


def test_what_leads_nowhere_is_a_page(stack: Stack) -> None:
    for path in ("/c/nothing-here", "/l/forged", "/nowhere", "/l/forged/confirm"):
        answer = stack.get(path)
        assert answer.status == 404
        assert b"<h1" in answer.body


def test_the_books_reconcile_while_letters_move(stack: Stack, slug: str) -> None:
    stack.load(slug, f"delivered@{slug}.example", f"bounced@{slug}.example")
    with ThreadPoolExecutor(4) as pool:
        posts = [pool.submit(lambda: stack.post(f"/c/{slug}", stack.form(slug))) for _ in range(30)]
        while not all(post.done() for post in posts):
            stack.books(slug)  # asserts that they reconcile
    assert [post.result().status for post in posts] == [303] * 30
    wait_for(
        lambda: (
            set(stack.states(slug)) <= {"delivered", "bounced", "held"}
            and stack.states(slug)["delivered"] == 30
        )
    )
    books = stack.books(slug)
    assert books["submitted"] == sum(books["states"].values()) == 60
    printed = json.loads(stack.postbag("ledger", slug, "--json").stdout)["campaigns"][slug]
    still_moving = {"notices"}  # to writers, between the two looks
    assert {**printed, **{name: books[name] for name in still_moving}} == books
    assert len(stack.messages(f"delivered@{slug}.example")) == 30


def test_a_change_of_pacing_acts_at_once(stack: Stack, slug: str) -> None:
    to = f"delivered@{slug}.example"
    stack.load(slug, to, pacing="per_target_per_hour = 1")
    for _ in range(2):
        stack.post(f"/c/{slug}", stack.form(slug))
    wait_for(lambda: stack.states(slug) == {"delivered": 1, "queued": 1})
    stack.load(slug, to, pacing="per_target_per_hour = 3600")
    wait_for(lambda: stack.states(slug) == {"delivered": 2})
