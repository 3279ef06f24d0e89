"""Another system hears of consents and final states, signed, until it takes them."""

import asyncio
import base64
import hashlib
import hmac
import itertools
import json
import secrets
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from sqlalchemy import select

from letters.books.changes import apply
from letters.books.happenings import Happening
from letters.campaigns import store
from letters.desk import history
from letters.files.campaign_file import read_campaign
from letters.intake.take import Intake
from letters.notices.links import Links
from letters.receipts import erasure
from letters.states import Cause
from letters.storage.database import Database
from letters.storage.schema import dispatch, letter, submission
from letters.submission import Draft, Submission
from letters.tokens import Tokens
from letters.webhooks import delivery, webhook
from letters.webhooks import message as webhook_message
from letters.webhooks.message import Message
from letters.webhooks.public_url import BadUrl, WhyBad, check_url, may_post_to
from rig.campaigns import campaign_file
from rig.servers import wait_for
from tests.support.stack import Stack
from tests.support.stand_in import Post, WebhookReceiver
from worker.webhooks import post

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
OPT_IN = 'opt_in = "Keep me posted."\nconfirm = "before-sending"\n'


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with closing(WebhookReceiver()) as made:
        yield made


def told(one: Post) -> dict[str, object]:
    """Read a message as a receiver does: nothing before its signature is right."""
    found: dict[str, object] = json.loads(one.body)
    return found


def signed_with(secret: str, one: Post) -> bool:
    """Check a signature by the words of the specification, with nothing of ours."""
    headers = {name.lower(): value for name, value in one.headers.items()}
    signed = b".".join(
        [headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), one.body]
    )
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return hmac.compare_digest(headers["webhook-signature"], f"v1,{wanted}")


def hand_in(database: Database, *, opt_in: bool) -> tuple[int, str]:
    """Hand one letter in; give the campaign's id and the letter's."""
    slug = f"trees-{secrets.token_hex(3)}"
    with database.write() as connection:
        store.load(connection, read_campaign(campaign_file(slug, more=OPT_IN)), NOON)
    with database.read() as connection:
        stored = store.find(connection, slug)
    with database.write() as connection:
        webhook.put(connection, stored.id, "https://crm.example.org/hook", NOON)
    new = Submission(
        token_id=secrets.token_hex(16),
        name="Ana Reed",
        email="ana@readers.example",
        postcode="AB1 2CD",
        reason="",
        points=(),
        personal_share=0.0,
        opt_in=opt_in,
        drafts=(Draft(stored.targets[0].id, "Trees", "Keep the trees."),),
    )
    Intake(database, Links("http://localhost", Tokens(("a-secret-key-for-tests",)))).take(
        stored, new, NOON
    )
    with database.read() as connection:
        found: str = connection.execute(
            select(letter.c.id).where(letter.c.campaign_id == stored.id, letter.c.kind == "letter")
        ).scalar_one()
    return stored.id, found


def happen(database: Database, letter_id: str, cause: Cause) -> None:
    with database.write() as connection:
        apply(connection, [Happening(letter_id, cause, NOON)])


def due(database: Database, now: datetime = NOON) -> list[Message]:
    while history.read_on(database, now):
        pass
    with database.write() as connection:
        return delivery.take_due(connection, now)


def test_a_consent_is_told_when_its_address_is_confirmed_and_only_if_given(
    database: Database,
) -> None:
    _, ticked = hand_in(database, opt_in=True)
    _, unticked = hand_in(database, opt_in=False)
    assert due(database) == []
    for letter_id in (ticked, unticked):
        happen(database, letter_id, Cause.CONFIRM)
    (message,) = due(database)
    body = json.loads(message.body)
    assert body["type"] == "consent.given"
    person = body["data"]["osdi:person_signup_helper"]["person"]
    assert person["given_name"] == "Ana Reed"
    assert person["email_addresses"][0]["address"] == "ana@readers.example"
    assert person["postal_addresses"][0]["postal_code"] == "AB1 2CD"
    assert body["data"]["wording"] == "Keep me posted."
    assert due(database) == []  # it is on its way


def test_a_final_state_is_told_without_a_word_about_the_writer(database: Database) -> None:
    _, letter_id = hand_in(database, opt_in=False)
    happen(database, letter_id, Cause.CONFIRM)
    happen(database, letter_id, Cause.DELIVER)
    happen(database, letter_id, Cause.BOUNCE)
    messages = due(database)
    assert [json.loads(m.body)["data"]["state"] for m in messages] == ["delivered", "bounced"]
    for message in messages:
        assert b"Ana" not in message.body
        assert b"readers.example" not in message.body
        assert b"AB1" not in message.body


def test_what_was_erased_is_not_told_any_more(database: Database) -> None:
    _, letter_id = hand_in(database, opt_in=True)
    happen(database, letter_id, Cause.CONFIRM)
    while history.read_on(database, NOON):
        pass
    with database.write() as connection:
        erasure.erase(connection, connection.execute(select(submission.c.id)).scalar_one(), NOON)
    (message,) = due(database)
    assert json.loads(message.body)["data"]["state"] == "cancelled"
    with database.read() as connection:
        kinds = connection.execute(select(dispatch.c.kind)).scalars().all()
    assert "consent.given" not in kinds


def test_a_receiver_in_trouble_is_asked_less_and_less_often_and_given_up_after_three_days(
    database: Database,
) -> None:
    campaign_id, letter_id = hand_in(database, opt_in=True)
    happen(database, letter_id, Cause.CONFIRM)
    now, asked = NOON, []
    while True:
        messages = due(database, now)
        if messages:
            asked.append(now)
            with database.write() as connection:
                results = [delivery.Result(m, delivery.answered(500)) for m in messages]
                delivery.settle(connection, results, now)
        with database.read() as connection:
            found = webhook.find(connection, campaign_id)
        if found.given_up:
            break
        assert found.trouble == delivery.answered(500)
        now += timedelta(seconds=5) if now < NOON + timedelta(minutes=5) else timedelta(hours=1)
    pauses = [later - earlier for earlier, later in itertools.pairwise(asked)]
    assert pauses[:3] == [timedelta(seconds=s) for s in (5, 20, 80)]
    assert timedelta(days=3) < asked[-1] - NOON < timedelta(days=3, hours=4)


def test_posts_are_signed_and_redirects_are_not_followed(receiver: WebhookReceiver) -> None:
    secret = webhook_message.new_secret()
    body = webhook_message.body(webhook_message.Kind.STATE, NOON, {"state": "delivered"})
    message = Message("state-1", 1, receiver.url, secret, body)
    receiver.statuses = iter([204, 302, 500, 0])
    results = [asyncio.run(post([message], NOON, may_be_own=True))[0] for _ in range(4)]
    assert [result.trouble for result in results] == [
        None,
        delivery.answered(302),
        delivery.answered(500),
        delivery.UNREACHABLE,
    ]
    assert all(signed_with(secret, one) for one in receiver.posts)
    assert not signed_with(webhook_message.new_secret(), receiver.posts[0])


def test_a_name_that_leads_to_a_private_address_is_not_posted_to(
    receiver: WebhookReceiver,
) -> None:
    """In life only a trial on one machine may post to itself."""
    port = receiver.url.rsplit(":", 1)[1]
    for url in (f"https://localhost:{port}", f"https://127.1:{port}", f"https://0x7f.1:{port}"):
        message = Message("state-1", 1, url, webhook_message.new_secret(), b"{}")
        (result,) = asyncio.run(post([message], NOON, may_be_own=False))
        assert result.trouble is not None
    assert receiver.posts == []


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example.org/hook",
        "ftp://crm.example.org/hook",
        "https://user:word@crm.example.org/",
        "https://crm.example.org/#part",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://localhost/",
        "https:///hook",
        "https://crm.example.org:port/",
        "https://crm.example.org/\r\nX: y",
        "crm.example.org",
        "",
    ],
)
def test_a_url_that_is_not_safe_is_refused_with_its_reason(url: str) -> None:
    with pytest.raises(BadUrl) as caught:
        check_url(url, may_be_own=False)
    assert caught.value.why in WhyBad


@pytest.mark.parametrize(
    ("address", "may"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("10.0.0.1", False),
        ("100.64.0.1", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("127.0.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
    ],
)
def test_only_public_addresses_are_posted_to(address: str, may: bool) -> None:
    assert may_post_to(ip_address(address), may_be_own=False) is may


def test_the_worker_tells_another_system_by_itself(stack: Stack, receiver: WebhookReceiver) -> None:
    slug = f"told-{secrets.token_hex(3)}"
    # A mailbox of its own: one office keeps one pace over all campaigns.
    stack.load(slug, f"delivered@{slug}.example", more='opt_in = "Keep me posted."')
    chosen = stack.postbag("webhook", "set", slug, receiver.url)
    assert chosen.returncode == 0, chosen.stderr
    secret = chosen.stdout.splitlines()[-1]
    receiver.statuses = itertools.chain([503], itertools.repeat(204))

    stack.post(f"/c/{slug}", stack.form(slug, opt_in="yes"))

    wait_for(lambda: len(receiver.posts) >= 3)
    assert all(signed_with(secret, one) for one in receiver.posts)
    assert {str(told(one)["type"]) for one in receiver.posts} == {"consent.given", "letter.state"}
    wait_for(
        lambda: json.loads(stack.postbag("webhook", "show", slug, "--json").stdout)["sent"] == 2
    )
    assert stack.postbag("webhook", "remove", slug).returncode == 0
    assert stack.postbag("webhook", "show", slug).returncode == 1
    assert stack.postbag("webhook", "set", slug, "http://crm.example.org").returncode == 1
