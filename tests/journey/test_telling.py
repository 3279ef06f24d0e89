"""What people learn from SendGrid's events, and what is left when a writer has it all erased."""

import html
import json
import re
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import text

from letters.campaigns import store
from letters.notices import mailings
from letters.notices.mailings import Audience, Draft, Sort
from letters.record import COMMAND_LINE
from rig.campaigns import form_fields
from rig.inbound import PATH, raw_message, raw_post
from rig.servers import wait_for
from sandbox.behaviour.events import signature_headers
from tests.conftest import AtMost
from tests.support.stack import Stack

_numbers = count(1)


@pytest.fixture
def slug() -> str:
    return f"telling-{next(_numbers)}"


@pytest.fixture
def desk(stack: Stack) -> Iterator[tuple[str, str]]:
    """Give an organiser's address and the cookie of their session."""
    email = f"olu.{secrets.token_hex(4)}@trees.example"
    invited = stack.postbag("organiser", "invite", email, "--role", "admin")
    yield email, stack.sign_in(invited.stdout.splitlines()[-1])
    stack.stand_in.request("DELETE", "/chaos")


def test_a_target_that_bounces_stops_and_its_organiser_knows_within_ten_seconds(
    stack: Stack, slug: str, desk: tuple[str, str], at_most: AtMost
) -> None:
    organiser, cookie = desk
    to = f"bounced@{slug}.example"
    stack.load(slug, to, pacing="per_target_per_hour = 900")
    for _ in range(4):
        assert stack.post(f"/c/{slug}", stack.form(slug)).status == 303
    wait_for(lambda: "bounced" in stack.states(slug))
    began = time.monotonic()

    def alarms() -> list[str]:
        return [m["subject"] for m in stack.messages(organiser) if slug_title in m["subject"]]

    slug_title = "Keep the harbour's trees"
    wait_for(lambda: any("has stopped" in subject for subject in alarms()))
    answer = stack.get(f"/desk/{slug}", Cookie=cookie)
    page = answer.body.decode()
    at_most(time.monotonic() - began, 10)
    assert "Nothing goes to Minister 1, the Second" in page
    assert "The last letter did not arrive, so sending has stopped." in page
    assert stack.states(slug) == {"bounced": 1, "held": 3}
    assert len(stack.messages(to)) == 1

    # The address is mended on the desk, and the letters that waited go there.
    fields = {
        "csrf_token": form_fields(page)["csrf_token"],
        "target": to,
        "word": "address",
        "email": f"delivered@{slug}.example",
        "sure": "yes",
    }
    # The session's cookie has the secret that the form's token belongs to.
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    assert stack.post(f"/desk/{slug}/target", fields, Cookie=cookie).status == 303
    wait_for(lambda: stack.states(slug) == {"bounced": 1, "delivered": 3})
    assert len(alarms()) == 1


def test_bad_news_reaches_the_writer_and_the_receipt_tells_it_plainly(
    stack: Stack, slug: str
) -> None:
    stack.load(slug, f"bounced@{slug}.example")
    fields = stack.form(slug)
    assert stack.post(f"/c/{slug}", fields).status == 303
    receipt = stack.receipt_path(fields["email"])
    wait_for(lambda: len(stack.messages(fields["email"])) == 2)
    news = stack.messages(fields["email"])[-1]
    assert news["subject"].startswith("Your letter did not arrive")
    assert "notice" in news["categories"]
    page = html.unescape(stack.get(receipt).body.decode())
    assert "Your letter did not arrive: the office's mail server knows nobody at that" in page


def test_erasing_a_writer_leaves_no_byte_of_them(stack: Stack, slug: str) -> None:
    canary = f"canary{secrets.token_hex(5)}"
    more = 'asks_postcode = true\nopt_in = "Write to me."\nreplies = "through-us"\n'
    stack.load(slug, f"bounced@{slug}.example", f"answers@{slug}.example", more=more)
    fields = stack.form(
        slug,
        name=f"{canary} Reed",
        email=f"{canary}@readers.example",
        postcode=canary,
        reason=f"Because of {canary}.",
        body=f"I say {canary}. " + "And more. " * 400,
        opt_in="1",
    )
    assert stack.post(f"/c/{slug}", fields).status == 303
    receipt = stack.receipt_path(fields["email"])
    wait_for(lambda: stack.states(slug) == {"bounced": 1, "delivered": 1})
    wait_for(lambda: len(stack.messages(fields["email"])) == 3)  # a link, bad news, an answer
    answered = raw_message(to := _own_address(stack, slug), f"Dear {canary}, no.")
    body, kind = raw_post(to, answered)
    headers = {"Content-Type": kind, **signature_headers(stack.inbound_key, body, time.time())}
    assert stack.put(PATH, body, headers).status == 204
    stack.post(f"{receipt}/consent", {"opt_in": "1"})
    _send_update(stack, slug)
    wait_for(lambda: len(stack.messages(fields["email"])) == 5)
    assert canary in stack.get(receipt).body.decode()
    wait_for(lambda: not _waits(stack, fields["email"]))
    answer = stack.post(f"{receipt}/erase", {})
    assert answer.status == 200, answer.body
    found = [*_in_database(stack, canary), *_in_redis(stack, canary), *_in_logs(stack, canary)]
    assert found == []
    cookie = stack.at_desk("olu@postbag.example")
    for name in ("letters.csv", "consents.csv", "ledger.json", "answers", "updates"):
        assert canary not in stack.get(f"/desk/{slug}/{name}", Cookie=cookie).body.decode()
    assert stack.states(slug) == {"bounced": 1, "delivered": 1}
    assert stack.get(receipt).status == 404


def _own_address(stack: Stack, slug: str) -> str:
    """Give the own address of the letter to the office that answers."""
    (letter,) = stack.messages(f"answers@{slug}.example")
    return str(letter["reply_to"]["email"])


def _send_update(stack: Stack, slug: str) -> None:
    """Let an update go to whoever wrote."""
    now = datetime.now(UTC)
    draft = Draft(Sort.UPDATE, Audience.WRITERS, "News", "It goes on.", includes_later=False)
    with stack.database.write() as connection:
        campaign_id = store.find(connection, slug).id
        mailing_id = mailings.keep(connection, campaign_id, None, draft, now)
        mailings.release(connection, campaign_id, mailing_id, draft.seen, now, COMMAND_LINE)


def _waits(stack: Stack, email: str) -> bool:
    """Tell whether a letter or a notice of this writer is still on its way."""
    with stack.database.read() as connection:
        query = text(
            "SELECT count(*) FROM letter JOIN submission ON submission.id = letter.submission_id"
            " WHERE letter.state IN ('queued', 'sending', 'accepted') AND email = :email"
        )
        return bool(connection.execute(query, {"email": email}).scalar())


def _in_database(stack: Stack, canary: str) -> list[str]:
    with stack.database.read() as connection:
        found = []
        for (table,) in connection.execute(text(_TABLES[stack.database.is_sqlite])).all():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):  # noqa: S608
                found += [f"{table}: {row}"] if canary in str(row) else []
    if stack.database.is_sqlite:
        stem = Path(str(stack.database.engine.url.database))
        for path in stem.parent.glob(f"{stem.name}*"):
            found += [str(path)] if canary.encode() in path.read_bytes() else []
    return found


_TABLES = {
    True: "SELECT name FROM sqlite_master WHERE type = 'table'",
    False: "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}


def _in_redis(stack: Stack, canary: str) -> list[str]:
    redis = Redis.from_url(stack.environment["REDIS_URL"])
    found = []
    for key in redis.scan_iter():
        kept = redis.dump(key) or b""
        found += [repr(key)] if canary.encode() in key + kept else []
    redis.close()
    return found


def _in_logs(stack: Stack, canary: str) -> list[str]:
    return [path.name for path in stack.folder.glob("*.log") if canary in path.read_text("utf-8")]


def test_a_receipt_offers_the_successor_and_sends_the_letter_there(
    stack: Stack, slug: str, desk: tuple[str, str]
) -> None:
    left, follows = f"delivered@{slug}.example", f"delivered+b@{slug}.example"
    stack.load(slug, left, follows, more='routing = "choice"')
    stack.postbag("campaign", "status", slug, "paused")
    page = stack.get(f"/c/{slug}").body.decode()
    chosen = re.search(r'name="target"[^>]*value="([^"]+)"', page)
    assert chosen, page
    fields = stack.form(slug, target=chosen[1])
    assert stack.post(f"/c/{slug}", fields).status == 303
    named = stack.postbag("targets", "successor", slug, left, follows)
    assert named.returncode == 0, named.stderr
    receipt = stack.receipt_path(fields["email"])
    wait_for(lambda: len(stack.messages(fields["email"])) == 2)
    page = stack.get(receipt).body.decode()
    assert "Minister 2, the Second has taken over. May your letter go there?" in page
    offered = form_fields(page.partition("/send-on")[2])
    assert offered["body"].startswith("Dear Minister 2,")
    stack.postbag("campaign", "status", slug, "live")
    assert stack.post(f"{receipt}/send-on", offered).status == 303
    wait_for(lambda: stack.states(slug) == {"delivered": 1})
    assert [m["content"][0]["value"] for m in stack.messages(follows)] == [offered["body"]]
    assert stack.messages(left) == []
    ledger = json.loads(stack.postbag("ledger", slug, "--json").stdout)
    assert ledger["campaigns"][slug]["reconciled"] is True


def test_a_yes_counts_for_the_text_that_was_read_and_for_no_other(stack: Stack, slug: str) -> None:
    stack.load(slug, f"delivered@{slug}.example", more='confirm = "before-sending"')
    fields = stack.form(slug, body="As I wrote it.")
    assert stack.post(f"/c/{slug}", fields).status == 303
    link = stack.receipt_path(fields["email"])
    read = form_fields(stack.get(link).body.decode())
    # Somebody else holds the form's token, and posts it again meanwhile.
    assert stack.post(f"/c/{slug}", {**fields, "body": "As they want it."}).status == 303
    answer = stack.post(link, {"seen": read["seen"]})
    assert (answer.status, answer.headers["Location"]) == (303, f"{link}?changed=1")
    assert stack.states(slug) == {"unconfirmed": 1}
    again = form_fields(stack.get(link).body.decode())
    assert stack.post(link, {"seen": again["seen"]}).status == 303
    wait_for(lambda: stack.states(slug) == {"delivered": 1})
