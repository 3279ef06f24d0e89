"""The stand-in at work: it is spoken to over HTTP, and its events come to a real webhook."""

import itertools
import random
import time
from pathlib import Path

import aiohttp
import pytest
from sendgrid import SendGridAPIClient
from sendgrid.helpers.eventwebhook import EventWebhook

from sandbox.behaviour.events import SIGNATURE_HEADER, TIMESTAMP_HEADER
from sandbox.keys import load_or_make, public_key
from tests.support.stand_in import API_KEY, Post, StandInProcess, WebhookReceiver, letter, letter_id


def verified(post: Post, key: str) -> bool:
    signature, timestamp = post.headers[SIGNATURE_HEADER], post.headers[TIMESTAMP_HEADER]
    return bool(EventWebhook(key).verify_signature(post.body.decode(), signature, timestamp))


def test_a_letter_is_taken_kept_and_entered(stand_in: StandInProcess) -> None:
    body, before = letter("minister@harbours.example"), time.time()
    answer = stand_in.send(body)
    assert (answer.status, answer.body) == (202, b"")
    assert len(answer.headers["X-Message-Id"]) == 22
    assert stand_in.outbox()[-1] == body
    entry = stand_in.entry(body)
    assert before <= entry.pop("received_at") <= time.time()
    assert entry.pop("n") >= 1
    assert entry == {
        "letter_id": letter_id(body),
        "notice_id": None,
        "attempt_id": letter_id(body).replace("letter", "attempt"),
        "to": "minister@harbours.example",
        "answer": "202",
        "taken": True,
    }


def test_sendgrids_own_client_is_served(stand_in: StandInProcess) -> None:
    client = SendGridAPIClient(API_KEY, host=stand_in.url)
    assert client.send(letter()).status_code == 202


@pytest.mark.parametrize("key", ["", "SG.another", API_KEY + "x"])
def test_without_the_key_nothing_is_taken(stand_in: StandInProcess, key: str) -> None:
    body = letter()
    answer = stand_in.send(body, key=key)
    assert answer.status == 401
    assert answer.json()["errors"][0]["field"] is None
    assert (stand_in.entry(body)["answer"], stand_in.entry(body)["taken"]) == ("401", False)
    assert body not in stand_in.outbox()


def test_a_bad_request_is_refused_with_reasons(stand_in: StandInProcess) -> None:
    body = letter(subject="")
    answer = stand_in.send(body)
    assert answer.status == 400
    assert answer.json()["errors"][0]["field"] == "subject"
    assert stand_in.entry(body)["answer"] == "400"
    assert body not in stand_in.outbox()


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"NaN", "application/json", 400),
        (rb'"\ud800"', "application/json", 400),
        (b" " * (30 * 1024 * 1024 + 1), "application/json", 413),
        (b'"\xff"', "application/json", 415),
        (b"{}", "text/plain", 415),
    ],
)
def test_what_is_no_json_is_refused(
    stand_in: StandInProcess, data: bytes, content_type: str, status: int
) -> None:
    headers = {"Authorization": f"Bearer {API_KEY}", "Content-Type": content_type}
    answer = stand_in.request("POST", "/v3/mail/send", data=data, headers=headers)
    assert answer.status == status
    assert answer.json()["errors"]


def test_a_trial_is_judged_and_not_kept(stand_in: StandInProcess) -> None:
    body = letter(mail_settings={"sandbox_mode": {"enable": True}})
    assert stand_in.send(body).status == 200
    assert stand_in.entry(body)["taken"] is False
    assert body not in stand_in.outbox()


def test_the_key_opens_what_it_may_do(stand_in: StandInProcess) -> None:
    headers = {"Authorization": f"Bearer {API_KEY}"}
    assert stand_in.request("GET", "/v3/scopes").status == 401
    answer = stand_in.request("GET", "/v3/scopes", headers=headers)
    assert "mail.send" in answer.json()["scopes"]
    assert stand_in.request("GET", "/v3/mail/send", headers=headers).status == 405
    assert stand_in.request("GET", "/v3/templates", headers=headers).status == 404


def test_events_come_signed_and_soon(
    stand_in: StandInProcess, webhook: WebhookReceiver, signing_key_file: Path
) -> None:
    body, before = letter("bounced+soon@harbours.example"), time.time()
    stand_in.send(body)
    webhook.wait_for_event(body, "bounce")
    assert [event["event"] for event in webhook.events(body)] == ["processed", "bounce"]
    key = public_key(load_or_make(signing_key_file))
    assert all(verified(post, key) for post in webhook.posts)
    assert webhook.posts[-1].arrived_at - before < 5  # 0.1 s on a machine with nothing else to do
    assert webhook.posts[-1].body.endswith(b"}]\r\n")


def test_the_key_can_be_asked_for(stand_in: StandInProcess, signing_key_file: Path) -> None:
    path = "/v3/user/webhooks/event/settings/signed"
    answer = stand_in.request("GET", path, headers={"Authorization": f"Bearer {API_KEY}"})
    assert answer.json() == {"public_key": public_key(load_or_make(signing_key_file))}


def test_what_is_due_together_travels_together(
    stand_in: StandInProcess, webhook: WebhookReceiver
) -> None:
    stand_in.order({"events": {"hold": True}})
    bodies = [letter() for _ in range(3)]
    for body in bodies:
        stand_in.send(body)
    assert webhook.posts == []
    stand_in.order({"mode": "release-events"})
    for body in bodies:
        webhook.wait_for_event(body, "delivered")
    assert max(len(post.events()) for post in webhook.posts) >= 5


def test_a_deferred_letter_is_delivered_later(
    stand_in: StandInProcess, webhook: WebhookReceiver
) -> None:
    body = letter("deferred@harbours.example")
    stand_in.send(body)
    webhook.wait_for_event(body, "delivered")
    events = [event["event"] for event in webhook.events(body)]
    assert events == ["processed", "deferred", "delivered"]
    _, deferred, delivered = webhook.events(body)
    assert delivered["timestamp"] - deferred["timestamp"] in {2, 3}


def test_events_can_come_twice_and_in_any_order(
    stand_in: StandInProcess, webhook: WebhookReceiver
) -> None:
    stand_in.order({"events": {"hold": True, "duplicate": 3, "shuffle": True, "seed": 1}})
    body = letter("spam+twice@harbours.example")
    stand_in.send(body)
    path = f"/messages/{stand_in.entry(body)['n']}"
    while b"Spam" not in stand_in.request("GET", path).body:
        pass  # the last event is not yet due, and all are to be shuffled together
    stand_in.order({"mode": "release-events"})
    webhook.wait(lambda: len(webhook.events(body)) == 9)
    events = [event["event"] for event in webhook.events(body)]
    assert sorted(events) == ["delivered"] * 3 + ["processed"] * 3 + ["spamreport"] * 3
    assert events != ["processed", "delivered", "spamreport"] * 3
    assert len({event["sg_event_id"] for event in webhook.events(body)}) == 3


def test_a_callers_own_events_are_signed_and_posted(
    stand_in: StandInProcess, webhook: WebhookReceiver, signing_key_file: Path
) -> None:
    webhook.statuses = itertools.chain([418], itertools.repeat(204))
    events = [{"event": "open", "letter_id": "a"}, {"event": "click"}]
    assert stand_in.request("POST", "/events", json=events).status == 418
    assert stand_in.request("POST", "/events", json=events).status == 204
    assert webhook.posts[-1].events() == events
    assert verified(webhook.posts[-1], public_key(load_or_make(signing_key_file)))
    assert stand_in.request("POST", "/events", json={"event": "open"}).status == 400
    for broken in (rb'["\ud800"]', b"["):
        headers = {"Content-Type": "application/json"}
        answer = stand_in.request("POST", "/events", data=broken, headers=headers)
        assert answer.status == 400


def test_the_api_key_can_be_rotated(stand_in: StandInProcess) -> None:
    stand_in.order({"mode": "api-key", "value": "SG.new"})
    assert stand_in.send(letter()).status == 401
    assert stand_in.send(letter(), key="SG.new").status == 202
    stand_in.request("DELETE", "/chaos")
    assert stand_in.send(letter()).status == 202


@pytest.mark.parametrize(
    "order",
    [1, [1], {"mode": "gremlins"}, {"mode": "api-key"}, {"events": {"hold": 1}}, {"events": 1}],
)
def test_an_order_that_makes_no_sense_is_refused(stand_in: StandInProcess, order: object) -> None:
    answer = stand_in.request("POST", "/chaos", json=order)
    assert answer.status == 400
    assert answer.json()["error"]


def test_books_and_outbox_agree_under_any_faults(stand_in: StandInProcess) -> None:
    dice = random.Random(3)
    stand_in.order(
        [
            {"mode": "reset", "share": 0.3, "seed": 1},
            {"mode": "status", "status": 500, "share": 0.3, "accept_share": 0.5, "seed": 2},
        ]
    )
    bodies = [letter(f"writer{dice.randrange(9)}@harbours.example") for _ in range(30)]
    for body in bodies:
        try:
            answer = str(stand_in.send(body).status)
        except aiohttp.ClientOSError:
            answer = "reset"
        assert stand_in.entry(body)["answer"] == answer
    taken = [body for body in bodies if stand_in.entry(body)["taken"]]
    assert 0 < len(taken) < len(bodies)
    assert stand_in.outbox()[-len(taken) :] == taken
